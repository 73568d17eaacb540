// What an account for terminals of Buckaroo may hold.

import { checkTestUrl } from './near-address.ts'
import { invalid } from './request.ts'

const CONFIG = new Set(['website_key', 'secret_key', 'environment', 'url'])

/** Throws validation-error or url-not-allowed. `url` is for tests: without it requests go to Buckaroo. */
export function checkBuckarooTerminal(
  config: Record<string, string>,
  { mode, allowed }: { mode: 'test' | 'live'; allowed: ReadonlySet<string> },
): void {
  for (const name of Object.keys(config))
    if (!CONFIG.has(name)) throw invalid(`/config/${name}`, `Must be one of: ${[...CONFIG].join(', ')}.`)
  const { website_key = '', secret_key = '', environment, url } = config
  if (!/^[A-Za-z0-9]{4,64}$/.test(website_key)) throw invalid('/config/website_key', 'Must be the key of the website.')
  if (secret_key === '') throw invalid('/config/secret_key', 'Is needed: requests and pushes are signed with it.')
  if (environment !== mode) throw invalid('/config/environment', `Must be ${mode}, as the merchant is.`)
  if (url !== undefined) checkTestUrl(url, { allowed, provider: 'Buckaroo' })
}
