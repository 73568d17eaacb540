// What signing in needs.

import type { IdentityDeps } from '../customers/index.ts'

/** How the merchant presents itself in mail. */
export interface Letterhead {
  name: string
  accent: string | null
  replyTo: string | null
  /** ISO 3166-1 alpha-2: the language of those who chose none. */
  country: string | null
}

export interface SignInDeps extends IdentityDeps {
  /** Where shoppers reach this server: passkeys are made for its host. */
  publicUrl: string
  letterheadOf(merchantId: string): Promise<Letterhead>
}
