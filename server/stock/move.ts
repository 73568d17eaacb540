// Goods that come, go and change their condition: every change of what is on hand is a movement with a reason.

import type { Tx } from '../db/pool.ts'
import type { StockDeps, Units } from './deps.ts'
import { callStock, lockFree } from './store.ts'

/** There, and not for sale. */
export const BUCKETS = ['damaged', 'display', 'quality', 'hold'] as const
export type Bucket = (typeof BUCKETS)[number]

export interface Movement {
  variant_id: string
  store_id: string
  /** Not transfer_out: that takes only what was promised to it (stock_consume). */
  kind: 'receive' | 'sale' | 'return' | 'adjust' | 'count' | 'transfer_in'
  reason: string
  /** What it changes on hand; may be negative, or 0 when only the condition changes. */
  quantity: bigint
  bucket?: Bucket
  /** What of it is not for sale: positive into the bucket, negative out of it. */
  bucketQuantity?: bigint
  /** When it happened, where the movements did not happen together. */
  occurredAt?: Date
}

export interface MovedBy {
  /** What it is about. */
  ref?: string
  actor?: string
  at: Date
  /** When it happened, where that is not now: an offline till. */
  occurredAt?: Date
}

/**
 * Writes movements, all or none. Throws quantity-exceeds-available when more would go than is there, is free of promises or is in a
 * bucket, after which the transaction is lost. A `sale` and a `count` are never refused: so it is on the shop floor.
 */
export async function move(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  movements: readonly Movement[],
  by: MovedBy,
): Promise<void> {
  const rows = movements
    .filter(({ quantity, bucketQuantity = 0n }) => quantity !== 0n || bucketQuantity !== 0n)
    .map(({ bucketQuantity = 0n, bucket, occurredAt, ...movement }) => ({
      ...movement,
      id: deps.newId('smv'),
      bucket: bucketQuantity === 0n ? null : (bucket ?? null),
      bucket_quantity: bucketQuantity,
      ref: by.ref ?? null,
      actor: by.actor ?? null,
      occurred_at: occurredAt ?? by.occurredAt ?? by.at,
      recorded_at: by.at,
    }))
  await callStock(tx, 'stock_move', merchantId, rows)
}

/**
 * Takes goods that somebody looked for in vain, or found broken, out of what is free: where less is, the stock knew of the rest
 * before, because it was sold at a till, and taking it off again would take it off twice.
 */
export async function takeFromFree(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  taken: { lines: Units[]; reason: string; bucket?: Bucket } & MovedBy,
): Promise<void> {
  const free = await lockFree(tx, merchantId, taken.lines)
  const movements = taken.lines.map(({ quantity: wanted, ...article }): Movement => {
    const key = `${article.variant_id} ${article.store_id}`
    const left = free.get(key) ?? 0n
    const quantity = left < wanted ? left : wanted
    free.set(key, left - quantity)
    const movement = { ...article, kind: 'adjust' as const, reason: taken.reason }
    return taken.bucket === undefined
      ? { ...movement, quantity: -quantity }
      : { ...movement, quantity: 0n, bucket: taken.bucket, bucketQuantity: quantity }
  })
  await move(deps, tx, merchantId, movements, taken)
}

/** What becomes of goods that came back. */
export const DISPOSITIONS = ['restock', 'quality', 'damaged', 'vendor', 'discard'] as const
export type Disposition = (typeof DISPOSITIONS)[number]

/** Goods that go back to the vendor wait in `hold`, those thrown away never enter the stock. */
const BUCKET_OF: Record<Exclude<Disposition, 'restock' | 'discard'>, Bucket> = {
  quality: 'quality',
  damaged: 'damaged',
  vendor: 'hold',
}

/** Takes back what a customer returned, into the store that received it, by its condition. */
export async function receiveBack(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  back: { lines: (Units & { disposition: Disposition })[] } & MovedBy,
): Promise<void> {
  const movements = back.lines
    .filter(({ disposition }) => disposition !== 'discard')
    .map(({ disposition, ...line }): Movement => {
      const movement = { ...line, kind: 'return' as const, reason: disposition }
      if (disposition === 'restock' || disposition === 'discard') return movement
      return { ...movement, bucket: BUCKET_OF[disposition], bucketQuantity: line.quantity }
    })
  await move(deps, tx, merchantId, movements, back)
}

/** What a customer carries out of the store. Never refused: where the stock says there are fewer, a task is opened. */
export async function sellFromShelf(
  deps: Pick<StockDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  sold: { lines: Units[] } & MovedBy,
): Promise<void> {
  const movements = sold.lines.map(
    (line): Movement => ({ ...line, kind: 'sale', reason: 'sold', quantity: -line.quantity }),
  )
  await move(deps, tx, merchantId, movements, sold)
}
