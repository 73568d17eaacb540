// Adjustments by people: goods that came, went or changed their condition, each with a reason that says what it does.

import { hash } from 'node:crypto'
import { transact } from '../db/pool.ts'
import { jsonOf } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import type { StockDeps } from './deps.ts'
import { type Bucket, type Movement, move } from './move.ts'
import { configOf } from './sources.ts'
import { claimReference } from './store.ts'

/** What a reason does with `quantity` units: to what is on hand, and to what of it is not for sale. */
interface Effect {
  kind: Movement['kind']
  onHand: 1n | -1n | 0n
  bucket?: Bucket
  bucketBy?: 1n | -1n
}

/** Reasons for adjusting stock. A reason is a promise to API users: add, never rename. */
export const REASONS = {
  initial: { kind: 'receive', onHand: 1n },
  received: { kind: 'receive', onHand: 1n },
  found: { kind: 'adjust', onHand: 1n },
  lost: { kind: 'adjust', onHand: -1n },
  theft: { kind: 'adjust', onHand: -1n },
  used: { kind: 'adjust', onHand: -1n },
  correction_up: { kind: 'adjust', onHand: 1n },
  correction_down: { kind: 'adjust', onHand: -1n },
  /** Broken here: still there, no longer for sale. */
  damaged: { kind: 'adjust', onHand: 0n, bucket: 'damaged', bucketBy: 1n },
  repaired: { kind: 'adjust', onHand: 0n, bucket: 'damaged', bucketBy: -1n },
  /** Broken goods that are thrown away. */
  written_off: { kind: 'adjust', onHand: -1n, bucket: 'damaged', bucketBy: -1n },
  on_display: { kind: 'adjust', onHand: 0n, bucket: 'display', bucketBy: 1n },
  off_display: { kind: 'adjust', onHand: 0n, bucket: 'display', bucketBy: -1n },
  to_quality: { kind: 'adjust', onHand: 0n, bucket: 'quality', bucketBy: 1n },
  from_quality: { kind: 'adjust', onHand: 0n, bucket: 'quality', bucketBy: -1n },
  on_hold: { kind: 'adjust', onHand: 0n, bucket: 'hold', bucketBy: 1n },
  off_hold: { kind: 'adjust', onHand: 0n, bucket: 'hold', bucketBy: -1n },
  /** Goods on hold that went back to the vendor. */
  to_vendor: { kind: 'adjust', onHand: -1n, bucket: 'hold', bucketBy: -1n },
} as const satisfies Record<string, Effect>
export type Reason = keyof typeof REASONS

export interface Adjustment {
  variant_id: string
  quantity: bigint
  reason: Reason
}

/** The movement of an adjustment. */
export function movementOf(storeId: string, { variant_id, quantity, reason }: Adjustment): Movement {
  const effect: Effect = REASONS[reason]
  return {
    ...{ variant_id, store_id: storeId, kind: effect.kind, reason },
    quantity: effect.onHand * quantity,
    bucket: effect.bucket,
    bucketQuantity: (effect.bucketBy ?? 0n) * quantity,
  }
}

/**
 * Adjusts the stock of one store, all lines or none. The same `reference` with the same lines again changes nothing. Throws
 * reference-not-found (store), reference-taken, quantity-exceeds-available.
 */
export async function adjust(
  deps: StockDeps,
  merchantId: string,
  input: { storeId: string; lines: Adjustment[]; reference?: string; note?: string; actor: string },
): Promise<{ isNew: boolean }> {
  const merchant = await configOf(deps, merchantId)
  if (!merchant.stores.has(input.storeId))
    throw new Problem('reference-not-found', { errors: [{ pointer: '/store_id', detail: 'names no store' }] })
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    if (input.reference !== undefined) {
      const fingerprint = hash('sha256', jsonOf([input.storeId, input.lines]), 'base64url')
      const claimed = await claimReference(tx, merchantId, { reference: input.reference, fingerprint })
      if (claimed === 'same') return { isNew: false }
      if (claimed === 'taken')
        throw new Problem('reference-taken', {
          errors: [{ pointer: '/reference', detail: 'Was used for other lines.' }],
        })
    }
    const movements = input.lines.map((line) => movementOf(input.storeId, line))
    await move(deps, tx, merchantId, movements, { at, actor: input.actor, ref: input.reference })
    const id = deps.newId('smv')
    await appendEvents(tx, merchantId, at, [
      {
        id: deps.newId('evt'),
        type: 'stock.adjusted',
        object_type: 'stock',
        object_id: id,
        object_version: 1,
        data: {
          store_id: input.storeId,
          reference: input.reference ?? null,
          note: input.note ?? null,
          lines: input.lines.map(({ quantity, ...line }) => ({ ...line, quantity: Number(quantity) })),
        },
      },
    ])
    return { isNew: true }
  })
}
