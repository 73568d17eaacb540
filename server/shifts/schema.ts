// The JSON of shifts and their reports.

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
import { MAX_AMOUNT } from '../lib/money.ts'
import { MOVEMENT_TYPES } from './store.ts'

export const Denominations = Type.Array(
  Type.Object(
    {
      value: Type.Integer({ minimum: 1, maximum: 100_000_000, description: 'Of one note or coin, in minor units.' }),
      count: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    },
    closed,
  ),
  { maxItems: 40 },
)

const Movement = Type.Object(
  {
    id: Id('drw'),
    object: Type.Literal('drawer_movement'),
    type: Type.Enum([...MOVEMENT_TYPES]),
    amount: Type.Integer({ description: 'The change of what the drawer holds, in minor units.' }),
    reason: Nullable(Type.String()),
    reference: Nullable(Type.String()),
    by: Type.String(),
    by_name: Nullable(Type.String()),
    at: Timestamp,
  },
  { title: 'DrawerMovement' },
)

const HIDDEN = 'Hidden from tills until the drawer is counted.'
/** Null once everything is handed in. */
const Offline = Nullable(
  Type.Object(
    { queue: Type.Integer(), oldest_at: Nullable(Timestamp), told_at: Timestamp },
    {
      description: 'What tills of the register sold while they were cut off and have not handed in, as they said last.',
    },
  ),
)

export const Shift = Type.Object(
  {
    id: Id('shf'),
    object: Type.Literal('shift'),
    register_id: Id('reg'),
    store_id: Id('sto'),
    no: Type.Integer({ description: '1, 2, 3, … of its register.' }),
    state: Type.Enum(['open', 'ended', 'closed'], { description: 'ended: counting.' }),
    currency: Currency,
    float: AmountOrZero,
    opened_by: Type.String(),
    opened_by_name: Nullable(Type.String()),
    opened_at: Timestamp,
    ended_at: Nullable(Timestamp),
    counted: Nullable(AmountOrZero),
    expected: Nullable(Type.Integer({ description: `What the books say the drawer holds. ${HIDDEN}` })),
    variance: Nullable(Type.Integer({ description: 'Counted less expected.' })),
    is_overdrawn: Type.Boolean({
      description:
        'More went out of the drawer than it ever held by the books: something that came in was not entered.',
    }),
    needs_reason: Type.Boolean({ description: 'The difference is too large to be closed without a reason.' }),
    denominations: Nullable(Denominations),
    counted_at: Nullable(Timestamp),
    counts: Type.Integer({ description: 'How often it was counted.' }),
    closed_by: Nullable(Type.String()),
    closed_at: Nullable(Timestamp),
    reason: Nullable(Type.String()),
    movements: Type.Array(Movement),
    offline: Offline,
    version: Type.Integer(),
  },
  { title: 'Shift' },
)

/** What lies in a drawer; nothing is an amount too. */
const Cash = Type.Integer({ minimum: 0, maximum: Number(MAX_AMOUNT), description: 'Minor units.' })

export const OpenIn = Type.Object(
  {
    register_id: Type.Optional(Id('reg')),
    float: Cash,
    counted: Type.Optional(Cash),
  },
  {
    ...closed,
    description: 'At a till the register is its own. `counted`: what was found, where it is not the float.',
  },
)
export const MoveIn = Type.Object(
  {
    type: Type.Enum(['paid_in', 'paid_out', 'drop', 'no_sale']),
    amount: Type.Optional(AmountMinor),
    reason: line(200),
    reference: Type.Optional(line(64, 'Your own name for it: sent twice, it is done once.')),
  },
  closed,
)
export const CountIn = Type.Object({ counted: Cash, denominations: Type.Optional(Denominations) }, closed)
export const CloseIn = Type.Object({ reason: Type.Optional(line(200)) }, closed)

const Sum = Type.Object({ count: Type.Integer(), amount: AmountOrZero })
const Vat = Type.Object({
  rate_bp: Nullable(Type.Integer({ description: 'Null: what was sold is not known.' })),
  ...{ net: AmountOrZero, tax: AmountOrZero, gross: AmountOrZero },
})
const Drawer = Type.Object({
  ...{ float: Type.Integer(), cash_sales: Type.Integer(), cash_refunds: Type.Integer(), rounding: Type.Integer() },
  ...{ paid_in: Type.Integer(), paid_out: Type.Integer(), drops: Type.Integer() },
  found_at_opening: Type.Integer(),
  other: Type.Integer({ description: 'Cash moved with no shift running, or of an earlier one.' }),
  expected: Type.Integer(),
  counted: Nullable(Type.Integer()),
  variance: Nullable(Type.Integer()),
  after_count: Type.Integer({ description: 'Cash that came in after the count.' }),
  counts: Type.Integer(),
  reason: Nullable(Type.String()),
  denominations: Nullable(Denominations),
})

const Tender = Type.Object({
  ...{ method: Type.String(), sales: Sum, refunds: Sum },
  reversals: Type.Integer({
    description:
      'Taken back by the provider afterwards, less refunds that came back. What was sold stays sold: the money is owed.',
  }),
  net: SignedAmount,
  rounding: Type.Integer({ description: 'Of cash: what the drawer got beyond the amounts.' }),
  tips: Type.Integer({ description: 'Beyond the amounts, for the staff.' }),
})

const REPORT = {
  seller: Type.Object({
    name: Type.String(),
    organisation_number: Nullable(Type.String()),
    vat_number: Nullable(Type.String()),
    address: Type.Array(Type.String()),
  }),
  store: Type.Object({ id: Id('sto'), name: Type.String(), country: Nullable(Type.String()) }),
  register: Type.Object({ id: Id('reg'), name: Type.String() }),
  currency: Currency,
  created_at: Timestamp,
  shift: Type.Object({
    id: Id('shf'),
    no: Type.Integer(),
    opened_by: Nullable(Type.String()),
    opened_at: Timestamp,
    closed_by: Nullable(Type.String()),
    closed_at: Nullable(Timestamp),
  }),
  sales: Sum,
  returns: Sum,
  net: SignedAmount,
  discounts: Sum,
  items: Type.Integer(),
  vat: Type.Array(Vat),
  vat_returned: Type.Array(Vat),
  tenders: Type.Array(Tender),
  held: Type.Object(Sum.properties, { description: 'Approved and not taken yet.' }),
  unfinished: Type.Object(Sum.properties, { description: 'Paid in part only.' }),
  copies: Sum,
  no_sales: Type.Integer({ description: 'Drawer openings without a sale.' }),
  receipts: Nullable(Type.Object({ first: Type.Integer(), last: Type.Integer() })),
  movements: Type.Array(
    Type.Object({
      ...{ id: Id('drw'), type: Type.Enum([...MOVEMENT_TYPES]), amount: Type.Integer() },
      ...{ reason: Nullable(Type.String()), by: Type.String(), at: Timestamp },
    }),
  ),
  exceptions: Type.Array(
    Type.Object({
      ...{ operation_id: Type.String(), payment_id: Type.String(), method: Nullable(Type.String()) },
      ...{ amount: Nullable(AmountOrZero), fault: Type.String() },
    }),
    { description: 'Documents that could not be counted whole. They do not stand in the way of closing.' },
  ),
  totals: Type.Object(
    { sales: Type.Integer(), returns: Type.Integer(), net: Type.Integer() },
    { description: 'What the register has ever sold and given back, in its currency. Never set back.' },
  ),
  other_currencies: Type.Array(
    Type.Object({
      ...{ currency: Currency, sales: Sum, returns: Sum, net: SignedAmount },
      tenders: Type.Array(Tender),
    }),
    { description: 'What was paid in other currencies. It is in no other figure, but for the numbers of receipts.' },
  ),
}

export const XReport = Type.Object(
  {
    object: Type.Literal('x_report'),
    ...REPORT,
    drawer: Nullable(Type.Object(Drawer.properties, { description: HIDDEN })),
    offline: Offline,
  },
  { title: 'XReport' },
)

const ISSUED = {
  id: Id('rpt'),
  no: Type.Integer({ description: '1, 2, 3, … of its register, supplements included.' }),
  ...REPORT,
  journal: Type.Object({ sequence: Type.Integer(), hash: Type.String() }),
}
export const ZReport = Type.Object(
  {
    object: Type.Literal('z_report'),
    ...ISSUED,
    drawer: Drawer,
    supplements: Type.Array(
      Type.Object(
        { object: Type.Literal('supplementary_report'), original_id: Id('rpt'), ...ISSUED },
        { title: 'SupplementaryReport' },
      ),
      { description: 'What came after closing.' },
    ),
  },
  { title: 'ZReport' },
)
