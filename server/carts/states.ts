// Parking and resuming, locking while somebody pays, and confirming that changed prices were seen.

import { Problem } from '../lib/problem.ts'
import { type CartDeps, LOCKED_FOR_MS, OPEN_FOR_MS, PARKED_FOR_MS } from './cart.ts'
import { assertAlive, assertOpen, changeCart, isLocked, look, showChanged, versionConflict } from './change.ts'
import type { Target } from './change-lines.ts'
import { configOf } from './create.ts'
import { refuseOtherTotal } from './for-order.ts'
import { invalid, referenceNotFound } from './lines.ts'
import { admit } from './secret.ts'
import { type CartView, changesOf, seenNow } from './view.ts'

/** Sets a cart aside for a week, visible on every register of its store. Throws validation-error for one without a store. */
export async function parkCart(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  name: string | undefined,
): Promise<CartView> {
  const cart = await changeCart(deps, merchantId, { ...target, type: 'cart.parked' }, (before, at) => {
    if (before.store_id === null)
      throw new Problem('invalid-state', { detail: 'Only a cart of a store can be parked.' })
    const expires_at = new Date(at.getTime() + PARKED_FOR_MS)
    return { cart: { state: 'parked', parked_name: name ?? null, expires_at }, says: { name: name ?? null } }
  })
  return showChanged(deps, merchantId, cart)
}

/** Takes a parked cart up again, on whichever register. One that is open already stays so. */
export async function resumeCart(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  registerId: string | undefined,
): Promise<CartView> {
  const config = await configOf(deps, merchantId)
  if (registerId !== undefined && !config.registers.has(registerId))
    throw referenceNotFound('/register_id', 'names no register')
  const command = { ...target, type: 'cart.resumed', guard: assertAlive }
  const cart = await changeCart(deps, merchantId, command, (before, at) => {
    if (registerId !== undefined && config.registers.get(registerId)?.storeId !== before.store_id)
      throw invalid('/register_id', 'stands in another store')
    if (before.state !== 'parked') {
      assertOpen(before, at)
      return null
    }
    const expires_at = new Date(at.getTime() + OPEN_FOR_MS)
    const register_id = registerId ?? before.register_id
    return { cart: { state: 'open', parked_name: null, register_id, expires_at }, says: { register_id } }
  })
  return showChanged(deps, merchantId, cart)
}

/** Keeps every device from changing the cart while it is being paid. A repeat makes the lock last longer. */
export async function lockCart(deps: CartDeps, merchantId: string, target: Target): Promise<CartView> {
  const guard = (cart: Parameters<typeof assertOpen>[0], at: Date) =>
    isLocked(cart, at) ? assertAlive(cart, at) : assertOpen(cart, at)
  const cart = await changeCart(deps, merchantId, { ...target, type: 'cart.locked', guard }, (_before, at) => {
    const locked_until = new Date(at.getTime() + LOCKED_FOR_MS)
    return { cart: { state: 'locked', locked_until }, says: { locked_until: locked_until.toISOString() } }
  })
  return showChanged(deps, merchantId, cart)
}

/** Opens a locked cart for changes. One that is open already stays so. */
export async function unlockCart(deps: CartDeps, merchantId: string, target: Target): Promise<CartView> {
  const command = { ...target, type: 'cart.unlocked', guard: assertAlive }
  const cart = await changeCart(deps, merchantId, command, (before, at) => {
    if (before.state !== 'locked') {
      assertOpen(before, at)
      return null
    }
    return { cart: { state: 'open', locked_until: null } }
  })
  return showChanged(deps, merchantId, cart)
}

/**
 * Says that the cart was seen as it is, at `expectedTotal`: what is shown now is what later changes are measured by. Throws
 * price-changed, and does nothing, when it costs something else by now.
 */
export async function confirmCart(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  expectedTotal: bigint,
): Promise<CartView> {
  const known = await deps.carts.load(merchantId, target.id)
  admit(known, target.caller)
  if (target.ifVersion !== undefined && target.ifVersion !== known.version) throw versionConflict(known.version)
  assertAlive(known, deps.clock.now())
  const { evaluated, availability } = await look(deps, merchantId, known)
  refuseOtherTotal(evaluated, expectedTotal)
  const changes = changesOf(evaluated, availability)
  if (evaluated.gone.length > 0 || changes.length === 0) return showChanged(deps, merchantId, known)
  const seen = new Map(evaluated.priced.map((each) => [each.line.id, seenNow(each, availability.get(each.line.id))]))
  // Exactly the version that was looked at: what came meanwhile was not seen.
  const command = { ...target, ifVersion: known.version, type: 'cart.confirmed', guard: assertAlive }
  const cart = await changeCart(deps, merchantId, command, (before) => ({
    cart: { state: before.state, locked_until: before.locked_until, expires_at: before.expires_at },
    put: before.lines.map((line) => ({ ...line, ...seen.get(line.id) })),
    says: { total: Number(evaluated.totals.total), changes },
  }))
  return showChanged(deps, merchantId, cart)
}
