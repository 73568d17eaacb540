// What a checkout page shows of a whole cart until it is an order, as plain data. Amounts and times come as text in the reader's language.
// Shared with web/checkout as types.

/** What can be wrong with a field, by its name on the page. */
export type BagErrors = Partial<Record<BagField, 'missing' | 'form' | 'gone' | 'too_long'>>

export const BAG_FIELDS = [
  ...['email', 'name', 'line1', 'line2', 'postal_code', 'city', 'country', 'phone'],
  ...['way', 'option', 'store', 'slot', 'lat', 'lon'],
] as const
export type BagField =
  | 'email'
  | 'name'
  | 'line1'
  | 'line2'
  | 'postal_code'
  | 'city'
  | 'country'
  | 'phone'
  | 'way'
  | 'option'
  | 'store'
  | 'slot'
  | 'lat'
  | 'lon'
export type Typed = Partial<Record<BagField, string>>

/** A step on the page before paying. */
export const BAG_ACTS = ['update', 'continue', 'edit', 'accept', 'take', 'remove', 'code', 'uncode'] as const
export type BagAct = (typeof BAG_ACTS)[number]

export interface BagInput {
  act: BagAct
  /** What stands in the fields; those that are left out stay as they were. */
  typed?: Typed
  /** The line that `take` and `remove` are about. */
  line?: string
  code?: string
  /** The total that was shown, where it is accepted. */
  seen?: number
}

export interface BagLine {
  id: string
  name: string
  /** `2 ×`, `350 g`. */
  quantity: string
  amount: string
  /** Before what was taken off. */
  was: string | null
  /** No longer sold. */
  is_gone: boolean
  /** How many can be had, where they are fewer than wanted. */
  left: number | null
}

export interface BagSum {
  kind: 'goods' | 'discount' | 'delivery' | 'total' | 'tax' | 'tax_on_top'
  /** A promotion's name, or a rate of tax. */
  name: string | null
  amount: string
  is_free: boolean
}

/** What is different from what was looked at. */
export interface BagChange {
  what: 'price' | 'gone' | 'availability' | 'promotion'
  name: string
  was: string | null
  is: string | null
}

export interface BagOption {
  id: string
  name: string
  amount: string
  is_free: boolean
  /** Working days it takes. */
  days: [number, number] | null
  is_chosen: boolean
}

export interface BagSlot {
  value: string
  text: string
  is_chosen: boolean
}

export interface BagStore {
  id: string
  name: string
  address: string
  /** `2.4 km`, where both places are known. */
  distance: string | null
  /** Days and times, as the reader writes them. */
  hours: { days: string; times: string | null }[]
  /** there: all of it. brought: another store sends some of it. short: not all of it can be had. */
  stock: 'there' | 'brought' | 'short'
  /** When it would lie ready; null where that cannot be said. */
  ready: string | null
  is_chosen: boolean
  /** Of the chosen store only. */
  slots: BagSlot[]
}

export interface BagView {
  /** Why nothing can be ordered here: it is empty, it went on elsewhere, or somebody else has it in hand. */
  state: 'open' | 'empty' | 'moved' | 'held'
  /** All is said that is needed, and it is as it was looked at. */
  is_ready: boolean
  /** Sent back with the try, so that what another device changes is noticed. */
  version: number
  total: string
  total_minor: number
  lines: BagLine[]
  sums: BagSum[]
  changes: BagChange[]
  codes: { code: string; is_used: boolean }[]
  typed: Typed
  errors: BagErrors
  /** Something of it is carried somewhere. */
  needs_way: boolean
  ways: ('ship' | 'collect')[]
  way: 'ship' | 'collect'
  countries: { code: string; name: string }[]
  options: BagOption[]
  stores: BagStore[]
  /** The list is sorted by how far they are. */
  is_by_distance: boolean
  /** What was chosen, in a few lines, once all is said. */
  chosen: { contact: string; where: string; when: string | null } | null
}
