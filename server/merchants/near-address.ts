// Where a merchant may have us connect to besides a provider's own hosts: this machine, or what the operator allows. The terminals in a
// shop's network are such an allowance.

import { Problem } from '../lib/problem.ts'
import { invalid } from './request.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** Throws url-not-allowed unless `text` is an address for tests of a provider, on this machine or allowed. */
export function checkTestUrl(
  text: string,
  { allowed, provider }: { allowed: ReadonlySet<string>; provider: string },
): void {
  const url = URL.parse(text)
  const port = url?.port || (url?.protocol === 'https:' ? '443' : '80')
  const isNear = LOOPBACK.test(url?.hostname ?? '') || allowed.has(`${url?.hostname}:${port}`)
  if (url && isNear && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.search === '') return
  const detail = `Must be on this machine, or a host in ONETILL_WEBHOOK_ALLOW; leave it out to reach ${provider}.`
  throw new Problem('url-not-allowed', { errors: [{ pointer: '/config/url', detail }] })
}

/**
 * `TH-1234-5678=10.0.0.5:8888 …`: terminals in the shop's network. Throws validation-error or url-not-allowed. A live merchant has no
 * terminal on this machine: other things listen here.
 */
export function checkEndpoints(
  text: string | undefined,
  { mode, allowed, example }: { mode: 'test' | 'live'; allowed: ReadonlySet<string>; example: string },
): void {
  const pairs = (text ?? '').split(/\s+/).filter((pair) => pair !== '')
  if (pairs.length === 0) throw invalid('/config/endpoints', `Is needed: ${example}`)
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    const url = at < 1 ? null : URL.parse(`tcp://${pair.slice(at + 1)}`)
    const isPlain = url !== null && url.port !== '' && url.username === '' && url.search === '' && url.pathname === ''
    if (!isPlain)
      throw invalid('/config/endpoints', `${pair} is not a serial, its address and its port, as in ${example}`)
    if ((mode === 'test' && LOOPBACK.test(url.hostname)) || allowed.has(url.host)) continue
    const detail = `${url.host} must stand in ONETILL_WEBHOOK_ALLOW, or be this machine for a test merchant.`
    throw new Problem('url-not-allowed', { errors: [{ pointer: '/config/endpoints', detail }] })
  }
}
