// Adding, changing and removing lines, and changing what holds for the whole cart.

import { personOf } from '../customers/index.ts'
import type { Channel } from '../lib/channel.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { Address, Cart, CartCaller, CartDeps } from './cart.ts'
import { changeCart, showChanged } from './change.ts'
import { checkPlaceAndCustomer, checkPriced, configOf, TAX_UNKNOWN } from './create.ts'
import { evaluate } from './evaluate.ts'
import {
  checkVariants,
  draftLine,
  invalid,
  type LinePatch,
  type NewLine,
  patchLine,
  placeLines,
  refuseCountedAsDigital,
} from './lines.ts'
import { admit } from './secret.ts'
import type { CartView } from './view.ts'

/** Who changes which cart, as which version. */
export interface Target {
  id: string
  caller: CartCaller
  ifVersion: number | undefined
}

/** Adds lines. The same article in the same way joins the line that is there. */
export async function addLines(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  lines: NewLine[],
): Promise<CartView> {
  const config = await configOf(deps, merchantId)
  const known = await deps.carts.load(merchantId, target.id)
  admit(known, target.caller)
  const drafts = lines.map((line, i) =>
    draftLine(line, {
      id: deps.newId('cln'),
      currency: known.currency,
      channel: known.channel,
      store_id: known.store_id,
      caller: target.caller,
      config,
      pointer: `/lines/${i}`,
    }),
  )
  const variants = await deps.goods.loadVariants(merchantId, [...new Set(drafts.map((line) => line.variant_id))])
  checkVariants(drafts, variants, (i) => `/lines/${i}`)
  refuseCountedAsDigital(drafts, variants, (i) => `/lines/${i}`)
  // Before the lock: no transaction waits for prices.
  const hoped = {
    ...known,
    lines: [...known.lines, ...drafts.map((line, i) => ({ ...line, seq: known.next_seq + i }))],
  }
  checkPriced(await evaluate(deps, config, hoped, deps.clock.now()), drafts)
  const cart = await changeCart(deps, merchantId, { ...target, type: 'cart.updated' }, (before) => {
    assertNotQuoted(before)
    const { changed, next_seq } = placeLines(before, drafts, variants)
    const added = drafts.map(({ variant_id, quantity }) => ({ variant_id, quantity: Number(quantity) }))
    return { cart: { next_seq }, put: changed, says: { added } }
  })
  return showChanged(deps, merchantId, cart)
}

/** Changes one line. Throws not-found also for a line that the cart does not have. */
export async function changeLine(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  lineId: string,
  patch: LinePatch,
): Promise<CartView> {
  const config = await configOf(deps, merchantId)
  const known = await deps.carts.load(merchantId, target.id)
  admit(known, target.caller)
  const hoped = patchLine(lineIn(known, lineId), patch, { ...known, caller: target.caller, config })
  if (patch.fulfilment)
    refuseCountedAsDigital([hoped], await deps.goods.loadVariants(merchantId, [hoped.variant_id]), () => '')
  const lines = known.lines.map((line) => (line.id === lineId ? hoped : line))
  const { gone } = await evaluate(deps, config, { ...known, lines }, deps.clock.now())
  if (gone.some(({ line, why }) => line.id === lineId && why === 'too_much'))
    throw new Problem('amount-out-of-range', { detail: 'The cart would cost more than can be paid.' })
  if (gone.some(({ line, why }) => line.id === lineId && why === 'tax_unknown'))
    throw new Problem('tax-unknown', { errors: [{ pointer: '/fulfilment', detail: TAX_UNKNOWN }] })
  const cart = await changeCart(deps, merchantId, { ...target, type: 'cart.updated' }, (before) => {
    const line = lineIn(before, lineId)
    assertNotQuoted(before)
    const changed = patchLine(line, patch, { ...before, caller: target.caller, config })
    return { put: [changed], says: { changed: [{ line_id: lineId, quantity: Number(changed.quantity) }] } }
  })
  return showChanged(deps, merchantId, cart)
}

/** Takes one line out. */
export async function removeLine(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  lineId: string,
): Promise<CartView> {
  const cart = await changeCart(deps, merchantId, { ...target, type: 'cart.updated' }, (before) => {
    const { variant_id, quantity } = lineIn(before, lineId)
    assertNotQuoted(before)
    return { drop: [lineId], says: { removed: [{ line_id: lineId, variant_id, quantity: Number(quantity) }] } }
  })
  return showChanged(deps, merchantId, cart)
}

/** What can be changed about a cart as a whole; null takes something away. */
export interface CartPatch {
  channel?: Channel
  store_id?: string | null
  register_id?: string | null
  customer_id?: string | null
  email?: string | null
  country?: string | null
  shipping_address?: Address | null
  codes?: string[]
}

/** Changes the cart itself. Throws invalid-state when it belongs to another customer. */
export async function patchCart(
  deps: CartDeps,
  merchantId: string,
  target: Target,
  patch: CartPatch,
): Promise<CartView> {
  const config = await configOf(deps, merchantId)
  await checkPlaceAndCustomer(deps, config, target.caller, patch)
  await refuseUntaxed(deps, config, target, patch)
  const person = patch.customer_id ? await personOf(deps.db, merchantId, patch.customer_id) : []
  const cart = await changeCart(deps, merchantId, { ...target, type: 'cart.updated' }, (before) => {
    if (patch.customer_id !== undefined) assertMayBelongTo(before, person, target.caller)
    const { channel = before.channel, codes = before.codes, store_id = before.store_id, ...rest } = patch
    // A register stands in one store: who moves the cart to another leaves the register.
    const { register_id = store_id === before.store_id ? before.register_id : null } = patch
    if (register_id !== null && config.registers.get(register_id)?.storeId !== store_id)
      throw invalid('/register_id', 'stands in another store')
    const changed = {
      ...rest,
      channel,
      store_id,
      register_id,
      codes: [...new Set(codes)],
      channels_seen: seenIn(before, channel),
    }
    if (isSame(before, changed)) return null
    return { cart: changed, says: { fields: Object.keys(patch).sort() } }
  })
  return showChanged(deps, merchantId, cart)
}

/** Throws tax-unknown when the cart would be sent, or handed over, where no rate of VAT is known for what is in it. */
async function refuseUntaxed(deps: CartDeps, config: MerchantConfig, target: Target, patch: CartPatch): Promise<void> {
  const { channel, store_id, country, shipping_address } = patch
  if ([channel, store_id, country, shipping_address].every((each) => each === undefined)) return
  const known = await deps.carts.load(config.id, target.id)
  admit(known, target.caller)
  const hoped = { ...known, ...patch, channel: channel ?? known.channel, codes: patch.codes ?? known.codes }
  const { gone } = await evaluate(deps, config, hoped, deps.clock.now())
  if (!gone.some(({ why }) => why === 'tax_unknown')) return
  const field = shipping_address ? '/shipping_address/country' : country ? '/country' : store_id ? '/store_id' : ''
  throw new Problem('tax-unknown', { errors: [{ pointer: field, detail: 'leads to a country without VAT data' }] })
}

/** The channels of a cart's journey with one more. */
export function seenIn(cart: Cart, channel: Channel): Channel[] {
  return cart.channels_seen.includes(channel) ? cart.channels_seen : [...cart.channels_seen, channel]
}

/**
 * A cart is never given from one customer to another (vendure#263: who signs in must not find somebody else's cart). Staff may
 * take a name off a cart that no customer's device holds: they picked the wrong one from a list. `person` is a profile with all that
 * was merged into it, empty for nobody.
 */
function assertMayBelongTo(cart: Cart, person: string[], caller: CartCaller): void {
  if (cart.customer_id === null || person.includes(cart.customer_id)) return
  if (person.length === 0 && caller.kind === 'merchant' && cart.secret_hashes.length === 0) return
  throw new Problem('invalid-state', { detail: 'The cart belongs to a customer. Make another one.' })
}

function assertNotQuoted(cart: Cart): void {
  if (cart.quote_id === null) return
  throw new Problem('invalid-state', {
    detail: 'The lines of a quote are fixed. Make another cart for what comes on top.',
  })
}

function lineIn(cart: Cart, lineId: string) {
  const line = cart.lines.find(({ id }) => id === lineId)
  if (!line) throw new Problem('not-found')
  return line
}

function isSame(cart: Cart, changed: Partial<Cart>): boolean {
  return Object.entries(changed).every(
    ([name, value]) => JSON.stringify(cart[name as keyof Cart]) === JSON.stringify(value),
  )
}
