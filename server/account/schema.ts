// The shapes of a customer's own account.

import Type from 'typebox'
import { Id, Nullable, Timestamp } from '../http/schema.ts'

const Text = Type.String()
const Amount = Type.Integer({ description: 'Minor units.' })
const PageUrl = Type.String({ description: 'The order’s own page: where it is tracked, paid, cancelled and returned.' })

export const Account = Type.Object(
  {
    object: Type.Literal('account'),
    customer_id: Id('cus'),
    name: Nullable(Text),
    email: Nullable(Text),
    phone: Nullable(Text),
    locale: Nullable(Text),
    signed_in_at: Timestamp,
    created_at: Timestamp,
  },
  { title: 'Own account' },
)

export const OwnOrder = Type.Object(
  {
    id: Id('ord'),
    object: Type.Literal('own_order'),
    number: Text,
    state: Text,
    channel: Text,
    currency: Text,
    total: Amount,
    amount_due: Amount,
    amount_paid: Amount,
    amount_refunded: Amount,
    payment_status: Text,
    fulfilment_status: Text,
    return_status: Text,
    lines: Type.Array(
      Type.Object({
        id: Id('oln'),
        variant_id: Nullable(Text),
        name: Text,
        kind: Text,
        quantity: Type.Integer(),
        total: Amount,
      }),
    ),
    page_url: PageUrl,
    placed_at: Timestamp,
  },
  { title: 'Own order' },
)

export const OwnReturn = Type.Object(
  {
    id: Id('rtn'),
    object: Type.Literal('own_return'),
    order_id: Nullable(Text),
    order_number: Nullable(Text),
    page_url: Nullable(PageUrl),
    state: Text,
    currency: Text,
    amount_refund: Amount,
    amount_refunded: Amount,
    lines: Type.Array(Type.Object({ name: Text, requested: Type.Integer(), received: Type.Integer() })),
    created_at: Timestamp,
  },
  { title: 'Own return' },
)

export const SavedMethod = Type.Object(
  {
    id: Id('ins'),
    object: Type.Literal('instrument'),
    customer_id: Nullable(Text),
    order_id: Nullable(Text),
    card: Type.Object({}, { description: 'Brand, last four digits and expiry.' }),
    created_at: Timestamp,
  },
  { title: 'Saved method' },
)

const Tier = Type.Object({ code: Text, name: Text })

export const Balances = Type.Object(
  {
    object: Type.Literal('balances'),
    points: Type.Object({
      available: Type.Integer(),
      pending: Type.Integer({ description: 'Earned, and confirmed once the goods can no longer be returned.' }),
      tier: Nullable(Tier),
      next_tier: Nullable(Type.Object({ code: Text, name: Text, missing_points: Type.Integer() })),
      next_to_end: Nullable(Type.Object({ points: Type.Integer(), ends_at: Timestamp })),
      worth: Type.Array(Type.Object({ currency: Text, amount: Amount })),
    }),
    store_credit: Type.Array(Type.Object({ currency: Text, balance: Amount, available: Amount })),
  },
  { title: 'Own balances' },
)

export const Deletion = Type.Object(
  {
    object: Type.Literal('account_deletion'),
    blockers: Type.Array(
      Type.Object(
        { kind: Type.Enum(['order', 'return', 'store_credit', 'points']) },
        { description: 'With id and number, currency and amount, or points.' },
      ),
    ),
    kept: Type.Array(Text, {
      description:
        'What stays because the books need it: without a name, except on invoices, which the law wants whole.',
    }),
    kept_years: Nullable(
      Type.Integer({
        description: 'So many years from the end of the year, by the law of `country`; null where unknown.',
      }),
    ),
    country: Text,
  },
  { title: 'What deleting an account meets' },
)
