// The JSON of receipts.

import Type from 'typebox'
import { AmountOrZero, CountryCode, Currency, closed, Email, Id, Nullable, Timestamp } from '../http/schema.ts'
import { LANGUAGES } from '../lib/language.ts'
import { COLUMNS } from './paper.ts'

const Line = Type.Object({
  name: Type.String(),
  sku: Nullable(Type.String()),
  quantity: Type.Integer(),
  unit: Type.String(),
  unit_price: Type.Optional(Type.String()),
  discount: Type.Optional(AmountOrZero),
  total: Type.Optional(AmountOrZero),
  tax_rate_bp: Type.Optional(Type.Integer()),
})

const Tender = Type.Object({
  method: Type.String(),
  name: Type.String(),
  amount: AmountOrZero,
  is_held: Type.Boolean({ description: 'Approved, and taken when the goods are handed over.' }),
  rounding: Type.Integer({ description: 'Of cash: what was paid beyond the amount, or less.' }),
  tip: Type.Integer({ description: 'Beyond the amount, for the staff.' }),
  tendered: Nullable(AmountOrZero),
  change: Nullable(AmountOrZero),
  card: Nullable(
    Type.Object({
      brand: Nullable(Type.String()),
      last4: Nullable(Type.String()),
      entry: Nullable(Type.String()),
      authentication: Nullable(Type.String()),
    }),
  ),
})

export const Receipt = Type.Object(
  {
    object: Type.Literal('receipt'),
    id: Nullable(Id('rct')),
    kind: Type.Enum(['sale', 'refund']),
    is_gift: Type.Boolean(),
    copy: Nullable(
      Type.Integer({ description: 'Of a print: 0 for the original, 1, 2, … for copies, which must say so.' }),
    ),
    prints: Type.Integer({ description: 'How often it was printed.' }),
    number: Nullable(
      Type.Integer({ description: '1, 2, 3, … of its register. Null for what was not sold at a register.' }),
    ),
    issued_at: Timestamp,
    offline: Nullable(
      Type.Object(
        { sold_at: Timestamp, code: Type.String({ description: 'Of the paper that the till gave then.' }) },
        { description: 'Of a sale that a till made while it was cut off: when that was.' },
      ),
    ),
    seller: Type.Object({
      name: Type.String(),
      organisation_number: Nullable(Type.String()),
      vat_number: Nullable(Type.String()),
      address: Type.Array(Type.String()),
    }),
    store: Nullable(
      Type.Object({
        id: Id('sto'),
        name: Type.String(),
        country: CountryCode,
        time_zone: Type.String(),
        address: Nullable(
          Type.Object({
            lines: Type.Array(Type.String()),
            postal_code: Type.Optional(Type.String()),
            city: Type.String(),
            country: CountryCode,
          }),
        ),
      }),
    ),
    register: Nullable(Type.Object({ id: Id('reg'), name: Type.String() })),
    cashier: Nullable(Type.String()),
    order: Nullable(Type.Object({ id: Id('ord'), number: Type.String() })),
    payment_id: Id('pay'),
    operation_id: Nullable(Id('opn')),
    currency: Currency,
    lines: Type.Array(Line),
    discount: Nullable(AmountOrZero),
    total: Nullable(AmountOrZero),
    vat: Type.Array(
      Type.Object({
        rate_bp: Nullable(Type.Integer({ description: 'Null: what was sold is not known.' })),
        ...{ net: AmountOrZero, tax: AmountOrZero, gross: AmountOrZero },
      }),
    ),
    tenders: Type.Array(Tender),
    given_back: Nullable(
      Type.Object({
        ...{ method: Type.String(), name: Type.String(), amount: AmountOrZero, rounding: Type.Integer() },
        reason: Nullable(Type.String()),
      }),
    ),
    fiscal: Nullable(
      Type.Object(
        {
          ...{ journal_sequence: Type.Integer(), hash: Type.String(), key_id: Type.String() },
          mark: Type.String({ description: 'The beginning of the signature, to be printed.' }),
        },
        { description: 'Where it stands in the journal of its register.' },
      ),
    ),
    url: Nullable(Type.String({ description: 'The order’s own page; print it as a QR code.' })),
  },
  { title: 'Receipt' },
)

export const ReceiptQuery = Type.Object(
  {
    order_id: Type.Optional(Id('ord')),
    store_id: Type.Optional(Id('sto')),
    number: Type.Optional(
      Type.String({ pattern: '^[1-9][0-9]{0,17}$', description: 'With store_id: as the paper says.' }),
    ),
  },
  closed,
)
export const ReceiptBrief = Type.Object(
  {
    id: Id('rct'),
    object: Type.Literal('receipt_summary'),
    kind: Type.Enum(['sale', 'refund']),
    number: Type.Integer(),
    register_id: Id('reg'),
    order_id: Nullable(Type.String()),
    payment_id: Id('pay'),
    currency: Currency,
    total: AmountOrZero,
    issued_at: Timestamp,
  },
  { title: 'ReceiptSummary' },
)

export const PrintIn = Type.Object(
  {
    gift: Type.Optional(Type.Boolean({ description: 'Without prices.' })),
    escpos: Type.Optional(
      Type.Object(
        {
          columns: Type.Optional(Type.Enum([...COLUMNS], { default: 42, description: 'Letters in a line.' })),
          language: Type.Optional(Type.Enum([...LANGUAGES], { description: 'Default: that of the store’s country.' })),
          drawer: Type.Optional(Type.Boolean({ description: 'Open the drawer at the printer. Default: no.' })),
          network: Type.Optional(
            Type.Boolean({
              description: 'Send them to the network printer of the till that asks, too. Only a till can ask for this.',
            }),
          ),
        },
        { ...closed, description: 'Answer the bytes for an ESC/POS printer too.' },
      ),
    ),
  },
  closed,
)
export const Printed = Type.Object(
  {
    ...Receipt.properties,
    escpos: Nullable(Type.String({ description: 'Bytes for the printer, base64.' })),
    network: Nullable(
      Type.Enum(['sent', 'no-printer', 'no-answer', 'broken-off'], {
        description:
          'What became of it at the network printer: sent; the register has none; it took nothing; a part of it may be on paper. The print is counted in any case.',
      }),
    ),
  },
  { title: 'PrintedReceipt' },
)
export const MailIn = Type.Object(
  {
    to: Email,
    language: Type.Optional(Type.Enum([...LANGUAGES], { description: 'Default: the customer’s, else the country’s.' })),
  },
  closed,
)
