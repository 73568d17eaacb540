// What an account for terminals of Pay. may hold.

import { checkEndpoints, checkTestUrl } from './near-address.ts'
import { checkOfflineCaps, OFFLINE_CONFIG } from './offline-config.ts'
import { invalid } from './request.ts'

const CONFIG = new Set([
  ...['transport', 'service_id', 'user', 'password', 'service_secret', 'core', 'endpoints', 'environment', 'url'],
  ...OFFLINE_CONFIG,
])
const CORES = ['connect.pay.nl', 'connect.payments.nl', 'connect.achterelkebetaling.nl']
const SERVICE = /^SL-\d{4}-\d{4}$/
const TOKEN = /^(AT|SL)-\d{4}-\d{4}$/

/** Throws validation-error or url-not-allowed. `url` is for tests: without it requests go to Pay. */
export function checkPayTerminal(
  config: Record<string, string>,
  { mode, allowed }: { mode: 'test' | 'live'; allowed: ReadonlySet<string> },
): void {
  for (const name of Object.keys(config))
    if (!CONFIG.has(name)) throw invalid(`/config/${name}`, `Must be one of: ${[...CONFIG].join(', ')}.`)
  const { transport, service_id = '', user = '', password = '', core, endpoints, environment, url } = config
  if (transport !== 'cloud' && transport !== 'local') throw invalid('/config/transport', 'Must be cloud or local.')
  if (!SERVICE.test(service_id)) throw invalid('/config/service_id', 'Must be the sales location: SL-1234-5678.')
  if (!TOKEN.test(user))
    throw invalid('/config/user', 'Must be an API token or the sales location: AT-1234-5678 or SL-1234-5678.')
  if (password === '') throw invalid('/config/password', 'Is needed: the secret of the token or of the sales location.')
  if (core !== undefined && !CORES.includes(core)) throw invalid('/config/core', `Must be one of: ${CORES.join(', ')}.`)
  if (environment !== undefined && environment !== 'test' && environment !== 'live')
    throw invalid('/config/environment', 'Must be test or live.')
  if ((environment === 'test') !== (mode === 'test'))
    throw invalid('/config/environment', 'Must be test for a test merchant, and live or left out for a live one.')
  checkOfflineCaps(config)
  if (transport === 'local') checkEndpoints(endpoints, { mode, allowed, example: 'TH-1234-5678=10.0.0.5:8888' })
  if (url !== undefined) checkTestUrl(url, { allowed, provider: 'Pay.' })
}
