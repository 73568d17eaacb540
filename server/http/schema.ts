// The building blocks of every route's schema. A field that means the same has the same schema everywhere, and with it
// the same refusal code (see validate.ts). Nothing is coerced: a JSON string is never a number, `""` is never 0.

import Type, { type Static, type TSchema } from 'typebox'
import Format from 'typebox/format'
import { CHANNELS } from '../lib/channel.ts'
import { isCountry } from '../lib/country.ts'
import { currencyOf } from '../lib/currency.ts'
import { ID_KINDS, type IdKind } from '../lib/ids.ts'
import { MAX_AMOUNT } from '../lib/money.ts'
import { PROBLEMS, type ProblemCode } from '../lib/problem.ts'

export { amountOut } from '../lib/money.ts'

/** Marks a schema whose refusals are `amount-invalid` or `amount-out-of-range`. Shown in the API description. */
export const AMOUNT_MARK = 'x-amount'
/** The format whose refusal is `currency-unknown`. */
export const CURRENCY_FORMAT = 'iso-4217'

Format.Set(CURRENCY_FORMAT, (text) => currencyOf(text) !== undefined)
Format.Set('iso-3166-1', isCountry)
// In place of TypeBox's own, which takes leap seconds and leaves real dates to the reader.
Format.Set('date-time', isTimestamp)
Format.Set('date', isDate)

/** Money that must move: 1 … 999,999,999,999 minor units of the currency beside it. */
export const AmountMinor = Type.Integer({
  minimum: 1,
  maximum: Number(MAX_AMOUNT),
  [AMOUNT_MARK]: true,
  description: 'Minor units of the currency, for example cents.',
})

/** An amount that may be nothing: totals in answers, discounts, tips. 0 … 999,999,999,999 minor units. */
export const AmountOrZero = Type.Integer({
  minimum: 0,
  maximum: Number(MAX_AMOUNT),
  [AMOUNT_MARK]: true,
  description: 'Minor units of the currency; may be 0.',
})

/** A signed figure of the books in an answer, such as a balance. */
export const SignedAmount = Type.Integer({ description: 'Minor units of the currency; may be negative.' })

/** An active ISO 4217 code in capitals. */
export const Currency = Type.String({
  format: CURRENCY_FORMAT,
  examples: ['EUR'],
  description: 'ISO 4217 code in capitals.',
})

/** An ISO 3166-1 alpha-2 code in capitals. */
export const CountryCode = Type.String({
  format: 'iso-3166-1',
  examples: ['NL'],
  description: 'ISO 3166-1 alpha-2 code.',
})

/** Where a sale takes place. */
export const Channel = Type.Enum([...CHANNELS], { description: 'Where the sale takes place.' })
export type Channel = Static<typeof Channel>

/** A moment: RFC 3339 with a zone, a date that exists, years 1970 to 9999. */
export const Timestamp = Type.String({ format: 'date-time', description: 'RFC 3339 with time zone.' })

/** A calendar day without a zone: `2026-02-28`. */
export const CalendarDate = Type.String({ format: 'date', description: 'Calendar day, YYYY-MM-DD.' })

/** An id of one kind, by form. In a path a wrong form answers 404 like any unknown id. */
export function Id(kind: IdKind) {
  return Type.String({
    pattern: `^${kind}_[0-9A-HJKMNP-TV-Z]{26}$`,
    description: `Id of a ${ID_KINDS[kind]}.`,
    examples: [`${kind}_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S`],
  })
}

/** No control characters: texts end up on receipts, labels and in mail, where a line break would be a header. */
export const ONE_LINE = '^[^\\x00-\\x1f\\x7f]+$'

/** A text of one line, of 1 to `maxLength` characters. */
export function line(maxLength: number, description?: string) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: ONE_LINE,
    ...(description === undefined ? {} : { description }),
  })
}

/** An e-mail address. Whether it works only a mail can tell; this keeps out what certainly is none. */
export const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^\\s@\\x00-\\x1f\\x7f]+@[^\\s@\\x00-\\x1f\\x7f]+$',
})

/** The option of an object that refuses fields it does not name. */
export const closed = { additionalProperties: false }

/** Where something is sent, or who pays for it: of carts and of the orders they become. */
export const PostalAddress = Type.Object(
  {
    name: Type.Optional(line(120)),
    line1: line(120),
    line2: Type.Optional(line(120)),
    postal_code: Type.Optional(line(20)),
    city: line(80),
    region: Type.Optional(line(80)),
    country: CountryCode,
    phone: Type.Optional(line(30)),
  },
  closed,
)

/** The client's own notes on an object: at most 50 keys of 1 to 40 characters with text of at most 500. Never read by us. */
export const Metadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: 50,
  propertyNames: { minLength: 1, maxLength: 40 },
  additionalProperties: { type: 'string', maxLength: 500 },
  description: 'Your own notes: up to 50 keys of 40 characters with text of up to 500 characters.',
})

/** A schema or JSON null, in the form OpenAPI 3.1 tools understand best. */
export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()])
}

/** RFC 9457, with our code, request id and retry advice. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: 'Stable address that explains the code.' }),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.Enum(Object.keys(PROBLEMS) as ProblemCode[]),
    detail: Type.String(),
    request_id: Type.String(),
    retry: Type.Enum(['no', 'same-key', 'new-key'], {
      description: '`same-key`: repeat with the same Idempotency-Key. `new-key`: a new attempt needs a new key.',
    }),
    errors: Type.Array(
      Type.Object({
        pointer: Type.String({ description: 'JSON Pointer into the body, or `?name` for the query.' }),
        detail: Type.String(),
      }),
    ),
  },
  { $id: 'Problem', title: 'Problem', description: 'Why a request was refused, and whether to repeat it.' },
)

const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

/** RFC 3339 with a zone, on a day that exists. `2026-02-30`, year 294277, `infinity` and a missing zone are not. */
export function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text)
  if (!match) return false
  const [, year, month, day, hour, minute, second, , zone] = match as unknown as string[]
  if (!isRealDay(Number(year), Number(month), Number(day))) return false
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return false
  return zone === 'Z' || (Number(zone?.slice(1, 3)) <= 23 && Number(zone?.slice(4)) <= 59)
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  return match !== null && isRealDay(Number(match[1]), Number(match[2]), Number(match[3]))
}

function isRealDay(year: number, month: number, day: number): boolean {
  if (year < 1970 || month < 1 || month > 12 || day < 1) return false
  // Day 0 of the next month is the last of this one.
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}
