// What of an order is handed over together, in the customer's words: where it is, what to show at the counter, where to follow it.

import { qrImage } from '../checkout/index.ts'
import { pickupCode, readFulfilment, type ShownFulfilment } from '../fulfilments/index.ts'
import type { Language } from '../lib/language.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { type OrderView, orderPageUrl } from '../orders/index.ts'
import type { StorefrontDeps } from './deps.ts'
import { quantityOf } from './order-page.ts'
import type { ParcelView } from './page-view.ts'

const STATES: Readonly<Record<string, ParcelView['state']>> = {
  pending: 'waiting',
  accepted: 'preparing',
  picking: 'preparing',
  packed: 'preparing',
  ready: 'ready',
  arrived: 'ready',
  shipped: 'shipped',
  delivered: 'delivered',
  lost: 'lost',
  rejected: 'preparing',
}
/** Gone from the customer's sight: something else has come in its place, or nothing will. */
const HIDDEN = new Set(['rerouted', 'cancelled'])

interface Shown {
  parcels: readonly ShownFulfilment[]
  order: OrderView
  merchant: MerchantConfig
  language: Language
  time(at: string): string
}

export function parcelsOf(deps: StorefrontDeps, merchantId: string, shown: Shown): Promise<ParcelView[]> {
  return Promise.all(
    shown.parcels.filter(({ state }) => !HIDDEN.has(state)).map((parcel) => parcelOf(deps, merchantId, parcel, shown)),
  )
}

async function parcelOf(
  deps: StorefrontDeps,
  merchantId: string,
  parcel: ShownFulfilment,
  { order, merchant, time }: Shown,
): Promise<ParcelView> {
  const kind = parcel.mode === 'ship_to_store' ? 'collect' : parcel.mode
  const store =
    kind === 'collect' ? merchant.stores.get(parcel.destination_store_id ?? parcel.store_id ?? '') : undefined
  const state = stateOf(parcel, kind)
  return {
    kind,
    state,
    store: store ? { name: store.name, address: linesOf(store.address) } : null,
    address: kind === 'ship' ? linesOf(parcel.address ?? order.shipping_address) : null,
    lines: parcel.lines.flatMap(({ line_id, quantity, dropped }) => {
      const line = order.lines.find(({ id }) => id === line_id)
      const left = quantity - dropped
      return line && left > 0 ? [{ name: line.name, quantity: quantityOf(left, line.unit) }] : []
    }),
    tracking: parcel.tracking ? { ...parcel.tracking, url: webUrl(parcel.tracking.url) } : null,
    code: state === 'ready' && parcel.needs_code ? await codeOf(deps, merchantId, parcel) : null,
    until: state === 'ready' && parcel.expires_at !== null ? time(parcel.expires_at) : null,
    promised:
      ['waiting', 'preparing', 'coming'].includes(state) && parcel.promised_at ? time(parcel.promised_at) : null,
  }
}

function stateOf(parcel: ShownFulfilment, kind: ParcelView['kind']): ParcelView['state'] {
  if (parcel.state === 'collected') return kind === 'digital' ? 'sent' : 'collected'
  if (parcel.state === 'pending' && parcel.transfer_state !== null) return 'coming'
  return STATES[parcel.state] ?? 'over'
}

/**
 * What the customer shows. It is made again from the same key each time, and stands in no row. The QR holds the order's page besides, so
 * that a till that scans it knows which goods it is about.
 */
async function codeOf(deps: StorefrontDeps, merchantId: string, parcel: ShownFulfilment): Promise<ParcelView['code']> {
  const row = await readFulfilment(deps.db, merchantId, parcel.id)
  if (!row) return null
  const text = await pickupCode(deps.orders, merchantId, row)
  return { text, qr: qrImage(`${await orderPageUrl(deps.orders, merchantId, parcel.order_id)}#${text}`) }
}

/** The lines of an address, as far as it has them. */
export function linesOf(address: unknown): string[] {
  if (typeof address !== 'object' || address === null) return []
  const { name, lines, line1, line2, postal_code, city, country } = address as Record<string, unknown>
  const place = [postal_code, city].filter((part) => typeof part === 'string').join(' ')
  return [name, line1, line2, ...(Array.isArray(lines) ? lines : []), place, country].filter(
    (part): part is string => typeof part === 'string' && part !== '',
  )
}

/** A carrier's address came with a request: only a web address becomes a link. */
function webUrl(url: string | undefined): string | null {
  return url !== undefined && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null
}
