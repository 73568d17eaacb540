// What a merchant's pages look like and where they may lead.

import { Problem } from '../lib/problem.ts'
import type { CheckoutDeps } from './deps.ts'
import type { SettingsInput } from './schema.ts'
import { putSettings, readSettings } from './store.ts'

export interface Settings {
  display_name: string | null
  /** A data: address of an image. */
  logo: string | null
  /** `#rrggbb`. */
  accent: string | null
  /** Origins customers may be sent back to, and whose pages may show the checkout in a frame. */
  allowed_origins: string[]
  terms_url: string | null
  privacy_url: string | null
  support_email: string | null
}

const PLAIN: Settings = {
  display_name: null,
  logo: null,
  accent: null,
  allowed_origins: [],
  terms_url: null,
  privacy_url: null,
  support_email: null,
}

export async function settingsOf(
  deps: Pick<CheckoutDeps, 'db'>,
  merchantId: string,
): Promise<Settings & { version: bigint }> {
  return (await readSettings(deps.db, merchantId)) ?? { ...PLAIN, version: 0n }
}

/** Changes what `input` names. Throws url-not-allowed. */
export async function changeSettings(
  deps: Pick<CheckoutDeps, 'db' | 'clock'>,
  merchantId: string,
  input: SettingsInput,
): Promise<Settings & { version: bigint }> {
  for (const name of ['terms_url', 'privacy_url'] as const) {
    const url = input[name]
    if (url != null) webAddress(url, `/${name}`)
  }
  const { version: _, ...before } = await settingsOf(deps, merchantId)
  const settings = { ...before, ...input }
  return { ...settings, version: await putSettings(deps.db, merchantId, settings, deps.clock.now()) }
}

/**
 * A plain http or https address as the browser will read it. Throws url-not-allowed for any other scheme, for credentials, and for
 * what browsers drop or turn round: control characters, blanks, backslashes.
 */
export function webAddress(text: string, pointer: string): URL {
  const refused = new Problem('url-not-allowed', { errors: [{ pointer, detail: 'must be an http or https address' }] })
  if ([...text].some((character) => character.charCodeAt(0) <= 0x20 || character === '\\')) throw refused
  if (!/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text)) throw refused
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') throw refused
  return url
}

/** Pages of ours that lead nowhere else: of an order, and the demo's shop. */
const OWN_PAGES = /^\/(o\/|shop(\/|$))/

/**
 * An address customers may be sent to: of the merchant's origins, or an order's own page here. Throws url-not-allowed for any
 * other.
 */
export function returnAddress(deps: { publicUrl: string }, settings: Settings, text: string, pointer: string): string {
  const url = webAddress(text, pointer)
  if (settings.allowed_origins.includes(url.origin)) return url.href
  const own = new URL(deps.publicUrl)
  if (isHere(url, own) && OWN_PAGES.test(url.pathname)) return url.href
  throw new Problem('url-not-allowed', {
    detail: `${url.origin} is none of the allowed_origins of your checkout settings.`,
    errors: [{ pointer, detail: 'its origin is not allowed' }],
  })
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** On a developer's machine our pages have several names: passkeys need `localhost`. */
function isHere(url: URL, own: URL): boolean {
  const isThisMachine = LOOPBACK.has(url.hostname) && LOOPBACK.has(own.hostname)
  return url.origin === own.origin || (isThisMachine && url.protocol === own.protocol && url.port === own.port)
}
