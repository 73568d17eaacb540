// What a till writes of a sale while it is cut off: one text, never changed afterwards. Here it is read and added up. Pure: whether
// its signature is right, and whether what it names exists, is for others to say.

import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { parseUnitPrice } from '../catalog/index.ts'
import { AmountOrZero, Currency, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { canonicalJson, parseJson } from '../lib/json.ts'
import { divideHalfUp } from '../lib/money.ts'
import { Problem } from '../lib/problem.ts'

/** SHA-256, small hexadecimal letters. */
export const Hash = Type.String({ pattern: '^[0-9a-f]{64}$', description: 'SHA-256 in small hexadecimal letters.' })

const Line = Type.Object(
  {
    id: line(40),
    variant_id: Id('var'),
    name: line(300),
    sku: Nullable(line(80)),
    quantity: Type.String({ pattern: '^[1-9][0-9]{0,8}$', description: 'Whole base units.' }),
    unit_price: Type.String({ maxLength: 20 }),
    list_price: Nullable(Type.String({ maxLength: 20 })),
    reason: Nullable(line(200)),
    tax_rate_bp: Type.Integer({ minimum: 0, maximum: 10_000 }),
    total: AmountOrZero,
    tax: AmountOrZero,
  },
  closed,
)

const Cash = Type.Object(
  { method: Type.Literal('cash'), amount: AmountOrZero, tendered: AmountOrZero, change: AmountOrZero },
  closed,
)
const Slip = Type.Object(
  {
    method: line(40),
    amount: AmountOrZero,
    terminal_id: Id('ter'),
    authorisation_code: line(40),
    last4: Nullable(Type.String({ pattern: '^[0-9]{4}$' })),
  },
  closed,
)

export const SaleDocument = Type.Object(
  {
    version: Type.Literal(1),
    kind: Type.Literal('sale'),
    id: Id('ofs'),
    key_id: Id('ofk'),
    device_id: Id('tdv'),
    register_id: Id('reg'),
    sequence: Type.Integer({ minimum: 1, maximum: 1_000_000_000 }),
    previous_hash: Hash,
    sold_at: Timestamp,
    staff_id: Id('stf'),
    shift_id: Nullable(Id('shf')),
    customer_id: Nullable(Id('cus')),
    currency: Currency,
    prices_include_tax: Type.Boolean(),
    catalogue_cursor: Nullable(Type.String({ maxLength: 400 })),
    lines: Type.Array(Line, { minItems: 1, maxItems: 1_000 }),
    total: AmountOrZero,
    tax: AmountOrZero,
    rounding: Type.Integer({ minimum: -1_000, maximum: 1_000 }),
    tenders: Type.Array(Type.Union([Cash, Slip]), { minItems: 1, maxItems: 20 }),
    receipt_code: line(40),
  },
  { ...closed, title: 'OfflineSaleDocument' },
)
export type SaleDocument = Static<typeof SaleDocument>
export type DocumentLine = SaleDocument['lines'][number]
export type DocumentTender = SaleDocument['tenders'][number]
export type CashTender = Static<typeof Cash>

export function isCash(tender: DocumentTender): tender is CashTender {
  return tender.method === 'cash'
}

/** Why something is not as it must be, for people to read. */
export interface Fault {
  code: string
  detail: string
}

const check = Compile(SaleDocument)

/** The document that a text is; or why it is none. A text that means the same in other letters is none either: its hash would differ. */
export function readDocument(text: string): SaleDocument | Fault {
  const malformed = (detail: string): Fault => ({ code: 'malformed', detail })
  let value: ReturnType<typeof parseJson>
  try {
    value = parseJson(Buffer.from(text, 'utf8'))
  } catch (error) {
    if (error instanceof Problem) return malformed(error.detail)
    throw error
  }
  if (!check.Check(value)) {
    const [first] = check.Errors(value)
    return malformed(`${first?.instancePath || 'The document'} ${first?.message ?? 'is not as it must be'}.`)
  }
  if (canonicalJson(value as Parameters<typeof canonicalJson>[0]) !== text)
    return malformed('The text is not canonical: members sorted, no blanks.')
  const prices = value.lines.flatMap(({ unit_price, list_price }) => [unit_price, list_price ?? '0'])
  const wrong = prices.find((price) => typeof parseUnitPrice(price, value.currency) === 'string')
  return wrong === undefined ? value : malformed(`${wrong} is no unit price.`)
}

export function isFault(read: SaleDocument | Fault): read is Fault {
  return 'detail' in read
}

/** What one base unit costs, minor units × 10,000. The document was read, so the price is one. */
export function unitPriceOf(price: string, currency: string): bigint {
  const read = parseUnitPrice(price, currency)
  if (typeof read === 'string') throw new Error(`${price} is no unit price`)
  return read
}

/** Unit prices carry four decimals below the minor unit. */
const E4 = 10_000n
/** Basis points in 100 %. */
const WHOLE_BP = 10_000n

/** Why the parts of a document do not come to its whole; null when they do. */
export function sumFault(document: SaleDocument): Fault | null {
  const wrong = (detail: string): Fault => ({ code: 'parts_wrong', detail })
  const { lines, tenders, prices_include_tax } = document
  const [total, tax, rounding] = [BigInt(document.total), BigInt(document.tax), BigInt(document.rounding)]
  if (total === 0n) return wrong('Nothing is paid.')
  if (new Set(lines.map(({ id }) => id)).size < lines.length) return wrong('Two lines have the same id.')
  for (const each of lines) {
    const worth = divideHalfUp(unitPriceOf(each.unit_price, document.currency) * BigInt(each.quantity), E4)
    const said = BigInt(each.total) - (prices_include_tax ? 0n : BigInt(each.tax))
    if (worth !== said) return wrong(`Line ${each.id} is worth ${worth} and not ${said}.`)
    if (each.tax > each.total) return wrong(`Line ${each.id} has more tax than it costs.`)
  }
  const byLines = sum(lines.map((each) => each.total))
  if (byLines !== total) return wrong(`The lines come to ${byLines} and not to ${total}.`)
  const taxes = sum(lines.map((each) => each.tax))
  if (taxes !== tax) return wrong(`The tax of the lines comes to ${taxes} and not to ${tax}.`)
  for (const [rate, of] of Map.groupBy(lines, ({ tax_rate_bp }) => tax_rate_bp)) {
    const [gross, said] = [sum(of.map((each) => each.total)), sum(of.map((each) => each.tax))]
    const due = divideHalfUp(gross * BigInt(rate), WHOLE_BP + BigInt(rate))
    // Rounded line by line it may differ by a unit in each of them.
    if (abs(due - said) > BigInt(of.length)) return wrong(`The tax at ${rate} basis points is ${due} and not ${said}.`)
  }
  const paid = sum(tenders.map(({ amount }) => amount))
  if (paid !== total) return wrong(`The tenders come to ${paid} and not to ${total}.`)
  if (tenders.some(({ amount }) => amount === 0)) return wrong('A tender of nothing.')
  const cash = tenders.filter(isCash)
  const kept = sum(cash.map(({ tendered, change }) => tendered - change))
  const due = sum(cash.map(({ amount }) => amount)) + rounding
  if (kept !== due) return wrong(`The drawer kept ${kept} and was to keep ${due}.`)
  if (
    roundingOf(document).some(
      ({ tender, rounding: own }) => tender.tendered - tender.change !== tender.amount + Number(own),
    )
  )
    return wrong('The change of a tender in cash is wrong.')
  return null
}

/** The cash of a document, each with its rounding: that of the sale belongs to the last of it, which settles the rest. */
export function roundingOf({ tenders, rounding }: SaleDocument): { tender: CashTender; rounding: bigint }[] {
  const cash = tenders.filter(isCash)
  return cash.map((tender, i) => ({ tender, rounding: i === cash.length - 1 ? BigInt(rounding) : 0n }))
}

function sum(amounts: readonly number[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount), 0n)
}

function abs(amount: bigint): bigint {
  return amount < 0n ? -amount : amount
}
