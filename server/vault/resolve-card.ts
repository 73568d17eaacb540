// From a token or instrument to a card that can be charged: the vault's hot path. Facts are known at once; the number is
// opened only when `open` is called, right before the call to the provider, so that refused payments never unseal anything.

import { isId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import { Secret } from '../lib/secret.ts'
import { SealBroken } from './seal.ts'
import { keyThatOpens, unsealCard } from './sealed-card.ts'
import type { CardFacts, CardRow } from './store.ts'
import { cardFacts } from './tokens.ts'
import type { VaultDeps } from './vault.ts'

/** A card in clear for one call to a provider. The same shape as connectors' ClearCard. */
export interface OpenedCard {
  number: Secret<string>
  exp_month: number
  exp_year: number
  /** Only on the first `open` of a token in the process that made it, within 15 minutes. */
  cvc?: Secret<string>
  holder?: string
}

export interface ResolvedCard {
  card_id: string
  /** Set when resolved from a token. */
  token_id?: string
  /** Set when resolved from an instrument, together with exactly one of customer_id and order_id. */
  instrument_id?: string
  customer_id?: string
  order_id?: string
  /** The scheme's reference of the first charge with this instrument, for merchant-initiated ones. */
  network_reference?: string
  /** The operation that used the token up (or the instrument it was saved as); lets a resumed request go on with its own. */
  used_by_operation?: string
  /** The token is used or expired. Only a hint: vault_use_tokens decides, in the transaction that pays. Instruments: false. */
  is_used: boolean
  facts: CardFacts
  /**
   * Opens the number and takes the CVC, which is then gone from memory. Call it once per charge, at the last moment, and
   * pass the same result to a second account if the first had no effect. Throws vault-unavailable when the seal is broken.
   */
  open(): OpenedCard
}

/**
 * Finds the card of a token or of a live instrument. Null for an unknown, foreign or revoked one. Calls that come
 * together share one query per merchant. Throws vault-unavailable when the merchant's key cannot be had, so that this is
 * known before anything is written.
 */
export async function resolveCard(
  deps: VaultDeps,
  merchantId: string,
  source: { token_id: string } | { instrument_id: string },
): Promise<ResolvedCard | null> {
  if ('token_id' in source) return resolveToken(deps, merchantId, source.token_id)
  return resolveInstrument(deps, merchantId, source.instrument_id)
}

/** Gives the CVC kept for a token and forgets it; undefined when there is none. `open` does this by itself. */
export function takeCvc(deps: Pick<VaultDeps, 'vault'>, tokenId: string): Secret<string> | undefined {
  return deps.vault.cvcs.take(tokenId)
}

async function resolveToken(deps: VaultDeps, merchantId: string, tokenId: string): Promise<ResolvedCard | null> {
  if (!isId('tok', tokenId)) return null
  const row = await deps.vault.tokens.load(merchantId, tokenId)
  if (!row) return null
  const open = await opener(deps, merchantId, row)
  return {
    card_id: row.card_id,
    token_id: row.id,
    ...(row.used_by_operation === null ? {} : { used_by_operation: row.used_by_operation }),
    is_used: row.used_by_operation !== null || row.expires_at <= deps.clock.now(),
    facts: cardFacts(row),
    open: () => open(takeCvc(deps, row.id)),
  }
}

async function resolveInstrument(deps: VaultDeps, merchantId: string, id: string): Promise<ResolvedCard | null> {
  if (!isId('ins', id)) return null
  const row = await deps.vault.instruments.load(merchantId, id)
  if (!row) return null
  const open = await opener(deps, merchantId, row)
  return {
    card_id: row.card_id,
    instrument_id: row.id,
    ...(row.customer_id === null ? {} : { customer_id: row.customer_id }),
    ...(row.order_id === null ? {} : { order_id: row.order_id }),
    ...(row.network_reference === null ? {} : { network_reference: row.network_reference }),
    is_used: false,
    facts: cardFacts(row),
    open: () => open(undefined),
  }
}

/** Fetches the key now, so that opening later is a matter of microseconds and cannot fail for want of a key. */
async function opener(
  deps: VaultDeps,
  merchantId: string,
  row: CardRow,
): Promise<(cvc: Secret<string> | undefined) => OpenedCard> {
  const key = await keyThatOpens({ keys: deps.vault.keys, log: deps.log }, merchantId, row.ciphertext)
  return (cvc) => {
    try {
      const card = unsealCard(key, merchantId, row.card_id, row.ciphertext)
      return {
        number: new Secret(card.number),
        exp_month: row.exp_month,
        exp_year: row.exp_year,
        ...(cvc === undefined ? {} : { cvc }),
        ...(card.holder === undefined ? {} : { holder: card.holder }),
      }
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
      deps.log.error('a sealed card does not open', { merchant_id: merchantId, object_id: row.card_id })
      throw new Problem('vault-unavailable')
    }
  }
}
