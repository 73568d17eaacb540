// A cart as it is kept: what people chose and what they were last shown. Prices, promotions, taxes and totals are not kept;
// evaluate.ts works them out whenever somebody looks.

import type { Lanes } from '../db/lanes.ts'
import type { Loader } from '../db/load-many.ts'
import type { Db } from '../db/pool.ts'
import type { Hints } from '../jobs/index.ts'
import type { Channel } from '../lib/channel.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Goods } from './goods.ts'
import type { GuessLimit } from './guess-limit.ts'

/** What carts need of the program. */
export interface CartDeps {
  db: Db
  lanes: Lanes
  clock: Clock
  newId: NewId
  log: Log
  hints: Pick<Hints, 'poke'>
  merchantCache: MerchantCache
  goods: Goods
  /** One per process, from `createCartLoader`. */
  carts: Loader<Cart>
  /** The groups of customers; null for one who is not there. One per process, from `createGroupLoader` of customers. */
  groups: Loader<string[]>
  /** One per process, from `createGuessLimit`. */
  guesses: GuessLimit
  /** Where the pages of this server are, for the address behind a hand-over QR. */
  publicUrl: string
}

export const CART_STATES = ['open', 'locked', 'parked', 'converted', 'merged', 'expired'] as const
export type CartState = (typeof CART_STATES)[number]

export const FULFILMENT_MODES = ['take_away', 'collect', 'ship', 'ship_to_store', 'digital'] as const
export type FulfilmentMode = (typeof FULFILMENT_MODES)[number]

/** More lines than a wholesaler's longest invoice we have seen (1,114); past it every look at the cart would cost too much. */
export const MAX_LINES = 1_500
/** A million pieces, or a tonne in grams. */
export const MAX_QUANTITY = 1_000_000n
/** Devices that hold a secret of one cart; the one that was given first is forgotten first. */
export const MAX_SECRETS = 10
/** A cart nobody touches for a season is given up: prices and articles are others by then. */
export const OPEN_FOR_MS = 90 * 86_400_000
/** A parked cart waits for a customer who is coming back this week. */
export const PARKED_FOR_MS = 7 * 86_400_000
/** As long as somebody may stand at a terminal or on a bank's page. After it the lock of a till that died is void. */
export const LOCKED_FOR_MS = 15 * 60_000

export interface Address {
  name?: string
  line1: string
  line2?: string
  postal_code?: string
  city: string
  region?: string
  country: string
  phone?: string
}

/** One line as it is kept. */
export interface CartLine {
  id: string
  /** Its place; never used twice in a cart. */
  seq: number
  variant_id: string
  quantity: bigint
  /** Null: as the channel usually does it. */
  mode: FulfilmentMode | null
  mode_store_id: string | null
  consumption: 'take_away' | 'eat_in' | null
  note: string | null
  override_e4: bigint | null
  override_reason: string | null
  /** Of a quote: the unit price it promised and what it took off the whole line, minor units. */
  frozen_e4: bigint | null
  frozen_discount: bigint | null
  seen_e4: bigint | null
  seen_short: boolean | null
  seen_promotions: string[] | null
}

export interface Cart {
  id: string
  state: CartState
  version: number
  currency: string
  channel: Channel
  channels_seen: Channel[]
  store_id: string | null
  register_id: string | null
  customer_id: string | null
  email: string | null
  country: string | null
  shipping_address: Address | null
  codes: string[]
  /** Hexadecimal SHA-256. */
  secret_hashes: string[]
  next_seq: number
  locked_until: Date | null
  parked_name: string | null
  quote_id: string | null
  moved_to: string | null
  created_at: Date
  updated_at: Date
  expires_at: Date
  /** By place. */
  lines: CartLine[]
}

/** Who asks: the merchant with its key, or whoever holds the secret of the cart. */
export type CartCaller = { kind: 'merchant' } | { kind: 'holder'; secret: string | undefined }
