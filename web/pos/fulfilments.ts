// What lies at a counter or is on its way there, as the API tells it, and what may follow in each state. Pure but for the types.

export interface FulfilmentLine {
  line_id: string
  name: string
  sku: string | null
  unit: string
  quantity: number
  handed_over: number
  dropped: number
}
export interface Fulfilment {
  id: string
  order_id: string
  mode: string
  state: string
  store_id: string | null
  destination_store_id: string | null
  transfer_state: string | null
  reason: string | null
  needs_code: boolean
  promised_at: string | null
  expires_at: string | null
  tracking: { carrier: string; number: string; url?: string } | null
  charge: {
    state: string
    amount: number
    payment_id: string | null
    decline: { code: string; message: string } | null
  }
  lines: FulfilmentLine[]
  order: {
    number: string
    channel: string
    charge: string
    name: string | null
    email: string | null
    customer_id: string | null
    placed_at: string | null
  }
  code?: string
  version: number
  updated_at: string
}

/** The states of a pickup board, in the order in which goods go through them. */
export const PICKUP_STATES = ['pending', 'accepted', 'picking', 'ready', 'arrived'] as const
export type PickupState = (typeof PICKUP_STATES)[number]

export const REJECT_REASONS = [
  'not_in_stock',
  'damaged',
  'worn_display',
  'mismatch',
  'store_closed',
  'no_capacity',
] as const

/** What brings it to its next state; null for what waits for goods or has ended. */
export function nextVerb({ state, transfer_state }: Fulfilment): 'accept' | 'pick' | 'ready' | 'collect' | null {
  // Its goods are not here yet.
  if (state === 'pending') return transfer_state === null ? 'accept' : null
  if (state === 'accepted') return 'pick'
  if (state === 'picking') return 'ready'
  return state === 'ready' || state === 'arrived' ? 'collect' : null
}

export const openOf = ({ quantity, handed_over, dropped }: FulfilmentLine): number => quantity - handed_over - dropped

/** Where it is handed over; null for what is sent. */
export const pickupStoreOf = ({ mode, destination_store_id, store_id }: Fulfilment): string | null =>
  mode === 'collect' || mode === 'ship_to_store' ? (destination_store_id ?? store_id) : null

export interface Age {
  kind: 'late' | 'soon' | 'calm' | 'keeps'
  /** Whole minutes until the moment, negative after it. */
  minutes: number
  at: string
}

/** Less than this before it is promised it is time to begin. */
const SOON_MINUTES = 30

/** How it stands with what was promised: until it is ready that counts, afterwards how long it is kept. Null where nothing was said. */
export function ageOf({ state, promised_at, expires_at }: Fulfilment, now: number): Age | null {
  const isReady = state === 'ready' || state === 'arrived'
  const at = isReady ? expires_at : promised_at
  if (at === null) return null
  const minutes = Math.round((Date.parse(at) - now) / 60_000)
  if (minutes < 0) return { kind: 'late', minutes, at }
  if (isReady) return { kind: minutes < 24 * 60 ? 'soon' : 'keeps', minutes, at }
  return { kind: minutes < SOON_MINUTES ? 'soon' : 'calm', minutes, at }
}
