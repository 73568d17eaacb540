// Which connector account carries a charge, and what will be possible on it afterwards. Pure: the merchant's
// configuration in, the candidates out, best first. It must never move a charge whose outcome is unknown: pay.ts asks
// for the next candidate only after `no_effect`.

import { kindsOf } from '../connectors/call.ts'
import type { Connector } from '../connectors/connector.ts'
import { Problem } from '../lib/problem.ts'
import {
  type Channel,
  carries,
  flowIn,
  type MerchantAccount,
  type MerchantConfig,
  type Method,
  type MethodFlow,
  type Purchase,
  type Terminal,
  takes,
} from '../merchants/index.ts'
import type { PaymentDeps } from './deps.ts'
import type { TenderAbility } from './payment.ts'

export interface Candidate {
  account: MerchantAccount
  connector: Connector
}

export interface Choice {
  method: Method
  flow: MethodFlow
  /** At least one. */
  candidates: Candidate[]
}

/**
 * Finds the accounts that can charge `code` for this purchase: of a terminal its own, which nobody else's provider knows. With
 * `kind` authorize only those that can hold an amount. `isDone`: the money has been taken already, so what is switched off now, and
 * limits of now, stand in nobody's way.
 * Throws method-unavailable when the method does not fit the purchase or nobody carries it, operation-unsupported when
 * it cannot be authorised without being captured.
 */
export function choose(
  deps: Pick<PaymentDeps, 'connectors'>,
  merchant: MerchantConfig,
  code: string,
  kind: 'sale' | 'authorize' | 'credit',
  purchase: Purchase,
  terminal?: Pick<Terminal, 'connectorAccountId'>,
  { isDone = false } = {},
): Choice {
  const method = merchant.methods.get(code)
  const isOpen = method && merchant.channels.has(purchase.channel) && takes(method, purchase)
  if (!method || (!isOpen && !isDone)) throw unavailable(code, purchase.channel)
  if (kind === 'authorize' && !method.can.authorize) {
    throw new Problem('operation-unsupported', {
      detail: `${method.name} cannot be held and captured later; use capture "automatic".`,
    })
  }
  const flow = flowIn(method, purchase.channel)
  const isThere = terminal !== undefined && flow === 'terminal'
  const candidates = merchant.accounts
    .filter((account) => carries(isDone ? { ...account, isEnabled: true } : account, deps.connectors.methodsOf, code))
    .map((account) => ({ account, connector: deps.connectors.get(account.connector) }))
    .filter(
      (candidate): candidate is Candidate =>
        candidate.connector?.[kind] !== undefined && takesCurrency(candidate.connector, purchase.currency),
    )
    .filter(({ account, connector }) =>
      isThere ? account.id === terminal?.connectorAccountId : connector.facts.only_at_terminal !== true,
    )
  if (candidates.length === 0) throw unavailable(code, purchase.channel)
  return { method, flow, candidates }
}

/** What can later be done with a tender of `method` at `connector`: both must offer it. */
export function abilitiesOf(method: Method, connector: Connector): TenderAbility[] {
  const kinds = new Set(kindsOf(connector))
  const can: TenderAbility[] = []
  if (method.can.authorize && kinds.has('capture')) can.push('capture')
  if (method.can.authorize && kinds.has('capture') && method.can.partial_capture) can.push('partial_capture')
  if (method.can.authorize && kinds.has('capture') && method.can.multi_capture && connector.facts.multi_capture)
    can.push('multi_capture')
  if (kinds.has('void')) can.push('void')
  if (method.can.refund && kinds.has('refund')) can.push('refund')
  if (method.can.partial_refund && kinds.has('refund')) can.push('partial_refund')
  if (method.kind === 'card' && kinds.has('increment')) can.push('increment')
  if (method.kind === 'card' && kinds.has('extend')) can.push('extend')
  return can
}

/** Finds the account an earlier operation was made at. It may since have been switched off: follow-ups still go there. */
export function candidateOf(
  deps: Pick<PaymentDeps, 'connectors'>,
  merchant: MerchantConfig,
  accountId: string,
): Candidate {
  const account = merchant.accounts.find((a) => a.id === accountId)
  const connector = account && deps.connectors.get(account.connector)
  if (!account || !connector)
    throw new Problem('operation-unsupported', { detail: 'The connector of this tender is not installed any more.' })
  return { account, connector }
}

function takesCurrency(connector: Connector, currency: string): boolean {
  return connector.facts.currencies === undefined || connector.facts.currencies.includes(currency)
}

function unavailable(code: string, channel: Channel): Problem {
  return new Problem('method-unavailable', {
    detail: `No connector account takes ${code} for this amount, currency, country and channel ${channel}.`,
  })
}
