// Lines as callers ask for them, and how a new one joins those that are there.

import { parseUnitPrice, type SellableVariant } from '../catalog/index.ts'
import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { type Cart, type CartCaller, type CartLine, type FulfilmentMode, MAX_LINES, MAX_QUANTITY } from './cart.ts'
import { isAttended, isCounted } from './place.ts'

/** How a line is to be handed over. */
export interface Fulfilment {
  mode: FulfilmentMode
  store_id?: string
}

/** A line as the API takes it. */
export interface NewLine {
  variant_id: string
  quantity: number
  fulfilment?: Fulfilment
  /** Major units. Another price than that of the lists: staff only, with `reason`. */
  unit_price?: string
  reason?: string
  note?: string
  consumption?: 'take_away' | 'eat_in'
}

/** A change of a line; null takes something away again. */
export interface LinePatch {
  quantity?: number
  fulfilment?: Fulfilment | null
  unit_price?: string | null
  reason?: string
  note?: string | null
  consumption?: 'take_away' | 'eat_in' | null
}

const NOTHING_SEEN = { seen_e4: null, seen_short: null, seen_promotions: null }

/** A line that is not in a cart yet: its place comes when it is put there. Throws validation-error, scope-missing. */
export function draftLine(
  line: NewLine,
  context: {
    id: string
    currency: string
    channel: string
    /** The cart's: where a line is collected when it names no store. */
    store_id: string | null
    caller: CartCaller
    config: MerchantConfig
    pointer: string
  },
): CartLine {
  const { caller, currency, pointer } = context
  return {
    id: context.id,
    seq: 0,
    variant_id: line.variant_id,
    quantity: BigInt(line.quantity),
    ...fulfilmentOf(line.fulfilment, context),
    consumption: line.consumption ?? null,
    note: line.note ?? null,
    ...(line.unit_price === undefined && line.reason === undefined
      ? { override_e4: null, override_reason: null }
      : overrideOf(line, { caller, currency, pointer })),
    frozen_e4: null,
    frozen_discount: null,
    ...NOTHING_SEEN,
  }
}

/** The line with the patch; what was shown of it no longer counts. */
export function patchLine(
  line: CartLine,
  patch: LinePatch,
  context: { currency: string; channel: string; store_id: string | null; caller: CartCaller; config: MerchantConfig },
): CartLine {
  const { fulfilment, unit_price, note, consumption, quantity } = patch
  return {
    ...line,
    ...(quantity === undefined ? {} : { quantity: BigInt(quantity) }),
    ...(fulfilment === undefined ? {} : fulfilmentOf(fulfilment ?? undefined, { ...context, pointer: '' })),
    ...(unit_price === undefined && patch.reason === undefined
      ? {}
      : overrideOf({ unit_price: unit_price ?? undefined, reason: patch.reason }, { ...context, pointer: '' })),
    ...(note === undefined ? {} : { note }),
    ...(consumption === undefined ? {} : { consumption }),
    ...NOTHING_SEEN,
  }
}

function fulfilmentOf(
  fulfilment: Fulfilment | undefined,
  context: { config: MerchantConfig; channel: string; store_id: string | null; caller: CartCaller; pointer: string },
): Pick<CartLine, 'mode' | 'mode_store_id'> {
  const { config, pointer } = context
  if (!fulfilment) return { mode: null, mode_store_id: null }
  const { mode, store_id = null } = fulfilment
  if (store_id !== null && !config.stores.has(store_id)) {
    throw referenceNotFound(`${pointer}/fulfilment/store_id`, 'names no store')
  }
  if ((mode === 'collect' || mode === 'ship_to_store') && store_id === null && context.store_id === null) {
    throw invalid(`${pointer}/fulfilment/store_id`, `is needed for ${mode}`)
  }
  // As when it is ordered: whoever holds a cart cannot say what staff alone can see.
  if (mode === 'take_away' && !isAttended(context.caller, context.channel))
    throw invalid(`${pointer}/fulfilment/mode`, 'is for staff to say: with a secret key, and not on the web')
  return { mode, mode_store_id: store_id }
}

function overrideOf(
  line: { unit_price?: string | undefined; reason?: string | undefined },
  context: { caller: CartCaller; currency: string; pointer: string },
): Pick<CartLine, 'override_e4' | 'override_reason'> {
  const { pointer } = context
  // Whoever holds a cart's secret may not say what things cost, nor undo what staff said.
  if (context.caller.kind !== 'merchant') throw new Problem('scope-missing', { detail: 'Only staff can set a price.' })
  if (line.unit_price === undefined) {
    if (line.reason !== undefined) throw invalid(`${pointer}/reason`, 'is for a unit_price')
    return { override_e4: null, override_reason: null }
  }
  if (line.reason === undefined) throw invalid(`${pointer}/reason`, 'is needed with unit_price')
  const price = parseUnitPrice(line.unit_price, context.currency)
  if (typeof price !== 'bigint')
    throw invalid(`${pointer}/unit_price`, `is no price in ${context.currency}: too many decimals, or too large`)
  return { override_e4: price, override_reason: line.reason }
}

/** Lines that are the same to the customer: more of one is more of the other. */
export function keyOf(line: CartLine): string {
  const { variant_id, mode, mode_store_id, consumption, note, override_e4, override_reason, frozen_e4 } = line
  return JSON.stringify([
    variant_id,
    mode,
    mode_store_id,
    consumption,
    note,
    String(override_e4),
    override_reason,
    String(frozen_e4),
  ])
}

/**
 * Puts new lines into a cart: pieces join a line that is the same, what is weighed stays apart as it was weighed. Answers
 * the lines that are new or have changed, and the next free place. Throws too-many-items, validation-error.
 */
export function placeLines(
  cart: Pick<Cart, 'lines' | 'next_seq'>,
  drafts: CartLine[],
  variants: Map<string, SellableVariant>,
): { changed: CartLine[]; next_seq: number } {
  const byKey = new Map(cart.lines.map((line) => [keyOf(line), line]))
  const changed = new Map<string, CartLine>()
  let next_seq = cart.next_seq
  let count = cart.lines.length
  for (const draft of drafts) {
    const same = variants.get(draft.variant_id)?.unit === 'piece' ? byKey.get(keyOf(draft)) : undefined
    const line = same
      ? { ...same, ...NOTHING_SEEN, quantity: same.quantity + draft.quantity }
      : { ...draft, seq: next_seq++ }
    if (!same) count++
    if (line.quantity > MAX_QUANTITY) throw invalid('/quantity', `comes to more than ${MAX_QUANTITY}`)
    byKey.set(keyOf(line), line)
    changed.set(line.id, line)
  }
  if (count > MAX_LINES) throw new Problem('too-many-items', { detail: `A cart has at most ${MAX_LINES} lines.` })
  return { changed: [...changed.values()], next_seq }
}

/** Throws reference-not-found for lines whose article the merchant does not have. */
export function checkVariants(
  lines: { variant_id: string }[],
  variants: Map<string, SellableVariant>,
  pointer: (i: number) => string,
) {
  const errors = lines.flatMap((line, i) =>
    variants.get(line.variant_id)?.is_sellable
      ? []
      : [{ pointer: `${pointer(i)}/variant_id`, detail: 'names no article on sale' }],
  )
  if (errors.length > 0) throw new Problem('reference-not-found', { errors })
}

/** Throws validation-error for a line that is to be delivered as digital though it lies in stock. */
export function refuseCountedAsDigital(
  lines: readonly Pick<CartLine, 'variant_id' | 'mode'>[],
  variants: Map<string, SellableVariant>,
  pointer: (i: number) => string,
): void {
  for (const [i, { variant_id, mode }] of lines.entries()) {
    const variant = variants.get(variant_id)
    if (mode === 'digital' && variant && isCounted(variant))
      throw invalid(`${pointer(i)}/fulfilment/mode`, 'is digital, and the article lies in stock')
  }
}

export function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}

export function referenceNotFound(pointer: string, detail: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail }] })
}
