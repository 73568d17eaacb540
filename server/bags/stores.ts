// Where a cart can be collected: the nearest first where we know where somebody is, what of it lies there, and when it would be ready.

import { previewArranged } from '../carts/index.ts'
import type { BagSlot, BagStore } from '../checkout/index.ts'
import { promises } from '../fulfilments/index.ts'
import type { Language } from '../lib/language.ts'
import type { Store } from '../merchants/index.ts'
import { distanceKm, type Place } from '../stock/index.ts'
import type { BagDeps } from './deps.ts'
import { hoursText, slotText } from './hours.ts'
import { isThing, type Known } from './known.ts'

/** A list that somebody reads on a phone; whose shop is not in it comes nearer by their postal code. */
const MOST_STORES = 12
/** Some days of openings: who wants it later comes later, it is kept. */
const MOST_SLOTS = 30

/** Where somebody is: as their device said it, or null. */
export function placeOf({ bag: { typed } }: Pick<Known, 'bag'>): Place | null {
  const [latitude, longitude] = [typed.lat, typed.lon].map((text) =>
    text === undefined || text === '' ? Number.NaN : Number(text),
  )
  if (latitude === undefined || longitude === undefined) return null
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null
}

/** The times a store can promise, as the page sends them back. */
export function slotsOf(store: Store | null, at: Date): string[] {
  return store === null ? [] : promises(store, at, MOST_SLOTS).map((time) => time.toISOString())
}

export async function storeViews(deps: BagDeps, known: Known, language: Language): Promise<BagStore[]> {
  const { choice, session, cart } = known
  const near = placeOf(known)
  const sorted = sortStores(known.stores, near, known)
  const shown = sorted.slice(0, MOST_STORES)
  if (choice.store !== null && !shown.includes(choice.store)) shown.push(choice.store)
  const at = deps.clock.now()
  return Promise.all(
    shown.map(async (store): Promise<BagStore> => {
      const there = await previewArranged(deps.carts, session.merchant_id, cart, {
        hand_over: { mode: 'collect', store_id: store.id },
      })
      const stock = stockOf(there.lines)
      const isChosen = store.id === choice.store?.id
      const slots = stock === 'there' ? slotsOf(store, at) : []
      return {
        id: store.id,
        name: store.name,
        address: addressText(store),
        distance: near === null ? null : distanceText(store, near, language),
        hours: hoursText(store, language),
        stock,
        ready: slots[0] === undefined ? null : slotText(language, slots[0], store, { isSlot: false }),
        is_chosen: isChosen,
        slots: isChosen ? slots.map((value) => slotView(value, store, known, language)) : [],
      }
    }),
  )
}

function slotView(value: string, store: Store, { bag }: Known, language: Language): BagSlot {
  return { value, text: slotText(language, value, store, { isSlot: true }), is_chosen: value === bag.typed.slot }
}

function stockOf(lines: Known['view']['lines']): BagStore['stock'] {
  const things = lines.filter((line) => isThing(line) && !line.is_gone)
  if (things.some(({ availability }) => availability?.is_enough === false)) return 'short'
  return things.some(({ availability }) => (availability?.by_transfer ?? 0) > 0) ? 'brought' : 'there'
}

/** By distance; without a place by how much of the postal code they share, in the same country first; then by name. */
function sortStores(stores: readonly Store[], near: Place | null, { bag, choice }: Known): Store[] {
  const code = plain(bag.typed.postal_code ?? '')
  const rank = (store: Store): number => {
    if (near !== null) return distanceTo(store, near) ?? Number.MAX_VALUE
    if (store.country !== choice.country) return 2
    return code === '' ? 1 : 1 - shared(code, plain(store.address?.postal_code ?? '')) / 100
  }
  return [...stores].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1))
}

function plain(code: string): string {
  return code.toUpperCase().replace(/[^0-9A-Z]/g, '')
}

function shared(a: string, b: string): number {
  let count = 0
  while (count < a.length && a[count] === b[count]) count++
  return count
}

function distanceTo({ latitude, longitude }: Store, near: Place): number | null {
  return latitude === null || longitude === null ? null : distanceKm({ latitude, longitude }, near)
}

function distanceText(store: Store, near: Place, language: Language): string | null {
  const km = distanceTo(store, near)
  if (km === null) return null
  const digits = km < 10 ? 1 : 0
  const style = { style: 'unit', unit: 'kilometer', maximumFractionDigits: digits } as const
  return new Intl.NumberFormat(language === 'en' ? 'en-GB' : language, style).format(km)
}

export function addressText({ address }: Pick<Store, 'address'>): string {
  if (address === null) return ''
  return [...address.lines, [address.postal_code, address.city].filter(Boolean).join(' ')].join(', ')
}
