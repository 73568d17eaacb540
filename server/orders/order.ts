// The nouns of orders as they stand in the database. What is derived from them is in figures.ts, what the API shows in view.ts.

import type { Address } from '../carts/index.ts'
import type { Channel } from '../lib/channel.ts'
import type { Adjustment, LineKind } from '../totals/index.ts'

/** Moves: README.md. `closed` and `cancelled` are ends. */
export const ORDER_STATES = ['placed', 'confirmed', 'closed', 'cancelled'] as const
export type OrderState = (typeof ORDER_STATES)[number]

/** When the money is taken: at the payment, with each parcel, or at the counter. */
export const CHARGE_MODES = ['now', 'on_shipment', 'on_collection'] as const
export type ChargeMode = (typeof CHARGE_MODES)[number]

/** How goods reach the customer. */
export const GROUP_MODES = ['take_away', 'collect', 'ship', 'ship_to_store', 'digital'] as const
export type GroupMode = (typeof GROUP_MODES)[number]

/** A postal address as it was given; never changed by a later change of the customer's. */
export type OrderAddress = Address

export interface Order {
  id: string
  number: bigint
  cart_id: string
  state: OrderState
  cancel_reason: string | null
  charge: ChargeMode
  channel: Channel
  store_id: string | null
  register_id: string | null
  country: string
  currency: string
  prices_include_tax: boolean
  tax_rounding: string
  customer_id: string | null
  /** When a guest's order was given to its customer; null where it had one from the start, or has none. */
  customer_attached_at: Date | null
  email: string | null
  reference: string | null
  shipping_address: OrderAddress | null
  billing_address: OrderAddress | null
  metadata: Record<string, string> | null
  token_id: string | null
  instrument_id: string | null
  list: bigint
  discount: bigint
  net: bigint
  tax: bigint
  total: bigint
  payment_id: string | null
  amount_held: bigint
  amount_captured: bigint
  amount_refunded: bigint
  amount_in_flight: bigint
  amount_to_refund: bigint
  expires_at: Date | null
  revision: number
  version: number
  placed_at: Date
  confirmed_at: Date | null
  /** When units were last handed over; null before any, and in orders older than the column. */
  fulfilled_at: Date | null
  ended_at: Date | null
  updated_at: Date
}

/** What one unit of a line takes from the stock. */
export interface Component {
  variant_id: string
  quantity: bigint
}

/** What of a line is fixed when it is ordered. */
export interface LineSnapshot {
  id: string
  seq: number
  variant_id: string | null
  product_id: string | null
  sku: string | null
  name: string
  kind: LineKind
  unit: string
  is_returnable: boolean
  categories: string[]
  components: Component[]
  unit_price_e4: bigint
  tax_code: string
  tax_rate_bp: number
  adjustments: Adjustment[]
  list: bigint
  discount: bigint
  net: bigint
  tax: bigint
  total: bigint
  metadata: Record<string, string> | null
  quantity: bigint
}

/** A line with its counters, in base units. Open is quantity − cancelled − fulfilled. */
export interface OrderLine extends LineSnapshot {
  order_id: string
  cancelled: bigint
  fulfilled: bigint
  return_requested: bigint
  returned: bigint
}

/** A part of a line in a group: units `unit_from` + 1 … `unit_from` + `quantity`, and what they are worth. */
export interface GroupLine {
  line_id: string
  unit_from: bigint
  quantity: bigint
  total: bigint
  tax: bigint
}

/** What is handed over together: one source, one way, one destination. */
export interface OrderGroup {
  order_id: string
  no: number
  mode: GroupMode
  /** Whose stock is reserved; null for what has none. */
  store_id: string | null
  /** `{store_id}` of a collection, `{address}` of a parcel; null for what is taken along. */
  destination: Record<string, unknown> | null
  lines: GroupLine[]
  score: unknown
}
