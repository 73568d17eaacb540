// An instrument is a card kept for later, by a customer or for one order. It can be charged many times, and revoked.

import { scopedKey } from '../db/load-many.ts'
import { type Queryable, transact } from '../db/pool.ts'
import { isId } from '../lib/ids.ts'
import {
  type CardFacts,
  hasCustomer,
  type InstrumentRow,
  insertInstrument,
  readInstruments,
  readInstrumentsOf,
  revoke,
  revokeOfOrder,
  useToken,
} from './store.ts'
import { cardFacts } from './tokens.ts'
import type { VaultDeps } from './vault.ts'

/** An instrument as the API shows it. Exactly one of customer_id and order_id is set. */
export interface InstrumentView {
  id: string
  object: 'instrument'
  customer_id: string | null
  order_id: string | null
  card: CardFacts
  created_at: string
}

/** Who keeps the card. */
export type InstrumentOwner = { customer_id: string } | { order_id: string }

export type SaveOutcome =
  | { outcome: 'saved'; instrument: InstrumentView }
  /** The customer does not exist; the token is untouched. */
  | { outcome: 'customer_unknown' }
  | { outcome: 'token_unknown' }
  /** The token has paid, has been saved elsewhere, or is too old. */
  | { outcome: 'token_used' }

/**
 * Keeps the card of a token for later, which uses the token up; its CVC is forgotten at once, because storing one is
 * never allowed. Saving the same token for the same owner again gives the same instrument, so a lost answer is repeated
 * safely.
 */
export async function saveInstrument(
  deps: VaultDeps,
  merchantId: string,
  input: { token_id: string } & InstrumentOwner,
): Promise<SaveOutcome> {
  const customerId = 'customer_id' in input ? input.customer_id : null
  const orderId = 'order_id' in input ? input.order_id : null
  if (customerId !== null && !(await customerExists(deps, merchantId, customerId)))
    return { outcome: 'customer_unknown' }
  const token = isId('tok', input.token_id) ? await deps.vault.tokens.load(merchantId, input.token_id) : null
  if (!token) return { outcome: 'token_unknown' }

  const at = deps.clock.now()
  const id = deps.newId('ins')
  const isSaved = await transact(deps.db, async (tx) => {
    if (!(await useToken(tx, merchantId, { tokenId: token.id, usedBy: id, at }))) return false
    await insertInstrument(tx, merchantId, { id, cardId: token.card_id, customerId, orderId, at })
    return true
  })
  if (!isSaved) return earlierSave(deps, merchantId, { tokenId: token.id, customerId, orderId })
  deps.vault.cvcs.forget(token.id)
  const instrument = view({ ...token, id, customer_id: customerId, order_id: orderId, created_at: at })
  return { outcome: 'saved', instrument }
}

/** A live instrument of this merchant, or null. */
export async function getInstrument(deps: VaultDeps, merchantId: string, id: string): Promise<InstrumentView | null> {
  if (!isId('ins', id)) return null
  const row = await deps.vault.instruments.load(merchantId, id)
  return row && view(row)
}

/**
 * A customer's live instruments, newest first; null for an unknown customer. `limit` rows at most, older than the
 * instrument `before`.
 */
export async function listInstruments(
  deps: VaultDeps,
  merchantId: string,
  customerId: string,
  page: { before: string | null; limit: number },
): Promise<InstrumentView[] | null> {
  if (!(await customerExists(deps, merchantId, customerId))) return null
  return (await readInstrumentsOf(deps.db, merchantId, customerId, page)).map(view)
}

/** Ends an instrument: it is no longer listed and cannot be charged. False when the customer has no such live one. */
export async function revokeInstrument(
  deps: VaultDeps,
  merchantId: string,
  instrument: { id: string; customerId: string },
): Promise<boolean> {
  if (!isId('ins', instrument.id) || !isId('cus', instrument.customerId)) return false
  return revoke(deps.db, merchantId, { ...instrument, at: deps.clock.now() })
}

/** Ends an instrument that was kept for one order. Again, or of another order, changes nothing. */
export async function revokeOrderInstrument(
  deps: { db: Queryable } & Pick<VaultDeps, 'clock'>,
  merchantId: string,
  instrument: { id: string; orderId: string },
): Promise<void> {
  await revokeOfOrder(deps.db, merchantId, { ...instrument, at: deps.clock.now() })
}

async function customerExists(deps: VaultDeps, merchantId: string, customerId: string): Promise<boolean> {
  return isId('cus', customerId) && (await hasCustomer(deps.db, merchantId, customerId))
}

/** The token was refused: perhaps by our own earlier save of it for the same owner, whose answer was lost. */
async function earlierSave(
  deps: VaultDeps,
  merchantId: string,
  save: { tokenId: string; customerId: string | null; orderId: string | null },
): Promise<SaveOutcome> {
  const usedBy = (await deps.vault.tokens.load(merchantId, save.tokenId))?.used_by_operation ?? ''
  const row = (await readInstruments(deps.db, [merchantId], [usedBy])).get(scopedKey(merchantId, usedBy))
  if (row?.customer_id !== save.customerId || row?.order_id !== save.orderId) return { outcome: 'token_used' }
  return { outcome: 'saved', instrument: view(row) }
}

function view(row: CardFacts & Pick<InstrumentRow, 'id' | 'customer_id' | 'order_id' | 'created_at'>): InstrumentView {
  return {
    id: row.id,
    object: 'instrument',
    customer_id: row.customer_id,
    order_id: row.order_id,
    card: cardFacts(row),
    created_at: row.created_at.toISOString(),
  }
}
