// What a store is as a place: where it stands, when it is open, what can be done there. A store is what holds stock.

export const STORE_KINDS = ['shop', 'web', 'warehouse', 'popup'] as const
export type StoreKind = (typeof STORE_KINDS)[number]

/**
 * sell: at a till. pickup: customers collect orders. ship_from: parcels leave. return: takes back what was bought anywhere.
 * endless_aisle: sells at the till what lies elsewhere. What a kind usually can is `store_capabilities` in migration 0027.
 */
export const CAPABILITIES = ['sell', 'pickup', 'ship_from', 'return', 'endless_aisle'] as const
export type Capability = (typeof CAPABILITIES)[number]

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]
/** From and to, `HH:MM`, in the store's own time zone. A day without any is closed. */
export type OpeningHours = Partial<Record<Weekday, { from: string; to: string }[]>>

export interface StoreAddress {
  lines: string[]
  postal_code?: string
  city: string
  country: string
}
