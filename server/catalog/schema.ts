// The forms of the catalogue in the API.

import Type from 'typebox'
import { TAX_CATEGORIES } from '../countries/index.ts'
import { Channel, Currency, Id, Nullable, Timestamp } from '../http/schema.ts'
import { BARCODE_FORMS } from './barcode.ts'
import { KINDS, MAX_VARIANTS, STATES, TRACKS, UNITS } from './store.ts'

// No control characters: names end up on receipts and labels, where they would steer the printer; and no characters that turn
// the direction of writing, with which a name can look like another.
const LINE = '[^\\x00-\\x1f\\x7f\\u202a-\\u202e\\u2066-\\u2069]'
/** At least one character of it can be seen. */
export const Line = (maxLength: number, description?: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: `^${LINE}*(?!\\s)${LINE}+$`,
    ...(description ? { description } : {}),
  })

export const Reference = Line(120, 'Your own number; unique.')
export const Sku = Line(80, 'Your article number; unique.')
export const Code = Line(120, 'What the scanner reads.')
export const Category = Line(80, 'A category of yours.')
export const UnitPrice = Type.String({
  pattern: '^(0|[1-9]\\d{0,11})(\\.\\d{1,8})?$',
  maxLength: 24,
  examples: ['49.95'],
  description: 'Per base unit, in major units: at most four decimals more than the currency has.',
})
export const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Base units.' })
/** A restricted group is named by the customers module; here it is a word. */
export const CustomerGroup = Type.String({
  pattern: '^[a-z0-9][a-z0-9_-]{0,59}$',
  description: 'A group of customers, in small letters, digits, - and _.',
})

export const NewPrice = Type.Object(
  {
    currency: Currency,
    unit_price: UnitPrice,
    tax_included: Type.Optional(Type.Boolean({ description: 'Default true.' })),
    min_qty: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000_000, description: 'Holds from this quantity on. Default 1.' }),
    ),
  },
  { additionalProperties: false },
)

const NewBarcode = Type.Object(
  {
    code: Code,
    form: Type.Optional(
      Type.Enum([...BARCODE_FORMS], { description: 'With a form, length and check digit must be right.' }),
    ),
    quantity: Type.Optional(Quantity),
  },
  { additionalProperties: false },
)

const Component = Type.Object({ variant_id: Id('var'), quantity: Quantity }, { additionalProperties: false })
const Cost = Type.Object({ currency: Currency, unit_price: UnitPrice }, { additionalProperties: false })

const Options = Type.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: 5,
  propertyNames: { minLength: 1, maxLength: 40, pattern: `^${LINE}+$` },
  additionalProperties: { type: 'string', minLength: 1, maxLength: 80, pattern: `^${LINE}+$` },
  description: 'What tells the variant from its siblings: {"Size": "M"}.',
})

const variantFields = {
  sku: Type.Optional(Nullable(Sku)),
  options: Type.Optional(Options),
  track: Type.Optional(Type.Enum([...TRACKS], { description: 'Whether stock is counted.' })),
  weight_grams: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 10_000_000 }))),
  is_active: Type.Optional(Type.Boolean()),
  cost: Type.Optional(Nullable(Cost)),
  barcodes: Type.Optional(Type.Array(NewBarcode, { maxItems: 50 })),
  components: Type.Optional(
    Type.Array(Component, { maxItems: 50, description: 'Makes it a kit, whose stock is that of its components.' }),
  ),
  prices: Type.Optional(Type.Array(NewPrice, { maxItems: 100, description: 'Base prices, all of them.' })),
}
export const NewVariant = Type.Object(variantFields, { additionalProperties: false })
export const VariantPatch = Type.Object(variantFields, { additionalProperties: false, minProperties: 1 })

const TaxCategory = Type.Enum([...TAX_CATEGORIES], {
  description: 'Which VAT rate each country takes. Default standard.',
})

const productFields = {
  description: Type.Optional(
    Nullable(Type.String({ minLength: 1, maxLength: 4000, pattern: '^[^\\x00-\\x08\\x0b-\\x1f\\x7f]+$' })),
  ),
  brand: Type.Optional(Nullable(Line(120))),
  image_url: Type.Optional(
    Nullable(
      Type.String({
        maxLength: 500,
        pattern: '^https://[^\\s\\x00-\\x1f\\x7f"<>]+$',
        description: 'An https address.',
      }),
    ),
  ),
  state: Type.Optional(Type.Enum([...STATES])),
  tax_category: Type.Optional(TaxCategory),
  categories: Type.Optional(Type.Array(Category, { maxItems: 20 })),
  is_returnable: Type.Optional(Type.Boolean()),
}

export const NewProduct = Type.Object(
  {
    name: Line(200),
    reference: Type.Optional(Nullable(Reference)),
    kind: Type.Optional(Type.Enum([...KINDS])),
    unit: Type.Optional(Type.Enum([...UNITS], { description: 'What quantities count. Default piece.' })),
    ...productFields,
    variants: Type.Optional(
      Type.Array(NewVariant, { minItems: 1, maxItems: MAX_VARIANTS, description: 'Default: one without options.' }),
    ),
  },
  { additionalProperties: false },
)

export const ProductPatch = Type.Object(
  { name: Type.Optional(Line(200)), reference: Type.Optional(Nullable(Reference)), ...productFields },
  { additionalProperties: false, minProperties: 1 },
)

// ---- Answers -------------------------------------------------------------------------------------------------------

const Version = Type.Integer({ description: 'Send it as If-Match to change only what you have seen.' })

export const Variant = Type.Object(
  {
    id: Id('var'),
    object: Type.Literal('variant'),
    product_id: Id('prd'),
    name: Type.String({ description: 'Its product’s name and its options.' }),
    sku: Nullable(Type.String()),
    options: Type.Unsafe<Record<string, string>>({ type: 'object', additionalProperties: { type: 'string' } }),
    track: Type.Enum([...TRACKS]),
    weight_grams: Nullable(Type.Integer()),
    is_active: Type.Boolean(),
    cost: Nullable(Type.Object({ currency: Type.String(), unit_price: Type.String() })),
    barcodes: Type.Array(
      Type.Object({ code: Type.String(), form: Type.Enum([...BARCODE_FORMS]), quantity: Type.Integer() }),
    ),
    components: Type.Array(Type.Object({ variant_id: Id('var'), quantity: Type.Integer() })),
    prices: Type.Array(
      Type.Object({
        currency: Type.String(),
        min_qty: Type.Integer(),
        unit_price: Type.String(),
        tax_included: Type.Boolean(),
      }),
    ),
    version: Version,
    created_at: Timestamp,
  },
  { title: 'Variant' },
)

export const Product = Type.Object(
  {
    id: Id('prd'),
    object: Type.Literal('product'),
    reference: Nullable(Type.String()),
    name: Type.String(),
    description: Nullable(Type.String()),
    brand: Nullable(Type.String()),
    image_url: Nullable(Type.String()),
    state: Type.Enum([...STATES]),
    kind: Type.Enum([...KINDS]),
    tax_category: Type.Enum([...TAX_CATEGORIES]),
    categories: Type.Array(Type.String()),
    unit: Type.Enum([...UNITS]),
    is_returnable: Type.Boolean(),
    variants: Type.Array(Variant),
    version: Version,
    created_at: Timestamp,
  },
  { title: 'Product' },
)

export const Price = Type.Object({
  currency: Type.String(),
  unit_price: Type.String(),
  tax_included: Type.Boolean(),
  price_list_id: Nullable(Id('prl')),
  lowest_30d: Nullable(
    Type.String({
      description: 'The lowest price of the 30 days before a reduction; null when the price is not reduced.',
    }),
  ),
})

/** Where, to whom and in which currency a price is asked for. */
export const priceQuery = {
  currency: Type.Optional(Currency),
  channel: Type.Optional(Channel),
  store_id: Type.Optional(Id('sto')),
}
