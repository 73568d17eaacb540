// Where and how what comes to an order by an edit is handed over: as the edit says, else as all the rest of the order is. Where the
// rest goes several ways, nobody can know which of them was meant.

import { type FieldProblem, Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import type { GroupMode, Order, OrderAddress, OrderGroup, OrderLine } from './order.ts'
import type { ChangeInput } from './schema.ts'

/** A way of handing over: where it is collected or taken along, or where it is sent. */
export interface AddedPlace {
  mode: GroupMode
  store_id: string | null
  address: OrderAddress | null
}

type AddedFulfilment = NonNullable<NonNullable<ChangeInput['add']>[number]['fulfilment']>

/** The place of a line's first group; of the order's first group where the line is in none. */
export function placeOfLine(groups: readonly OrderGroup[], lineId?: string): AddedPlace {
  const group = groups.find(({ lines }) => lines.some(({ line_id }) => line_id === lineId)) ?? groups[0]
  return group ? placeOf(group) : { mode: 'digital', store_id: null, address: null }
}

/** The places that the order's lines go to, each once; those of lines that were cancelled do not count. */
export function placesOf(groups: readonly OrderGroup[], lines: readonly OrderLine[]): AddedPlace[] {
  const isKept = ({ line_id, unit_from }: OrderGroup['lines'][number]) => {
    const line = lines.find(({ id }) => id === line_id)
    return line !== undefined && unit_from < line.quantity - line.cancelled
  }
  const kept = groups.filter((group) => group.lines.some(isKept)).map(placeOf)
  return [...new Map(kept.map((place) => [keyOf(place), place])).values()]
}

/** Same key, same parcel or shelf. */
function keyOf({ mode, store_id, address }: AddedPlace): string {
  return JSON.stringify([mode, store_id, address && Object.entries(address).sort()])
}

function placeOf({ mode, store_id, destination }: OrderGroup): AddedPlace {
  const to = destination as { store_id?: string; address?: OrderAddress } | null
  if (mode === 'ship') return { mode, store_id: null, address: to?.address ?? null }
  // Where it is collected, wherever it comes from.
  return { mode, store_id: to?.store_id ?? store_id, address: null }
}

/** The place that an edit names. Throws validation-error, reference-not-found. */
export function placeAsked(
  { mode, store_id, address }: AddedFulfilment,
  order: Pick<Order, 'store_id' | 'shipping_address' | 'country'>,
  config: Pick<MerchantConfig, 'stores'>,
  pointer: string,
): AddedPlace {
  if (store_id !== undefined && !config.stores.has(store_id))
    throw new Problem('reference-not-found', at(`${pointer}/store_id`, 'names no store'))
  if (mode !== 'ship') {
    if (address) throw new Problem('validation-error', at(`${pointer}/address`, 'is for what is shipped'))
    const store = mode === 'digital' ? null : (store_id ?? order.store_id)
    if (store === null && mode !== 'digital')
      throw new Problem('validation-error', at(`${pointer}/store_id`, `is needed for ${mode}`))
    return { mode, store_id: store, address: null }
  }
  const to = address ?? order.shipping_address
  if (!to) throw new Problem('validation-error', at(`${pointer}/address`, 'is needed: the order has none'))
  // The tax of an order is that of one country.
  if (to.country !== order.country)
    throw new Problem(
      'validation-error',
      at(`${pointer}/address/country`, `is not ${order.country}, where it is taxed`),
    )
  return { mode, store_id: store_id ?? null, address: to }
}

/** Throws validation-error: the edit must say where an added line goes. */
export function ambiguous(pointer: string, places: readonly AddedPlace[]): Problem {
  const ways = places.map(({ mode }) => mode.replaceAll('_', ' ')).join(', ')
  const why = places.length === 0 ? 'nothing of the order is handed over' : `the order goes several ways (${ways})`
  return new Problem('validation-error', at(`${pointer}/fulfilment`, `is needed: ${why}`))
}

function at(pointer: string, detail: string): { errors: FieldProblem[] } {
  return { errors: [{ pointer, detail }] }
}
