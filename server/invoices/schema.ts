// The schemas of invoices, as the API description shows them.

import Type from 'typebox'
import {
  AmountOrZero,
  CalendarDate,
  CountryCode,
  Currency,
  closed,
  Email,
  Id,
  line,
  Nullable,
  Timestamp,
} from '../http/schema.ts'
import { LANGUAGES } from '../lib/language.ts'
import { INVOICE_KINDS, INVOICE_STATUSES, UNITS, type Unit, VAT_CATEGORIES, type VatWord } from './invoice.ts'
import { REFERENCE_KINDS } from './reference.ts'

const Place = Type.Object(
  {
    line1: line(120),
    line2: Type.Optional(line(120)),
    postal_code: Type.Optional(line(20)),
    city: line(80),
    region: Type.Optional(line(80)),
    country: CountryCode,
  },
  closed,
)
const Peppol = Type.Object(
  {
    scheme: Type.String({ pattern: '^[0-9]{4}$', description: 'A code of the Peppol EAS list, such as `0106`.' }),
    id: Type.String({ pattern: '^[!-~]{1,50}$' }),
  },
  {
    ...closed,
    description:
      'Electronic address in the Peppol network. Needed where none follows from the number in the company register or of VAT.',
  },
)
const VatId = Type.String({
  pattern: '^[A-Za-z]{2}[0-9A-Za-z+*. -]{2,20}$',
  description: 'With its country’s letters.',
})
const CompanyId = Type.String({
  pattern: '^[0-9A-Za-z./ -]{3,30}$',
  description: 'Number in the company register, such as KvK, organisationsnummer, KRS or SIREN.',
})
export const Language = Type.Enum([...LANGUAGES])

export const Buyer = Type.Object(
  {
    name: line(120, 'The legal name.'),
    contact: Type.Optional(line(120)),
    address: Place,
    vat_id: Type.Optional(VatId),
    company_id: Type.Optional(CompanyId),
    email: Type.Optional(Email),
    peppol: Type.Optional(Peppol),
  },
  { ...closed, description: 'Who is billed.' },
)

export const Seller = Type.Object(
  {
    name: line(120, 'The legal name.'),
    trade_name: Type.Optional(line(120, 'The name customers know, where it differs.')),
    address: Place,
    vat_id: Type.Optional(VatId),
    company_id: Type.Optional(CompanyId),
    email: Type.Optional(Email),
    phone: Type.Optional(line(30)),
    website: Type.Optional(line(120)),
    iban: Type.Optional(Type.String({ pattern: '^[A-Za-z]{2}[0-9]{2}( ?[0-9A-Za-z]){11,30}$' })),
    bic: Type.Optional(Type.String({ pattern: '^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$' })),
    bankgiro: Type.Optional(Type.String({ pattern: '^[0-9]{3,4}[ -]?[0-9]{4}$' })),
    peppol: Type.Optional(Peppol),
    footer: Type.Optional(line(300, 'At the foot of every page.')),
    accent: Type.Optional(Type.String({ pattern: '^#[0-9a-fA-F]{6}$', description: 'Colour of the headline.' })),
  },
  closed,
)

const Prefix = Type.String({ pattern: '^[A-Za-z0-9-]{0,8}$', description: 'Before the year of a number.' })
const ReferenceKind = Type.Enum([...REFERENCE_KINDS], {
  description: '`rf`: ISO 11649. `nl`: betalingskenmerk. `se`: OCR. `be`: structured communication.',
})
const DueDays = Type.Integer({ minimum: 0, maximum: 365 })

export const SettingsIn = Type.Object(
  {
    seller: Seller,
    language: Type.Optional(Language),
    reference_kind: Type.Optional(ReferenceKind),
    due_days: Type.Optional(DueDays),
    terms: Type.Optional(line(500)),
    invoice_prefix: Type.Optional(Prefix),
    credit_prefix: Type.Optional(Prefix),
    time_zone: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'IANA name.' })),
    reminder_days: Type.Optional(
      Type.Array(Type.Integer({ minimum: -60, maximum: 180 }), {
        maxItems: 10,
        description:
          'Days after the due day on which an unpaid invoice is reminded of; below 0 before it. Empty: never.',
      }),
    ),
  },
  closed,
)

export const Settings = Type.Object(
  {
    object: Type.Literal('invoice_settings'),
    settings: Nullable(
      Type.Object({
        seller: Seller,
        language: Type.Optional(Language),
        reference_kind: Type.Optional(ReferenceKind),
        due_days: DueDays,
        terms: Type.Optional(Type.String()),
        invoice_prefix: Type.String(),
        credit_prefix: Type.String(),
        time_zone: Type.String(),
        reminder_days: Type.Array(Type.Integer()),
      }),
    ),
    version: Type.Integer({ description: '0: nothing was said yet.' }),
  },
  { title: 'Invoice settings' },
)

const Quantity = Type.String({
  pattern: '^[0-9]{1,9}(\\.[0-9]{1,3})?$',
  examples: ['1.5'],
  description: 'Decimal text with at most three decimals.',
})
const VatCategory = Type.Enum(Object.keys(VAT_CATEGORIES) as VatWord[], {
  description: '`standard` is every rate above 0, reduced ones too. Default `standard`.',
})
const UnitName = Type.Enum(Object.keys(UNITS) as Unit[], { description: 'What the quantity counts. Default `piece`.' })
const RateBp = Type.Integer({ minimum: 0, maximum: 10_000, description: 'Basis points: 2100 is 21 %.' })

const NewLine = Type.Object(
  {
    name: line(200),
    detail: Type.Optional(line(500)),
    sku: Type.Optional(line(120)),
    quantity: Type.Optional(Quantity),
    unit: Type.Optional(UnitName),
    unit_price: Type.String({ maxLength: 24, examples: ['49.95'], description: 'Major units, as decimal text.' }),
    vat_rate_bp: RateBp,
    vat_category: Type.Optional(VatCategory),
    vat_reason: Type.Optional(line(200, 'Why it bears no VAT; needed for `exempt`.')),
  },
  closed,
)

export const InvoiceIn = Type.Object(
  {
    order_id: Type.Optional(Id('ord')),
    currency: Type.Optional(Currency),
    prices_include_tax: Type.Optional(Type.Boolean({ description: 'Default false.' })),
    lines: Type.Optional(Type.Array(NewLine, { minItems: 1, maxItems: 500 })),
    buyer: Type.Optional(Buyer),
    customer_id: Type.Optional(Id('cus')),
    language: Type.Optional(Language),
    buyer_reference: Type.Optional(line(120, 'The buyer’s order number or reference.')),
    note: Type.Optional(line(500)),
    terms: Type.Optional(line(500)),
    due_days: Type.Optional(DueDays),
    supplied_on: Type.Optional(CalendarDate),
  },
  closed,
)

export const CreditIn = Type.Object(
  {
    lines: Type.Optional(
      Type.Array(
        Type.Object({ no: Type.Integer({ minimum: 1, maximum: 1_500 }), quantity: Type.Optional(Quantity) }, closed),
        { minItems: 1, maxItems: 500, description: 'Default: all that is left of every line.' },
      ),
    ),
    reason: Type.Optional(line(500)),
  },
  closed,
)

export const SendIn = Type.Object(
  { to: Type.Optional(Email) },
  { ...closed, description: 'Default: the buyer’s address.' },
)

const Text = Nullable(Type.String())
const summary = {
  id: Id('inv'),
  object: Type.Enum([...INVOICE_KINDS]),
  status: Type.Enum([...INVOICE_STATUSES], { description: 'Derived from day, payments and credit notes.' }),
  number: Text,
  order_id: Nullable(Id('ord')),
  corrects_id: Nullable(Id('inv')),
  customer_id: Nullable(Id('cus')),
  currency: Currency,
  language: Language,
  prices_include_tax: Type.Boolean(),
  buyer: Buyer,
  buyer_reference: Text,
  net: AmountOrZero,
  tax: AmountOrZero,
  total: AmountOrZero,
  amount_paid: AmountOrZero,
  amount_credited: AmountOrZero,
  amount_refunded: AmountOrZero,
  amount_due: AmountOrZero,
  amount_to_refund: AmountOrZero,
  pays_as: Nullable(Type.String({ description: 'What a payment of it names as its order_id.' })),
  reference: Nullable(Type.String({ description: 'What a bank transfer names, as machines read it.' })),
  printed_reference: Text,
  supplied_on: Nullable(CalendarDate),
  issued_on: Nullable(CalendarDate),
  due_on: Nullable(CalendarDate),
  due_days: Type.Integer(),
  terms: Text,
  note: Text,
  version: Type.Integer(),
  created_at: Timestamp,
  issued_at: Nullable(Timestamp),
  sent_at: Nullable(Timestamp),
  paid_at: Nullable(Timestamp),
}
export const InvoiceSummary = Type.Object(summary, { title: 'Invoice in a list' })

const vatRow = {
  vat_category: VatCategory,
  vat_rate_bp: RateBp,
  vat_reason: Text,
  net: AmountOrZero,
  tax: AmountOrZero,
  total: AmountOrZero,
}
export const Invoice = Type.Object(
  {
    ...summary,
    seller: Nullable(Seller),
    lines: Type.Array(
      Type.Object({
        no: Type.Integer(),
        order_line_id: Text,
        corrects_no: Nullable(Type.Integer()),
        name: Type.String(),
        detail: Text,
        sku: Text,
        quantity: Type.String(),
        unit: UnitName,
        unit_price: Type.String(),
        discount: AmountOrZero,
        ...vatRow,
      }),
    ),
    vat: Type.Array(Type.Object(vatRow), { description: 'VAT by category and rate. The rows add up to the document.' }),
  },
  { title: 'Invoice' },
)
