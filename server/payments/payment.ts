// The nouns of the payment core as the API shows them, and the commands it takes. Amounts are minor units of the
// payment's currency. The SQL function payment_render produces the view; a test holds the two together.

import Type, { type Static } from 'typebox'
import { AmountMinor, AmountOrZero, Channel, CountryCode, Currency, Id, Metadata, Nullable } from '../http/schema.ts'

/** Payment status, derived from the tenders' amounts by the SQL function payment_status. */
export const PAYMENT_STATUSES = [
  'requires_payment',
  'requires_action',
  'processing',
  'authorized',
  'partially_captured',
  'captured',
  'canceled',
  'failed',
  'expired',
] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** Why a payment wants to be looked at. */
export const ATTENTIONS = ['unknown_outcome', 'amount_mismatch', 'review', 'capture_overdue'] as const

export const OPERATION_KINDS = [
  'sale',
  'authorize',
  'capture',
  'void',
  'refund',
  'increment',
  'extend',
  'credit',
] as const

/** An operation's states. Moves: README.md; enforced by payment_effect in SQL. */
export const OPERATION_STATES = [
  'created',
  'dispatched',
  'succeeded',
  'declined',
  'no_effect',
  'pending',
  'unknown',
  'reversed',
] as const
export type OperationState = (typeof OPERATION_STATES)[number]

/** What a capable connector and method offer on one tender. */
export const TENDER_ABILITIES = [
  'capture',
  'partial_capture',
  'multi_capture',
  'void',
  'refund',
  'partial_refund',
  'increment',
  'extend',
] as const
export type TenderAbility = (typeof TENDER_ABILITIES)[number]

const strict = { additionalProperties: false }
const Reference = Type.String({
  minLength: 1,
  maxLength: 120,
  description: 'Your own reference, shown to the customer where the provider can.',
})
const OrderId = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9_.:-]+$',
  description: 'The order this pays for. An order is paid by one payment.',
})
const Reason = Type.String({ minLength: 1, maxLength: 200 })

/** A gift card as its holder shows it. The code is looked up by hash and kept nowhere. */
export const GiftCardInput = Type.Object(
  {
    code: Type.String({
      pattern: '^[0-9A-Za-z]([ -]?[0-9A-Za-z]){15}$',
      description: '16 letters and digits as on the card; spaces and hyphens do not matter.',
    }),
    pin: Type.Optional(Type.String({ pattern: '^[0-9]{4,8}$' })),
  },
  strict,
)

export const VoucherInput = Type.Object(
  {
    number: Type.String({
      pattern: '^[0-9A-Za-z]([ -]?[0-9A-Za-z]){5,31}$',
      description: '6 to 32 letters and digits as on the voucher; spaces and hyphens do not matter.',
    }),
    pin: Type.Optional(Type.String({ pattern: '^[0-9A-Za-z]{3,12}$' })),
  },
  {
    ...strict,
    description:
      'Of a voucher or meal card of another issuer that is not held to a terminal. Sent to the provider, not kept.',
  },
)

export const BankAccountInput = Type.Object(
  {
    iban: Type.String({
      pattern: '^[A-Za-z]{2}[0-9]{2}( ?[0-9A-Za-z]){11,30}$',
      description: 'Account number with its check digits; spaces do not matter.',
    }),
    holder: Type.String({ minLength: 1, maxLength: 70, description: 'Name of the account’s holder.' }),
    mandate: Type.Optional(
      Type.Object(
        {
          reference: Type.String({ pattern: "^[A-Za-z0-9+?/:().,'-]{1,35}$" }),
          signed_on: Type.String({ format: 'date', description: 'The day the customer signed it.' }),
        },
        {
          ...strict,
          description:
            'A mandate you hold already. Without it one is made, signed today by the customer’s consent; its reference is in the answer.',
        },
      ),
    ),
  },
  { ...strict, description: 'The account that is debited, for SEPA Direct Debit. Sent to the provider, not kept.' },
)

/** Of no use to anybody a few minutes later, and kept nowhere until then. */
export const OneTimeCode = Type.String({
  pattern: '^[0-9]{3}[ -]?[0-9]{3}$',
  description: 'Six digits that the customer’s bank app shows, for BLIK. Sent to the provider once, not kept.',
})

export const SlipInput = Type.Object(
  {
    approval_code: Type.String({ pattern: '^[0-9A-Za-z]{2,12}$' }),
    brand: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_]{1,39}$' })),
    last4: Type.Optional(Type.String({ pattern: '^[0-9]{4}$' })),
  },
  {
    ...strict,
    description:
      'What the slip of a stand-alone terminal says: its approval code, and what else it shows of the card. Taken on staff’s word, to be reconciled later.',
  },
)

/** How one part of a payment is to be covered. */
export const TenderInput = Type.Object(
  {
    method: Type.String({
      pattern: '^[a-z][a-z0-9_]{1,39}$',
      description: 'Code from GET /v1/payment_methods.',
      examples: ['card'],
    }),
    amount: Type.Optional(AmountMinor),
    token: Type.Optional(Id('tok')),
    instrument_id: Type.Optional(Id('ins')),
    terminal_id: Type.Optional(Id('ter')),
    cash: Type.Optional(
      Type.Object(
        {
          register_id: Id('reg'),
          tendered: Type.Optional(AmountMinor),
          exact: Type.Optional(
            Type.Boolean({
              description:
                'The customer has the small coins: nothing is rounded. Not where the law wants cash to be rounded.',
            }),
          ),
        },
        { ...strict, description: 'The drawer, and what the customer handed over.' },
      ),
    ),
    asks_tip: Type.Optional(
      Type.Boolean({ description: 'The terminal asks the customer for a tip. It is booked beside the amount.' }),
    ),
    manual: Type.Optional(SlipInput),
    gift_card: Type.Optional(GiftCardInput),
    voucher: Type.Optional(VoucherInput),
    bank_account: Type.Optional(BankAccountInput),
    one_time_code: Type.Optional(OneTimeCode),
    initiator: Type.Optional(
      Type.Enum(['customer', 'merchant'], {
        description: '`merchant`: the customer is not present; needs an instrument, or the mandate of a bank account.',
      }),
    ),
    save: Type.Optional(
      Type.Enum(['customer', 'order'], {
        description: 'Keep the card as an instrument of the customer or of the order when this succeeds.',
      }),
    ),
  },
  strict,
)
export type TenderInput = Static<typeof TenderInput>

export const PaymentInput = Type.Object(
  {
    amount: AmountMinor,
    currency: Currency,
    channel: Channel,
    capture: Type.Optional(Type.Enum(['automatic', 'manual'])),
    order_id: Type.Optional(OrderId),
    customer_id: Type.Optional(Id('cus')),
    store_id: Type.Optional(Id('sto')),
    reference: Type.Optional(Reference),
    country: Type.Optional(CountryCode),
    return_url: Type.Optional(
      Type.String({
        minLength: 8,
        maxLength: 500,
        description:
          'Where the customer comes back to after a redirect: https, and of an origin in the `allowed_origins` of your checkout settings. It never decides an outcome.',
      }),
    ),
    metadata: Type.Optional(Metadata),
    tender: Type.Optional(TenderInput),
  },
  strict,
)
export type PaymentInput = Static<typeof PaymentInput>

export const CaptureInput = Type.Object(
  {
    amount: Type.Optional(AmountMinor),
    final: Type.Optional(Type.Boolean({ description: 'Nothing further will be captured: the rest is released.' })),
    tender_id: Type.Optional(Id('ten')),
  },
  strict,
)
export type CaptureInput = Static<typeof CaptureInput>

/** Where a refund goes when not back to where the money came from. */
export const Destination = Type.Object(
  {
    method: Type.String({ pattern: '^[a-z][a-z0-9_]{1,39}$' }),
    token: Type.Optional(Id('tok')),
    instrument_id: Type.Optional(Id('ins')),
    terminal_id: Type.Optional(Id('ter')),
    register_id: Type.Optional(Id('reg')),
    /** Where register or terminal stand, when in another store than that of the payment. */
    store_id: Type.Optional(Id('sto')),
    gift_card: Type.Optional(Type.Omit(GiftCardInput, ['pin'], strict)),
    gift_card_id: Type.Optional(Id('gft')),
    /** Whose store credit; default: that of the payment's customer. */
    customer_id: Type.Optional(Id('cus')),
  },
  strict,
)
export type Destination = Static<typeof Destination>

export const RefundInput = Type.Object(
  {
    amount: Type.Optional(AmountMinor),
    currency: Type.Optional(Currency),
    reason: Type.Optional(Reason),
    tender_id: Type.Optional(Id('ten')),
    tip: Type.Optional(
      Type.Boolean({ description: 'Give the tip of the tenders it refunds back too. Only to where it came from.' }),
    ),
    to: Type.Optional(Destination),
  },
  strict,
)
export type RefundInput = Static<typeof RefundInput>

export const IncrementInput = Type.Object({ amount: AmountMinor, tender_id: Type.Optional(Id('ten')) }, strict)
export type IncrementInput = Static<typeof IncrementInput>

export const ExtensionInput = Type.Object({ tender_id: Type.Optional(Id('ten')) }, strict)
export type ExtensionInput = Static<typeof ExtensionInput>

export const CreditInput = Type.Object(
  {
    amount: AmountMinor,
    currency: Currency,
    channel: Channel,
    to: Destination,
    reason: Type.Optional(Reason),
    order_id: Type.Optional(OrderId),
    customer_id: Type.Optional(Id('cus')),
    store_id: Type.Optional(Id('sto')),
    reference: Type.Optional(Reference),
    metadata: Type.Optional(Metadata),
  },
  strict,
)
export type CreditInput = Static<typeof CreditInput>

/** A person's decision about an operation nobody could find out about. */
export const ResolutionInput = Type.Object(
  {
    outcome: Type.Enum(['succeeded', 'declined'], {
      description: 'What the provider told you on another way: its portal, a statement, a call.',
    }),
    note: Type.String({ minLength: 3, maxLength: 500, description: 'How you know. Kept as evidence.' }),
  },
  strict,
)
export type ResolutionInput = Static<typeof ResolutionInput>

const Decline = Type.Object({
  code: Type.String({ description: 'The provider’s reason in our words, or `no_effect` when nobody processed it.' }),
  message: Type.String(),
  retryable: Type.Boolean({ description: 'A new attempt with the same instrument may succeed.' }),
})
const Instant = Type.String({ description: 'RFC 3339, UTC.' })

const Rounding = Nullable(
  Type.Integer({
    description:
      'Cash only, where small coins are gone: what goes into the drawer, or out of it, less `amount`. Null where nothing is rounded.',
  }),
)

export const TenderView = Type.Object({
  id: Id('ten'),
  object: Type.Literal('tender'),
  method: Type.String(),
  amount: AmountMinor,
  status: Type.Enum([
    'requires_action',
    'processing',
    'authorized',
    'partially_captured',
    'captured',
    'canceled',
    'failed',
    'expired',
    'reversed',
  ]),
  amount_authorized: AmountOrZero,
  amount_capturable: AmountOrZero,
  amount_captured: AmountOrZero,
  amount_refundable: AmountOrZero,
  amount_refunded: AmountOrZero,
  amount_disputed: AmountOrZero,
  amount_tip: Type.Integer({
    minimum: 0,
    description: 'Given for the staff on the terminal, beside the amounts above; less what went back of it.',
  }),
  instrument: Nullable(
    Type.Object(
      {
        kind: Type.String(),
        brand: Type.Optional(Type.String()),
        last4: Type.Optional(Type.String()),
        alias: Type.Optional(Type.String({ description: 'The same for the same card at this provider.' })),
        entry: Type.Optional(Type.String({ description: 'How a terminal read it: contactless, chip, swipe.' })),
        approval_code: Type.Optional(Type.String()),
        mandate: Type.Optional(
          Type.String({ description: 'Reference of the mandate under which an account is debited.' }),
        ),
      },
      { description: 'What was used to pay, never a number.' },
    ),
  ),
  instrument_id: Nullable(Type.String()),
  connector_account: Type.String(),
  terminal_id: Nullable(Type.String()),
  register_id: Nullable(Type.String()),
  authentication: Nullable(Type.String({ description: '3-D Secure: none, frictionless or challenge.' })),
  rounding: Rounding,
  cash: Nullable(Type.Object({ tendered: AmountOrZero, change: AmountOrZero })),
  expires_at: Nullable(Instant),
  decline: Nullable(Decline),
})

export const OperationView = Type.Object({
  id: Id('opn'),
  object: Type.Literal('operation'),
  kind: Type.Enum([...OPERATION_KINDS]),
  state: Type.Enum([...OPERATION_STATES]),
  amount: AmountMinor,
  rounding: Rounding,
  tender_id: Id('ten'),
  reason: Nullable(Type.String()),
  decline: Nullable(Decline),
  created_at: Instant,
})

export const PaymentView = Type.Object(
  {
    id: Id('pay'),
    object: Type.Literal('payment'),
    direction: Type.Enum(['charge', 'credit']),
    status: Type.Enum([...PAYMENT_STATUSES]),
    attention: Nullable(Type.Enum([...ATTENTIONS])),
    amount: AmountMinor,
    currency: Type.String(),
    channel: Type.String(),
    capture: Type.Enum(['automatic', 'manual']),
    store_id: Nullable(Type.String()),
    order_id: Nullable(Type.String()),
    customer_id: Nullable(Type.String()),
    reference: Nullable(Type.String()),
    amount_authorized: AmountOrZero,
    amount_capturable: AmountOrZero,
    amount_captured: AmountOrZero,
    amount_refundable: AmountOrZero,
    amount_refunded: AmountOrZero,
    amount_in_flight: AmountOrZero,
    amount_credited: AmountOrZero,
    amount_disputed: AmountOrZero,
    amount_tip: AmountOrZero,
    tenders: Type.Array(TenderView),
    next_action: Nullable(
      Type.Object(
        { type: Type.Enum(['redirect', 'wait', 'present_card']) },
        { description: 'What the customer does next: a url to visit, a code or QR to show, a card to present.' },
      ),
    ),
    decline: Nullable(Decline),
    actions: Type.Array(Type.Enum(['tenders', 'captures', 'increments', 'extensions', 'cancel', 'refunds']), {
      description: 'What can be asked of this payment now.',
    }),
    operations: Nullable(Type.Array(OperationView, { description: 'In the answer to a command: what it instructed.' })),
    metadata: Type.Record(Type.String(), Type.String()),
    version: Type.Integer(),
    created_at: Instant,
    updated_at: Instant,
  },
  { title: 'Payment' },
)
export type PaymentView = Static<typeof PaymentView>

/** An HTTP answer that is ready to send: the body is the JSON text as rendered (and stored) by the database. */
export interface Reply {
  status: number
  body: string
}
