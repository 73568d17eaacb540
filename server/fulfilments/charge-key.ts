// The keys under which a fulfilment's charge is carried out, and what became of the operations under them.

import type { Queryable } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { readOperationsOfKey } from '../payments/index.ts'
import type { Fulfilment } from './fulfilment.ts'

/** The key of a try, and of what follows it. */
export function chargeKey(f: Pick<Fulfilment, 'id' | 'charge_no'>, step = ''): Idempotency {
  const text = `onetill:${f.id}:charge:${f.charge_no}${step}`
  return { key: text, fingerprint: text }
}

/** The step that captures what is held before a tender takes the rest. */
export const HELD = ':held'
/** The step that captures what a tender of the try holds. */
export const CAPTURE = ':capture'

/** Whether money that this try took has been taken back by the provider. */
export async function wasReversed(db: Queryable, merchantId: string, f: Fulfilment): Promise<boolean> {
  const paymentId = f.charge_plan?.payment_id
  if (paymentId == null) return false
  for (const step of ['', HELD, CAPTURE]) {
    const operations = await readOperationsOfKey(db, merchantId, paymentId, chargeKey(f, step).key)
    if (operations.some(({ state }) => state === 'reversed')) return true
  }
  return false
}
