// What an account of each connector with terminals may hold, by the connector's name.

import { checkBuckarooTerminal } from './buckaroo-config.ts'
import { checkConcert } from './concert-config.ts'
import { checkNexo } from './nexo-config.ts'
import { checkPayTerminal } from './pay-config.ts'
import { checkStripeTerminal } from './stripe-config.ts'

type Check = (config: Record<string, string>, about: { mode: 'test' | 'live'; allowed: ReadonlySet<string> }) => void

/** Each throws validation-error or url-not-allowed. */
export const TERMINAL_CONFIGS: Readonly<Record<string, Check>> = {
  buckaroo_terminal: checkBuckarooTerminal,
  concert: checkConcert,
  nexo: checkNexo,
  pay_terminal: checkPayTerminal,
  stripe_terminal: checkStripeTerminal,
}
