// The site that passkeys are made for. A browser offers a passkey only to pages of its site, so all faces of this server share it.

import type { SignInDeps } from './deps.ts'

export interface Site {
  /** WebAuthn's "relying party id": a host name. */
  rpId: string
  origins: string[]
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * That of the public address. On a developer's machine, where no address of digits may have passkeys (WebAuthn §5.1.2), it is
 * `localhost` at the same port.
 */
export function siteOf({ publicUrl }: Pick<SignInDeps, 'publicUrl'>): Site {
  const url = new URL(publicUrl)
  if (!LOOPBACK.has(url.hostname)) return { rpId: url.hostname, origins: [url.origin] }
  url.hostname = 'localhost'
  return { rpId: 'localhost', origins: [url.origin] }
}
