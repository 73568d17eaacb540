// Where a customer may be sent after a bank's page: nowhere that the merchant has not named, or a payment would lend our name, and
// the provider's, to any address that a leaked key or a careless shop passes on.

import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { PaymentDeps } from './deps.ts'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * The address as a browser reads it. It is one of our own pages, or of an origin in the merchant's checkout settings
 * (`allowed_origins`), and https when the merchant is live. A test merchant that has named no origin yet may name any https address,
 * and a page on the developer's own machine by http. Throws url-not-allowed for any other.
 */
export async function returnUrl(deps: PaymentDeps, merchant: MerchantConfig, text: string): Promise<string> {
  const url = webAddress(text)
  if (url.origin === new URL(deps.publicUrl).origin) return url.href
  const isLive = merchant.mode === 'live'
  const isHere = LOOPBACK.has(url.hostname)
  if (url.protocol !== 'https:' && (isLive || !isHere))
    throw refused(isLive ? 'must be an https address' : 'must be an https address, or one of this machine')
  const allowed = (await deps.allowedOrigins?.(merchant.id)) ?? []
  const isOpen = !isLive && (allowed.length === 0 || isHere)
  if (isOpen || allowed.includes(url.origin)) return url.href
  throw new Problem('url-not-allowed', {
    detail: `${url.origin} is none of the allowed_origins of your checkout settings.`,
    errors: [{ pointer: '/return_url', detail: 'its origin is not allowed' }],
  })
}

/** Only a plain web address: no other scheme, no credentials, no control characters that a browser would drop. */
function webAddress(text: string): URL {
  const problem = refused('must be an http or https address')
  // biome's noControlCharactersInRegex is right elsewhere; this must name them, so it compares codes instead.
  if ([...text].some((character) => character.charCodeAt(0) <= 0x20 || character === '\\')) throw problem
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) throw problem
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw problem
  return url
}

function refused(detail: string): Problem {
  return new Problem('url-not-allowed', { errors: [{ pointer: '/return_url', detail }] })
}
