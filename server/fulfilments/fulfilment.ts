// The nouns of fulfilments, and the moves between their states as data. Nothing else decides what may follow what: every verb
// reads this table, and its update is guarded by the states that stand in it.

import type { Component, GroupMode } from '../orders/index.ts'

export const FULFILMENT_STATES = [
  'pending',
  'accepted',
  'picking',
  'packed',
  'ready',
  'arrived',
  'collected',
  'shipped',
  'delivered',
  'lost',
  'returned_to_sender',
  'rejected',
  'rerouted',
  'expired',
  'cancelled',
] as const
export type FulfilmentState = (typeof FULFILMENT_STATES)[number]

/** `reversed`: it was charged, and the provider took that back later. */
export const CHARGE_STATES = ['none', 'intent', 'unknown', 'charged', 'declined', 'reversed'] as const
export type ChargeState = (typeof CHARGE_STATES)[number]

export type Verb =
  | 'accept'
  | 'pick'
  | 'ready'
  | 'arrive'
  | 'collect'
  | 'ship'
  | 'deliver'
  | 'lose'
  | 'return_to_sender'
  | 'reject'
  | 'reroute'
  | 'cancel'
  | 'expire'

/** One move: from any of these states to that one. */
export interface Move {
  from: readonly FulfilmentState[]
  to: FulfilmentState
}

/** Not yet handed over, so that it can still be given up. */
const OPEN_COLLECT = ['pending', 'accepted', 'picking', 'ready', 'arrived'] as const
const OPEN_SHIP = ['pending', 'accepted', 'picking', 'packed'] as const

const COLLECT: Partial<Record<Verb, Move>> = {
  accept: { from: ['pending'], to: 'accepted' },
  pick: { from: ['accepted'], to: 'picking' },
  // Again from ready: a new code, when the customer has lost theirs.
  ready: { from: ['picking', 'ready'], to: 'ready' },
  arrive: { from: ['ready'], to: 'arrived' },
  collect: { from: ['ready', 'arrived'], to: 'collected' },
  reject: { from: OPEN_COLLECT, to: 'rejected' },
  reroute: { from: ['pending', 'accepted', 'rejected'], to: 'rerouted' },
  cancel: { from: [...OPEN_COLLECT, 'rejected'], to: 'cancelled' },
  expire: { from: ['ready', 'arrived'], to: 'expired' },
}

const SHIP: Partial<Record<Verb, Move>> = {
  accept: { from: ['pending'], to: 'accepted' },
  pick: { from: ['accepted'], to: 'picking' },
  ready: { from: ['picking'], to: 'packed' },
  ship: { from: ['packed'], to: 'shipped' },
  deliver: { from: ['shipped'], to: 'delivered' },
  lose: { from: ['shipped'], to: 'lost' },
  return_to_sender: { from: ['shipped'], to: 'returned_to_sender' },
  reject: { from: OPEN_SHIP, to: 'rejected' },
  reroute: { from: ['pending', 'accepted', 'rejected'], to: 'rerouted' },
  cancel: { from: [...OPEN_SHIP, 'rejected'], to: 'cancelled' },
}

/** What may follow what, by the way goods are handed over. Taken along and digital goods begin at their end. */
export const MOVES: Record<GroupMode, Partial<Record<Verb, Move>>> = {
  collect: COLLECT,
  ship_to_store: COLLECT,
  ship: SHIP,
  take_away: {},
  digital: {},
}

/** Nothing follows these; a rejected one is still to be sent elsewhere or given up. */
export const ENDS: ReadonlySet<FulfilmentState> = new Set([
  'collected',
  'delivered',
  'lost',
  'returned_to_sender',
  'rerouted',
  'expired',
  'cancelled',
])

/** What a store's no means for its stock. `variance`: the count is wrong; `bucket`: there, and not for sale. */
export interface RejectEffect {
  stock: 'none' | 'variance' | 'damaged' | 'display'
}

/** Why a store says no, and what follows for its stock. It is asked no more for this group, whatever the reason. */
export const REJECT_REASONS = {
  not_in_stock: { stock: 'variance' },
  damaged: { stock: 'damaged' },
  worn_display: { stock: 'display' },
  mismatch: { stock: 'none' },
  avoid_split: { stock: 'none' },
  store_closed: { stock: 'none' },
  no_capacity: { stock: 'none' },
} as const satisfies Record<string, RejectEffect>
export type RejectReason = keyof typeof REJECT_REASONS

/** How a share is charged; `paid`: there is nothing to charge. */
export type ChargeRoute = 'capture' | 'tender' | 'pay' | 'paid'

/** What the customer pays with at the counter. No secret stands in it: it is kept until the charge is done. */
export interface CounterTender {
  method: string
  token?: string
  instrument_id?: string
  terminal_id?: string
  cash?: { register_id: string; tendered?: number }
  initiator?: 'customer' | 'merchant'
}

/** What was decided before the provider is called. Amounts as JSON numbers. */
export interface ChargePlan {
  route: ChargeRoute
  /** The payment to capture or to add a tender to; null when one is to be made. */
  payment_id: string | null
  /** Nothing of the order will be charged after this. */
  is_last: boolean
  /** Of a payment to be made: what the whole order comes to. */
  order_total: number
  channel: string
  tender?: CounterTender
  /** The till that the tender was given at, whatever process charges it. */
  register_id?: string
  /** Route `tender`: what is captured first, because the hold covers a part; the tender is for the rest. */
  held?: number
  /** What was handed over with it, to be taken back should it be declined. */
  units: { line_id: string; quantity: number }[]
}

export interface Fulfilment {
  id: string
  order_id: string
  group_no: number
  part: number
  mode: GroupMode
  state: FulfilmentState
  store_id: string | null
  destination_store_id: string | null
  address: Record<string, unknown> | null
  reservation_ref: string | null
  transfer_id: string | null
  refused_by: string[]
  score: unknown
  reason: string | null
  code_no: number
  code_hash: string | null
  code_attempts: number
  collected_by: 'code' | 'staff' | null
  promised_at: Date | null
  expires_at: Date | null
  reminded_at: Date | null
  tracking: { carrier: string; number: string; url?: string } | null
  charge_state: ChargeState
  charge_no: number
  charge_amount: bigint
  charge_taken: bigint
  charge_plan: ChargePlan | null
  charge_decline: { code: string; message: string } | null
  charge_due_at: Date | null
  charge_key: string | null
  release_at: Date | null
  /** When what was to be brought and has not come is looked for elsewhere. */
  reroute_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
  ended_at: Date | null
}

export interface FulfilmentLine {
  fulfilment_id: string
  line_id: string
  components: Component[]
  quantity: bigint
  handed_over: bigint
  dropped: bigint
}

/** Units of a line that this fulfilment still has to hand over. */
export function openOf(line: Pick<FulfilmentLine, 'quantity' | 'handed_over' | 'dropped'>): bigint {
  return line.quantity - line.handed_over - line.dropped
}

/** Some units of a line. */
export interface LineUnits {
  line_id: string
  quantity: bigint
}
