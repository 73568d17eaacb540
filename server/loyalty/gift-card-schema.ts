// What the API takes and shows of gift cards and store credit.

import Type from 'typebox'
import {
  AmountMinor,
  AmountOrZero,
  Currency,
  closed,
  Id,
  line,
  Nullable,
  SignedAmount,
  Timestamp,
} from '../http/schema.ts'

export const Reason = line(200)
export const ProgrammeCode = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,39}$',
  description: 'Code of a gift card programme.',
})

const Voucher = Type.Enum(['single_purpose', 'multi_purpose'], {
  description:
    'single_purpose: VAT is due when it is sold, and not again on what it buys. multi_purpose: VAT is due on what it buys.',
})
const VALUE_STATES = ['inactive', 'active', 'depleted', 'blocked', 'expired'] as const

export const GiftCard = Type.Object(
  {
    id: Id('gft'),
    object: Type.Literal('gift_card'),
    last4: Type.String(),
    state: Type.Enum([...VALUE_STATES]),
    currency: Type.String(),
    balance: AmountOrZero,
    held: AmountOrZero,
    available: AmountOrZero,
    programme: Nullable(Type.String()),
    voucher: Voucher,
    tax_category: Nullable(Type.String()),
    tax_rate_bp: Nullable(Type.Integer({ description: 'Basis points: 2100 is 21 %.' })),
    has_pin: Type.Boolean(),
    customer_id: Nullable(Type.String()),
    order_id: Nullable(Type.String()),
    line_id: Nullable(Type.String()),
    replaces: Nullable(Type.String({ description: 'The card whose balance moved here.' })),
    expires_at: Nullable(Type.String()),
    version: Type.Integer(),
    created_at: Timestamp,
  },
  { title: 'GiftCard' },
)

/** The answer to whoever issues a card: the one place where its code is told. */
export const IssuedGiftCard = Type.Object(
  {
    ...GiftCard.properties,
    code: Nullable(Type.String({ description: 'Told here and nowhere else. Null when no new card was made.' })),
    pin: Nullable(Type.String()),
  },
  { title: 'IssuedGiftCard' },
)

export const NewGiftCard = Type.Object(
  {
    amount: Type.Optional(AmountMinor),
    currency: Currency,
    programme: Type.Optional(ProgrammeCode),
    customer_id: Type.Optional(Id('cus')),
    reason: Type.Optional(Reason),
  },
  closed,
)

export const Load = Type.Object({ amount: AmountMinor, reason: Reason }, closed)
export const Transfer = Type.Object({ to: Type.Optional(Id('gft')) }, closed)

export const BalanceAsk = Type.Object(
  {
    code: Type.String({
      pattern: '^[0-9A-Za-z]([ -]?[0-9A-Za-z]){15}$',
      description: '16 letters and digits as on the card; spaces and hyphens do not matter.',
    }),
    pin: Type.Optional(Type.String({ pattern: '^[0-9]{4,8}$' })),
  },
  closed,
)
export const Balance = Type.Object(
  {
    id: Id('gft'),
    object: Type.Literal('gift_card_balance'),
    last4: Type.String(),
    currency: Type.String(),
    balance: AmountOrZero,
    available: AmountOrZero,
    expires_at: Nullable(Type.String()),
  },
  { title: 'GiftCardBalance' },
)

export const Entry = Type.Object(
  {
    id: Id('sve'),
    object: Type.Literal('stored_value_entry'),
    account_id: Type.String(),
    type: Type.String(),
    units: SignedAmount,
    pending: SignedAmount,
    balance_after: SignedAmount,
    amount: SignedAmount,
    currency: Type.String(),
    ref_type: Type.String(),
    ref_id: Type.String(),
    operation_id: Nullable(Type.String()),
    order_id: Nullable(Type.String()),
    reason: Nullable(Type.String()),
    at: Timestamp,
  },
  { title: 'StoredValueEntry' },
)

export const Programme = Type.Object(
  {
    object: Type.Literal('gift_card_programme'),
    code: Type.String(),
    name: Type.String(),
    voucher: Voucher,
    tax_category: Nullable(Type.String()),
    tax_rate_bp: Nullable(Type.Integer()),
    months_valid: Nullable(Type.Integer()),
    has_pin: Type.Boolean(),
    skus: Type.Array(Type.String()),
    version: Type.Integer(),
    updated_at: Timestamp,
  },
  { title: 'GiftCardProgramme' },
)
export const NewProgramme = Type.Object(
  {
    name: line(120),
    voucher: Voucher,
    tax_category: Type.Optional(Type.String({ minLength: 1, maxLength: 40, pattern: '^[a-z0-9_-]+$' })),
    tax_rate_bp: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 10_000, description: 'Basis points: 2100 is 21 %.' }),
    ),
    months_valid: Type.Optional(Type.Integer({ minimum: 1, maximum: 1200 })),
    has_pin: Type.Optional(Type.Boolean()),
    skus: Type.Optional(
      Type.Array(line(64), { maxItems: 200, description: 'Articles whose sale issues cards of this programme.' }),
    ),
  },
  closed,
)

export const StoreCredit = Type.Object(
  {
    id: Id('scr'),
    object: Type.Literal('store_credit'),
    customer_id: Type.String(),
    currency: Type.String(),
    balance: AmountOrZero,
    held: AmountOrZero,
    available: AmountOrZero,
    version: Type.Integer(),
    created_at: Timestamp,
  },
  { title: 'StoreCredit' },
)
export const StoreCreditAdjustment = Type.Object(
  {
    amount: Type.Integer({
      minimum: -999_999_999_999,
      maximum: 999_999_999_999,
      description: 'Minor units; negative takes away. Not 0.',
    }),
    currency: Currency,
    reason: Reason,
  },
  closed,
)
