// Every change of a cart goes through here: the cart is locked, the caller's version compared, the state looked at, the change
// written as one version more, and the event appended, all in one transaction. Prices are worked out after it, so that no
// lock waits for them.

import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents, type NewEvent } from '../notify/index.ts'
import { type Cart, type CartCaller, type CartDeps, type CartLine, OPEN_FOR_MS } from './cart.ts'
import { configOf } from './create.ts'
import { type Evaluated, evaluate } from './evaluate.ts'
import { admit } from './secret.ts'
import { availabilityOf, type LineAvailability } from './shortage.ts'
import { deleteLines, lockCarts, markSeen, putLines, updateCart } from './store.ts'
import { type CartView, seenNow, viewOf } from './view.ts'

/** What a change makes of a cart. */
export interface CartChange {
  /** Fields of the cart that become others. */
  cart?: Partial<Omit<Cart, 'id' | 'version' | 'lines'>>
  /** Lines that are new or have changed, whole. */
  put?: CartLine[]
  /** Ids of lines that go. */
  drop?: string[]
  /** What the event says beside the cart's essentials. */
  says?: Record<string, unknown>
}

export interface CartCommand {
  id: string
  caller: CartCaller
  /** The version the caller has seen; undefined: whatever it is. */
  ifVersion?: number | undefined
  /** The event's type. */
  type: string
  /** Throws when the state does not allow it; default `assertOpen`. */
  guard?: (cart: Cart, at: Date) => void
}

/**
 * Changes a cart and answers it as it is then. `work` sees the locked cart and says what changes; null changes nothing, and is
 * no version and no event. Throws not-found, version-conflict, cart-closed, invalid-state and what `work` throws.
 */
export async function changeCart(
  deps: CartDeps,
  merchantId: string,
  command: CartCommand,
  work: (cart: Cart, at: Date, tx: Tx) => CartChange | null | Promise<CartChange | null>,
): Promise<Cart> {
  const at = deps.clock.now()
  const guard = command.guard ?? assertOpen
  const cart = await transact(deps.db, async (tx) => {
    const before = (await lockCarts(tx, merchantId, [command.id])).get(command.id)
    admit(before, command.caller)
    if (command.ifVersion !== undefined && command.ifVersion !== before.version) throw versionConflict(before.version)
    guard(before, at)
    const change = await work(before, at, tx)
    if (!change) return before
    const after = applied(before, change, at)
    await writeChange(tx, merchantId, after, change)
    await appendEvents(tx, merchantId, at, [cartEvent(deps, command.type, after, change.says)])
    return after
  })
  deps.hints.poke(cart.id)
  return cart
}

/** The cart after a change, one version on. Being touched keeps it alive. */
export function applied(before: Cart, change: CartChange, at: Date): Cart {
  const put = new Map((change.put ?? []).map((line) => [line.id, line]))
  const drop = new Set(change.drop ?? [])
  const kept = before.lines.filter((line) => !drop.has(line.id)).map((line) => put.get(line.id) ?? line)
  const known = new Set(before.lines.map((line) => line.id))
  const fresh = [...put.values()].filter((line) => !known.has(line.id))
  return {
    ...before,
    // A lock that has lapsed is none.
    ...(before.state === 'locked' ? { state: 'open' as const, locked_until: null } : {}),
    updated_at: at,
    expires_at: new Date(at.getTime() + OPEN_FOR_MS),
    ...change.cart,
    version: before.version + 1,
    lines: [...kept, ...fresh].sort((a, b) => a.seq - b.seq),
  }
}

/** Writes a cart that is locked in this transaction. */
export async function writeChange(tx: Tx, merchantId: string, after: Cart, change: CartChange): Promise<void> {
  await updateCart(tx, merchantId, after)
  await deleteLines(tx, merchantId, after.id, change.drop ?? [])
  await putLines(tx, merchantId, after.id, change.put ?? [])
}

/** An event with what timelines and other devices need to know; whoever wants prices reads the cart. */
export function cartEvent(
  deps: Pick<CartDeps, 'newId'>,
  type: string,
  cart: Cart,
  says: Record<string, unknown> = {},
): NewEvent {
  return {
    id: deps.newId('evt'),
    type,
    object_type: 'cart',
    object_id: cart.id,
    object_version: cart.version,
    data: {
      id: cart.id,
      state: cart.state,
      version: cart.version,
      channel: cart.channel,
      store_id: cart.store_id,
      customer_id: cart.customer_id,
      order_id: cart.state === 'converted' ? cart.moved_to : null,
      moved_to: cart.moved_to,
      currency: cart.currency,
      line_count: cart.lines.length,
      ...says,
    },
  }
}

// ---- Guards --------------------------------------------------------------------------------------------------------

/** Open, or locked by something that has died since. */
export function assertOpen(cart: Cart, at: Date): void {
  assertAlive(cart, at)
  if (cart.state === 'parked') throw new Problem('invalid-state', { detail: 'The cart is parked. Resume it first.' })
  if (isLocked(cart, at)) {
    throw new Problem('invalid-state', { detail: 'The cart is locked while it is being paid. Unlock it first.' })
  }
}

/** Not an order, not merged, not expired. */
export function assertAlive(cart: Cart, at: Date): void {
  if (cart.state === 'converted' || cart.state === 'merged') {
    throw new Problem('cart-closed', { detail: `The cart goes on as ${cart.moved_to}.` })
  }
  if (cart.state === 'expired' || cart.expires_at <= at)
    throw new Problem('cart-closed', { detail: 'The cart has expired.' })
}

export function isLocked(cart: Cart, at: Date): boolean {
  return cart.state === 'locked' && cart.locked_until !== null && cart.locked_until > at
}

export function versionConflict(version: number): Problem {
  return new Problem('version-conflict', {
    detail: `The cart is at version ${version}. Read it again and decide.`,
    errors: [{ pointer: '/version', detail: `is ${version}` }],
  })
}

// ---- Views ---------------------------------------------------------------------------------------------------------

/** Works out a cart and looks for stock. */
export async function look(
  deps: CartDeps,
  merchantId: string,
  cart: Cart,
): Promise<{ evaluated: Evaluated; availability: Map<string, LineAvailability> }> {
  const evaluated = await evaluate(deps, await configOf(deps, merchantId), cart, deps.clock.now())
  // Nobody buys from a cart that is closed.
  const isAlive = cart.state === 'open' || cart.state === 'locked' || cart.state === 'parked'
  return { evaluated, availability: isAlive ? await availabilityOf(deps, merchantId, evaluated) : new Map() }
}

/** A cart as the API shows it. Throws not-found. */
export async function readCart(
  deps: CartDeps,
  merchantId: string,
  input: { id: string; caller: CartCaller },
): Promise<CartView> {
  const cart = await deps.carts.load(merchantId, input.id)
  admit(cart, input.caller)
  const { evaluated, availability } = await look(deps, merchantId, cart)
  return viewOf(evaluated, availability)
}

/** The view after a change. Lines that were never shown before are shown now, and that is remembered. */
export async function showChanged(deps: CartDeps, merchantId: string, cart: Cart): Promise<CartView> {
  const { evaluated, availability } = await look(deps, merchantId, cart)
  const fresh = evaluated.priced.filter(({ line }) => line.seen_e4 === null)
  if (fresh.length > 0) {
    const seen = fresh.map((each) => ({ id: each.line.id, ...seenNow(each, availability.get(each.line.id)) }))
    await markSeen(deps.db, merchantId, cart.id, seen)
  }
  return viewOf(evaluated, availability)
}
