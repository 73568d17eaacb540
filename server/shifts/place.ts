// Names for a report: of the register, its store and its seller, and of whoever did something in the shift.

import type { ShiftDeps } from './deps.ts'
import { movementsOf, type ShiftRow } from './store.ts'

/** Who sold, where, and what the people of a shift are called; a key of the office is called by its id. */
export async function namesOfRegister(deps: ShiftDeps, merchantId: string, shift: ShiftRow) {
  const merchant = await deps.merchantCache.get(merchantId)
  const store = merchant?.stores.get(shift.store_id)
  const { opened_by, closed_by } = shift
  const movers = (await movementsOf(deps.db, merchantId, shift.id)).map(({ by }) => by)
  const ids = [opened_by, closed_by, ...movers].filter((id): id is string => id !== null)
  const names = await deps.namesOf(deps.db, merchantId, [...new Set(ids)])
  const nameOf = (id: string | null) => (id === null ? null : (names.get(id) ?? id))
  return {
    seller: await deps.sellerOf(merchantId),
    store: { id: shift.store_id, name: store?.name ?? shift.store_id, country: store?.country ?? null },
    register: { id: shift.register_id, name: merchant?.registers.get(shift.register_id)?.name ?? shift.register_id },
    people: { opened_by: nameOf(opened_by), closed_by: nameOf(closed_by) },
    names,
  }
}
