// What the checkout page shows, as plain data: the server makes it, draws the page from it, and sends it again after every step. Amounts
// and times come as text in the reader's language, so that the browser computes nothing. Shared with web/checkout as types.

import type { BagView } from './bag-view.ts'

/**
 * Where the customer stands.
 * - details: who the cart is for and how they get it. - bag_empty, bag_moved, bag_held: nothing of it can be ordered here now.
 * - pay: choose a method. - action: do something elsewhere (bank, app). - processing: it is under way. - unknown: an answer was
 * lost, and paying again could pay twice. - paid. - paid_elsewhere: the order was paid another way. - expired, canceled: over. - paused: not now.
 */
export type Phase =
  | 'details'
  | 'bag_empty'
  | 'bag_moved'
  | 'bag_held'
  | 'pay'
  | 'action'
  | 'processing'
  | 'unknown'
  | 'paid'
  | 'paid_elsewhere'
  | 'expired'
  | 'canceled'
  | 'paused'

/** What a method asks the customer for before the button. */
export type MethodForm = 'none' | 'card' | 'saved' | 'wallet' | 'gift_card' | 'voucher' | 'bank_account' | 'code'

/** One way to pay. */
export interface MethodView {
  /** Value of the radio button: the method's code, or that of a saved instrument. */
  value: string
  code: string
  name: string
  /** `•••• 4242`, of a saved one. */
  detail: string | null
  kind: string
  form: MethodForm
  /** Why it stands where it stands. */
  reason: 'saved' | 'last_used' | 'usual' | null
  /** The customer leaves for another page, or acts in an app. */
  leads: 'away' | 'app' | null
}

/** What happened to the last try. `code` picks the sentence. */
export interface NoticeView {
  code: NoticeCode
  kind: 'bad' | 'info'
}

export type NoticeCode =
  | 'declined'
  | 'insufficient_funds'
  | 'expired_card'
  | 'authentication_failed'
  | 'withdrawn'
  | 'customer_canceled'
  | 'action_expired'
  | 'card_invalid'
  | 'gift_card_invalid'
  | 'balance_insufficient'
  | 'partly_paid'
  | 'amount_changed'
  | 'bag_changed'
  | 'sold_out'
  | 'code_used'
  | 'code_refused'
  | 'not_delivered_there'
  | 'busy'
  | 'method_unavailable'
  | 'details_missing'
  | 'needs_script'
  | 'iban_wrong'
  | 'code_wrong'
  | 'code_old'
  | 'too_many'
  | 'not_sent'
  | 'failed'

export type ActionView =
  /** `method` null: the customer's own bank asks whether it is them (3-D Secure). */
  | { type: 'redirect'; url: string; method: string | null }
  | { type: 'wait'; method: string; url: string | null; qr: string | null; code: string | null; until: string | null }

/** Where the page's texts in the reader's language come from, and what can be chosen. */
export interface LanguageLink {
  code: string
  name: string
}

export interface CheckoutView {
  /** The page's own address, without a query. */
  path: string
  /** Proves to POST /v1/tokens that this page may tokenise. */
  token_key: string
  phase: Phase
  merchant: {
    name: string
    logo: string | null
    terms_url: string | null
    privacy_url: string | null
    support_email: string | null
  }
  is_test: boolean
  languages: LanguageLink[]
  description: string | null
  reference: string | null
  lines: { name: string; quantity: number; amount: string }[]
  /** All of it, as text. */
  total: string
  /** What is still to be paid, as text and in minor units. The number is only sent back, to notice when it has changed. */
  due: string
  due_minor: number
  /** All that is left to pay; more than `due` where only a part is asked for. */
  left: string
  /** Where another part of it is chosen, when it may be paid in parts. */
  part_url: string | null
  /** Parts that are paid already. */
  paid: { name: string; amount: string }[]
  /** It is an order that costs nothing. */
  is_free: boolean
  /** The cart that is paid for, until it is an order. */
  bag: BagView | null
  methods: MethodView[]
  notice: NoticeView | null
  action: ActionView | null
  /** Names the next try: sent twice, it is one try. */
  attempt: string
  can_withdraw: boolean
  /** Offered beside paying: keep the card for this customer. */
  can_save: boolean
  /** Nobody is known yet, and nothing is begun that somebody else would have to end. */
  can_sign_in: boolean
  /** Who has signed in on this page, in this browser: their address, or their name. */
  signed_in: string | null
  /** Where to go on after paying, and instead of paying. */
  success_url: string | null
  cancel_url: string | null
  /** When it was paid. */
  paid_at: string | null
  expires_at: string
}

/** What the page sends for one try. */
export interface TryInput {
  attempt: string
  method: string
  /** The amount that stood on the button. */
  seen?: number
  /** The version of the cart that was shown. */
  bag_version?: number
  token?: string
  gift_card?: { code: string; pin?: string }
  voucher?: { number: string; pin?: string }
  bank_account?: { iban: string; holder: string }
  one_time_code?: string
  save?: boolean
}
