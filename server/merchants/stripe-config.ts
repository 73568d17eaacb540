// What an account for Stripe's readers may hold.

import { checkTestUrl } from './near-address.ts'
import { invalid } from './request.ts'

const CONFIG = new Set(['api_key', 'webhook_secret', 'url'])

/** Throws validation-error or url-not-allowed. `url` is for tests: without it requests go to Stripe. */
export function checkStripeTerminal(
  config: Record<string, string>,
  { mode, allowed }: { mode: 'test' | 'live'; allowed: ReadonlySet<string> },
): void {
  for (const name of Object.keys(config))
    if (!CONFIG.has(name)) throw invalid(`/config/${name}`, `Must be one of: ${[...CONFIG].join(', ')}.`)
  const { api_key = '', webhook_secret, url } = config
  if (!/^(sk|rk)_(test|live)_[A-Za-z0-9_]{4,200}$/.test(api_key))
    throw invalid('/config/api_key', 'Must be a secret or restricted key of Stripe: sk_… or rk_….')
  if (api_key.includes('_live_') !== (mode === 'live'))
    throw invalid('/config/api_key', 'A test merchant has a test key, and a live one a live key.')
  if (webhook_secret !== undefined && !/^whsec_[\x21-\x7e]{8,200}$/.test(webhook_secret))
    throw invalid('/config/webhook_secret', 'Must be the signing secret of the endpoint: whsec_….')
  if (url !== undefined) checkTestUrl(url, { allowed, provider: 'Stripe' })
}
