// Whether a document that is signed rightly is booked as it stands, or set apart for a person. Reads only. What differs from what the
// server would have said is no reason to set it apart (review.ts): the sale has happened.

import type { Queryable } from '../db/pool.ts'
import { readShift } from '../shifts/index.ts'
import { readDevice } from '../tills/index.ts'
import { AHEAD_AT_MOST_MS, capsOf } from './caps.ts'
import type { OfflineDeps } from './deps.ts'
import { type Fault, isCash, type SaleDocument, sumFault } from './document.ts'
import type { KeyRow } from './store.ts'

const HOUR_MS = 3_600_000

/**
 * Why a document is set apart; null for one that is booked. Reads with the connection of whoever asks: all tills of a merchant come back
 * at once when the server does, and each holds one already.
 */
export async function faultOf(
  deps: OfflineDeps,
  db: Queryable,
  merchantId: string,
  { document, key, at }: { document: SaleDocument; key: KeyRow; at: Date },
): Promise<Fault | null> {
  const device = await readDevice(db, merchantId, key.device_id)
  const soldAt = new Date(document.sold_at)
  if (document.device_id !== key.device_id || !device)
    return { code: 'unknown_key', detail: 'The key is that of another device.' }
  if (device.revoked_at && soldAt >= device.revoked_at)
    return { code: 'device_revoked', detail: `The device was revoked at ${device.revoked_at.toISOString()}.` }
  if (document.register_id !== device.register_id)
    return { code: 'register_wrong', detail: 'The register is another one than the device is paired with.' }
  if (soldAt.getTime() - at.getTime() > AHEAD_AT_MOST_MS)
    return { code: 'clock_ahead', detail: `It says ${document.sold_at}, and came at ${at.toISOString()}.` }
  const caps = capsOf(document.currency)
  if (at.getTime() - soldAt.getTime() > caps.max_age_h * HOUR_MS)
    return { code: 'too_old', detail: `It says ${document.sold_at}: more than ${caps.max_age_h} hours before it came.` }
  if (!(await hasShift(db, merchantId, document)))
    return { code: 'shift_unknown', detail: 'The register has had no such shift.' }
  return bookingFault(deps, merchantId, document)
}

/** True where the shift that a document names is one of its register, and where it names none. */
export async function hasShift(
  db: Queryable,
  merchantId: string,
  { shift_id, register_id }: SaleDocument,
): Promise<boolean> {
  return shift_id === null || (await readShift(db, merchantId, shift_id))?.register_id === register_id
}

/** What stands in the way of booking a document, also when a person has accepted it; null when nothing does. */
export async function bookingFault(
  deps: OfflineDeps,
  merchantId: string,
  document: SaleDocument,
): Promise<Fault | null> {
  const merchant = await deps.merchantCache.get(merchantId)
  const store = merchant?.stores.get(merchant.registers.get(document.register_id)?.storeId ?? '')
  if (!store) return { code: 'register_wrong', detail: 'There is no such register.' }
  if (store.currency !== document.currency)
    return { code: 'currency_wrong', detail: `The store sells in ${store.currency}.` }
  const sums = sumFault(document)
  if (sums) return sums
  for (const tender of document.tenders) {
    if (isCash(tender)) continue
    if (merchant?.terminals.get(tender.terminal_id)?.storeId !== store.id)
      return { code: 'tender_unknown', detail: 'The terminal is not one of the store.' }
    if (!(await deps.takenOnWord(merchantId, tender.terminal_id)).includes(tender.method))
      return { code: 'tender_unknown', detail: `The terminal does not take ${tender.method} on the word of staff.` }
  }
  return null
}
