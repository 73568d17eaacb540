// A token stands for a card for one use within an hour. Making one is the only way a card number enters the system.

import { isId } from '../lib/ids.ts'
import { type CardInput, type ParsedCard, parseCard } from './card-number.ts'
import type { MerchantKeys } from './merchant-keys.ts'
import { sealCard } from './sealed-card.ts'
import { type CardFacts, insertToken, replaceSeal, type TokenRow } from './store.ts'
import type { VaultDeps } from './vault.ts'

/** A token as the API shows it. `used` is true once it has paid or been saved; such a token is good for nothing more. */
export interface TokenView {
  id: string
  object: 'token'
  card: CardFacts
  used: boolean
  expires_at: string
  created_at: string
}

/** Long enough for a checkout with second thoughts, short enough that a leaked token is soon worthless. */
const TOKEN_LIFE_MS = 60 * 60_000

/**
 * Checks a card, seals it and gives a token for it. The same number and expiry date at the same merchant re-use one
 * sealed card; a newer holder name replaces the older. The CVC stays in this process's memory only.
 * Throws card-invalid, card-expired, vault-unavailable; none of them repeats what was given.
 */
export async function createToken(deps: VaultDeps, merchantId: string, input: CardInput): Promise<TokenView> {
  const now = deps.clock.now()
  const card = parseCard(input, now)
  const keys = await deps.vault.keys.keysOf(merchantId)
  const facts = factsOf(card, keys)
  const cardId = deps.newId('crd')
  const token = {
    tokenId: deps.newId('tok'),
    cardId,
    ciphertext: sealCard(keys, merchantId, cardId, card),
    keyVersion: keys.newest.version,
    facts,
    at: now,
    expiresAt: new Date(now.getTime() + TOKEN_LIFE_MS),
  }
  const standing = await insertToken(deps.lanes, merchantId, token)
  if (standing !== cardId && card.holder !== undefined) {
    const ciphertext = sealCard(keys, merchantId, standing, card)
    await replaceSeal(deps.db, merchantId, { id: standing, ciphertext, keyVersion: keys.newest.version })
  }
  if (card.cvc !== undefined) deps.vault.cvcs.keep(token.tokenId, card.cvc)
  return view(facts, { id: token.tokenId, created_at: now, expires_at: token.expiresAt, used_by_operation: null })
}

/** A token of this merchant, or null. Never the number. */
export async function getToken(deps: VaultDeps, merchantId: string, tokenId: string): Promise<TokenView | null> {
  if (!isId('tok', tokenId)) return null
  const row = await deps.vault.tokens.load(merchantId, tokenId)
  return row && view(cardFacts(row), row)
}

/** The tellable facts of a row, without what is sealed. */
export function cardFacts(row: CardFacts): CardFacts {
  const { brand, bin, last4, exp_month, exp_year, fingerprint } = row
  return { brand, bin, last4, exp_month, exp_year, fingerprint }
}

function factsOf(card: ParsedCard, keys: MerchantKeys): CardFacts {
  const { brand, bin, last4, exp_month, exp_year } = card
  return { brand, bin, last4, exp_month, exp_year, fingerprint: keys.fingerprintOf(card.number) }
}

function view(
  card: CardFacts,
  token: Pick<TokenRow, 'id' | 'created_at' | 'expires_at' | 'used_by_operation'>,
): TokenView {
  return {
    id: token.id,
    object: 'token',
    card,
    used: token.used_by_operation !== null,
    expires_at: token.expires_at.toISOString(),
    created_at: token.created_at.toISOString(),
  }
}
