// Opening a balance in the name of a profile. One that was merged into another has a balance too, put together with that one's, so
// that it is known what is whose when they are taken apart again.

import { profilesUpFrom } from '../customers/index.ts'
import type { Tx } from '../db/pool.ts'
import type { LoyaltyDeps } from './deps.ts'
import { openValue, setMergedInto, type ValueRow } from './store.ts'

/** Opens what is missing, and answers the balance that is used: that of the profile which remained. */
export async function openForProfile(
  deps: Pick<LoyaltyDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  account: { kind: 'store_credit' | 'points'; currency: string | null; customerId: string; at: Date },
): Promise<ValueRow> {
  const { kind, currency, at } = account
  const profiles = await profilesUpFrom(tx, merchantId, account.customerId)
  // From the one that remained down: each is put together with the one above it.
  let above: ValueRow | null = null
  let used: ValueRow | null = null
  for (const customerId of profiles.reverse()) {
    const id = deps.newId(kind === 'points' ? 'loy' : 'scr')
    const opened: ValueRow = await openValue(tx, merchantId, { id, kind, currency, customerId, at })
    if (above !== null && opened.merged_into === null)
      await setMergedInto(tx, merchantId, opened.id, { id: above.id, share: 0n })
    above = opened
    used ??= opened
  }
  return used as ValueRow
}
