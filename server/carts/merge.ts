// Two carts become one, usually when a guest signs in: both are locked in the order of their ids, the lines merged by a policy,
// the one that goes becomes a tombstone that says where it went. One transaction: there is no moment at which a cart is half
// merged or empty. Nothing is deleted of the cart that goes.

import { personOf } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import { type Cart, type CartDeps, MAX_LINES, MAX_SECRETS } from './cart.ts'
import {
  applied,
  assertAlive,
  assertOpen,
  type CartChange,
  cartEvent,
  isLocked,
  showChanged,
  versionConflict,
  writeChange,
} from './change.ts'
import { referenceNotFound } from './lines.ts'
import { type MergePolicy, mergeLines } from './merge-lines.ts'
import { lockCarts } from './store.ts'
import type { CartView } from './view.ts'

export interface MergeInput {
  /** The cart that stays, and the one that goes. */
  into: string
  from: string
  policy: MergePolicy
  /** Of the cart named in the path. */
  ifVersion: number | undefined
  named: string
  /** Where the id of the other cart stands in the request. */
  pointer: string
}

export interface MergeAnswer {
  outcome: 'merged' | 'ask'
  /** The cart that stays. */
  cart: CartView
  /** The one that would go, for `ask`. */
  other: CartView | null
}

/**
 * Merges. A repeat, or the other of two racing merges, answers the cart that stays. Throws not-found, reference-not-found,
 * currency-mismatch, cart-closed, invalid-state (locked, quoted, or of two customers), too-many-items, version-conflict.
 */
export async function mergeCarts(deps: CartDeps, merchantId: string, input: MergeInput): Promise<MergeAnswer> {
  const { into, from, policy } = input
  if (into === from) throw referenceNotFound(input.pointer, 'is the same cart')
  const at = deps.clock.now()
  const found = await transact(deps.db, async (tx) => {
    const carts = await lockCarts(tx, merchantId, [into, from])
    const named = carts.get(input.named)
    if (!named) throw new Problem('not-found')
    const [stays, goes] = [carts.get(into), carts.get(from)]
    if (!stays || !goes) throw referenceNotFound(input.pointer, 'names no cart')
    // Already one, in this direction or, by a race, in the other: there is one result.
    if (goes.state === 'merged' && goes.moved_to === into) return { stays, goes: null }
    if (stays.state === 'merged' && stays.moved_to === from) return { stays: goes, goes: null }
    if (input.ifVersion !== undefined && input.ifVersion !== named.version) throw versionConflict(named.version)
    assertMergeable(stays, goes, at)
    const person = stays.customer_id === null ? [] : await personOf(tx, merchantId, stays.customer_id)
    // A customer's cart goes to nobody else, and not to somebody unknown either (vendure#263).
    if (goes.customer_id !== null && !person.includes(goes.customer_id))
      throw new Problem('invalid-state', { detail: 'The cart that would go belongs to a customer; merge into theirs.' })
    if (policy === 'ask') return { stays, goes }
    const { after, change } = merged(deps, stays, goes, policy, at)
    await writeChange(tx, merchantId, after, change)
    // Its lines stay as they were; who it was for, the other cart knows.
    const closed = { state: 'merged' as const, moved_to: into, locked_until: null, email: null, shipping_address: null }
    const tombstone = applied(goes, { cart: closed }, at)
    await writeChange(tx, merchantId, tombstone, {})
    const says = { policy, line_ids: [...(change.put ?? []).map(({ id }) => id)] }
    await appendEvents(tx, merchantId, at, [
      cartEvent(deps, 'cart.merged', tombstone, says),
      cartEvent(deps, 'cart.updated', after, { ...says, merged_from: from }),
    ])
    return { stays: after, goes: null }
  })
  deps.hints.poke(into)
  deps.hints.poke(from)
  return {
    outcome: found.goes ? 'ask' : 'merged',
    cart: await showChanged(deps, merchantId, found.stays),
    other: found.goes ? await showChanged(deps, merchantId, found.goes) : null,
  }
}

function assertMergeable(stays: Cart, goes: Cart, at: Date): void {
  assertOpen(stays, at)
  // What was parked may come along; what is being paid may not.
  assertAlive(goes, at)
  if (isLocked(goes, at))
    throw new Problem('invalid-state', { detail: 'The other cart is locked while it is being paid.' })
  if (stays.quote_id !== null || goes.quote_id !== null)
    throw new Problem('invalid-state', { detail: 'The lines of a quote are fixed.' })
  if (stays.currency !== goes.currency) throw new Problem('currency-mismatch')
}

function merged(
  deps: CartDeps,
  stays: Cart,
  goes: Cart,
  policy: Exclude<MergePolicy, 'ask'>,
  at: Date,
): { after: Cart; change: CartChange } {
  const lines = mergeLines(stays.lines, goes.lines, policy)
  if (!lines) throw new Problem('too-many-items', { detail: `Together they have more than ${MAX_LINES} lines.` })
  // New ids: the tombstone keeps its lines as they were.
  const added = lines.added.map((line, i) => ({ ...line, id: deps.newId('cln'), seq: stays.next_seq + i }))
  const change: CartChange = {
    cart: {
      next_seq: stays.next_seq + added.length,
      codes: [...new Set([...stays.codes, ...goes.codes])].slice(0, MAX_CODES),
      channels_seen: [...new Set([...stays.channels_seen, ...goes.channels_seen])],
      email: stays.email ?? goes.email,
      shipping_address: stays.shipping_address ?? goes.shipping_address,
      country: stays.country ?? goes.country,
      // Devices that held the cart that goes follow it with the secret they have.
      secret_hashes: [...new Set([...stays.secret_hashes, ...goes.secret_hashes])].slice(-MAX_SECRETS),
    },
    put: [...lines.changed, ...added],
    drop: lines.dropped,
  }
  return { after: applied(stays, change, at), change }
}

/** As many as a cart takes. */
const MAX_CODES = 10
