// What an account at the simulator may hold.

import { randomBytes } from 'node:crypto'
import { Problem } from '../lib/problem.ts'
import { invalid } from './request.ts'

/** This machine, by name and by number. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** A signing secret in the form of Standard Webhooks: 192 to 512 bits, base 64, with its prefix. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}

function isWebhookSecret(text: string): boolean {
  const code = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1]
  if (code === undefined || code.length % 4 !== 0) return false
  const { length } = Buffer.from(code, 'base64')
  return length >= 24 && length <= 64
}

const SIMULATOR_CONFIG = new Set(['simulator', 'url', 'api_key', 'webhook_secret', 'webhook_secret_previous'])

/** Throws validation-error for settings the simulator does not have, or that its webhooks and calls could not use. */
export function checkSimulator(config: Record<string, string>, allowed: ReadonlySet<string>): void {
  for (const [name, value] of Object.entries(config)) {
    const pointer = `/config/${name}`
    if (!SIMULATOR_CONFIG.has(name)) throw invalid(pointer, `Must be one of: ${[...SIMULATOR_CONFIG].join(', ')}.`)
    if (name.startsWith('webhook_secret') && !isWebhookSecret(value))
      throw invalid(pointer, 'Must be a Standard Webhooks secret: whsec_ and 24 to 64 bytes in base 64.')
    if (name === 'api_key' && !/^[\x21-\x7e]+$/.test(value))
      throw invalid(pointer, 'Must be plain ASCII without blanks.')
    if (name === 'url') checkSimulatorUrl(value, allowed)
  }
}

/**
 * Where a simulator of its own may be: on this machine, or where the operator says so (ONETILL_WEBHOOK_ALLOW). Cards are sent there
 * and a merchant names it, so it is the root of a server and nothing else. Throws url-not-allowed.
 */
function checkSimulatorUrl(text: string, allowed: ReadonlySet<string>): void {
  const url = URL.parse(text)
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  const isBare =
    url?.username === '' && url.password === '' && url.pathname === '/' && url.search === '' && url.hash === ''
  // Another spelling of the same URL is a mistake or a disguise.
  const isPlain = url !== null && [url.origin, `${url.origin}/`].includes(text)
  const port = url?.port || (url?.protocol === 'https:' ? '443' : '80')
  const isNear = LOOPBACK.test(url?.hostname ?? '') || allowed.has(`${url?.hostname}:${port}`)
  if (isHttp && isBare && isPlain && isNear) return
  const detail =
    'A simulator is named by its address alone, such as http://127.0.0.1:4100, on this machine or an allowed host.'
  throw new Problem('url-not-allowed', { errors: [{ pointer: '/config/url', detail }] })
}
