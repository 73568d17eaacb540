// GS1 element strings: what GS1-128, GS1 DataBar, DataMatrix and QR codes hold. Application identifiers (AI) and their fields
// follow each other; fields without a fixed length end with FNC1, which scanners send as GS (0x1D). Written from the GS1
// General Specifications, chapters 3 and 7.8. Own code: gs1-barcode-parser-mod, the parser on npm that is looked after, turns
// weights and amounts into floats, tests no check digit and reads the clock itself.

import { hasCheckDigit } from './barcode.ts'

/** What an element string says about goods at a till. */
export interface Gs1Elements {
  /** 14 digits, of AI 01 or else 02. */
  gtin?: string
  lot?: string
  serial?: string
  /** Calendar days, YYYY-MM-DD. */
  expires_on?: string
  best_before?: string
  /** Pieces, of AI 30 or 37. */
  count?: bigint
  /** A trade measure in its base unit, rounded half up. */
  measure?: { unit: 'gram' | 'millilitre' | 'centimetre'; quantity: bigint }
  /** AI 390n to 393n: an amount as digits with decimals, and the currency's ISO 4217 number where it is told. */
  amount?: { digits: string; decimals: number; currencyNumber: string | null }
}

const GS = '\x1d'
/** Symbology identifiers (ISO/IEC 15424) of symbols that hold element strings, and of all others. */
const GS1_SYMBOL = /^\](C1|e0|d2|Q3|J1)/
const ANY_SYMBOL = /^\][A-Za-z][0-9A-Za-z]/

/** Lengths of AI and field together, by the first two digits: these need no FNC1 behind them, whatever follows. */
const FIXED = new Map<string, number>([
  ['00', 20],
  ['01', 16],
  ['02', 16],
  ['03', 16],
  ['04', 18],
  ['11', 8],
  ['12', 8],
  ['13', 8],
  ['14', 8],
  ['15', 8],
  ['16', 8],
  ['17', 8],
  ['18', 8],
  ['19', 8],
  ['20', 4],
  ['31', 10],
  ['32', 10],
  ['33', 10],
  ['34', 10],
  ['35', 10],
  ['36', 10],
  ['41', 16],
])
/** Longer than any element string a symbol can hold. */
const MAX_LENGTH = 500
const MAX_FIELD = 90

/** What scanners put in front is taken off. `isGs1` when it says that an element string follows. */
export function withoutSymbology(code: string): { code: string; isGs1: boolean } {
  return { code: code.replace(ANY_SYMBOL, ''), isGs1: GS1_SYMBOL.test(code) }
}

/**
 * The elements of a string with FNC1 as GS, or with AIs in parentheses; undefined when it is no element string. `today` decides
 * the century of two-digit years.
 */
export function parseGs1(text: string, today: Date): Gs1Elements | undefined {
  if (text.length > MAX_LENGTH) return undefined
  const fields = text.startsWith('(') ? splitParentheses(text) : splitFnc1(text)
  if (!fields || fields.length === 0) return undefined
  const elements: Gs1Elements = {}
  for (const [ai, field] of fields) {
    if (!take(elements, ai, field, today)) return undefined
  }
  return elements
}

/** `(01)09501101020917(10)ABC`, as it is printed below the bars. */
function splitParentheses(text: string): [string, string][] | undefined {
  const fields: [string, string][] = []
  let rest = text
  while (rest !== '') {
    const match = /^\((\d{2,4})\)/.exec(rest)
    if (!match?.[1]) return undefined
    const after = rest.slice(match[0].length)
    const length = lengthOf(match[1])
    // A field may hold a parenthesis itself, so only one that begins an AI ends it.
    const end = length === undefined ? after.search(/\(\d{2,4}\)/) : length - match[1].length
    const field = end === -1 ? after : after.slice(0, end)
    fields.push([match[1], field])
    rest = after.slice(field.length)
    if (field === '') return undefined
  }
  return fields
}

function splitFnc1(text: string): [string, string][] | undefined {
  const fields: [string, string][] = []
  let rest = text.startsWith(GS) ? text.slice(1) : text
  while (rest !== '') {
    const ai = rest.slice(0, aiLength(rest))
    const length = lengthOf(ai)
    const end = length ?? (rest.indexOf(GS) === -1 ? rest.length : rest.indexOf(GS))
    if (rest.length < end || ai.length > end || !/^\d{2,4}$/.test(ai)) return undefined
    fields.push([ai, rest.slice(ai.length, end)])
    rest = rest.slice(end)
    // FNC1 after a field of fixed length is not needed, and allowed.
    if (rest.startsWith(GS)) rest = rest.slice(1)
  }
  return fields
}

function lengthOf(ai: string): number | undefined {
  return FIXED.get(ai.slice(0, 2))
}

/** How many digits the AI has, by its first two. */
function aiLength(text: string): number {
  const two = text.slice(0, 2)
  if (/^(3[1-6]|39|43|7[0-9]|8[0-2])$/.test(two)) return /^71/.test(two) ? 3 : 4
  return /^(23|24|25|40|41|42)$/.test(two) ? 3 : 2
}

/** Puts a field into its place; false when its form is wrong. AIs that say nothing to a till are passed over. */
function take(elements: Gs1Elements, ai: string, field: string, today: Date): boolean {
  if (field === '' || field.length > MAX_FIELD || field.includes(GS)) return false
  if (ai === '01' || ai === '02') {
    if (!/^\d{14}$/.test(field) || !hasCheckDigit(field)) return false
    if (ai === '01' || elements.gtin === undefined) elements.gtin = field
    return true
  }
  if (ai === '10' || ai === '21') {
    if (field.length > 20) return false
    elements[ai === '10' ? 'lot' : 'serial'] = field
    return true
  }
  if (ai === '17' || ai === '15') {
    const day = dayOf(field, today)
    if (day === undefined) return false
    elements[ai === '17' ? 'expires_on' : 'best_before'] = day
    return true
  }
  if (ai === '30' || ai === '37') {
    if (!/^\d{1,8}$/.test(field)) return false
    elements.count = BigInt(field)
    return true
  }
  if (/^3[1-6]\d\d$/.test(ai)) return takeMeasure(elements, ai, field)
  if (/^39[0-3]\d$/.test(ai)) return takeAmount(elements, ai, field)
  return true
}

/** Base units times 10^8 in one of the measure's units, so that pounds and inches stay exact until they are rounded. */
const MEASURES: Record<string, { unit: 'gram' | 'millilitre' | 'centimetre'; e8: bigint }> = {
  '310': { unit: 'gram', e8: 100_000_000_000n },
  '320': { unit: 'gram', e8: 45_359_237_000n },
  '357': { unit: 'gram', e8: 2_834_952_313n },
  '315': { unit: 'millilitre', e8: 100_000_000_000n },
  '311': { unit: 'centimetre', e8: 10_000_000_000n },
  '321': { unit: 'centimetre', e8: 254_000_000n },
  '322': { unit: 'centimetre', e8: 3_048_000_000n },
  '323': { unit: 'centimetre', e8: 9_144_000_000n },
}

function takeMeasure(elements: Gs1Elements, ai: string, field: string): boolean {
  const decimals = Number(ai[3])
  if (!/^\d{6}$/.test(field) || decimals > 6) return false
  const measure = MEASURES[ai.slice(0, 3)]
  // Gross weights, areas and the like are for warehouses.
  if (!measure) return true
  const scale = 100_000_000n * 10n ** BigInt(decimals)
  elements.measure = { unit: measure.unit, quantity: (2n * BigInt(field) * measure.e8 + scale) / (2n * scale) }
  return true
}

/** 390n, 392n: the amount; 391n, 393n: three digits of currency before it. */
function takeAmount(elements: Gs1Elements, ai: string, field: string): boolean {
  const hasCurrency = ai[2] === '1' || ai[2] === '3'
  if (!(hasCurrency ? /^\d{4,18}$/ : /^\d{1,15}$/).test(field)) return false
  elements.amount = {
    digits: hasCurrency ? field.slice(3) : field,
    decimals: Number(ai[3]),
    currencyNumber: hasCurrency ? field.slice(0, 3) : null,
  }
  return true
}

/** YYMMDD; day 00 is the last of the month. The century is the one that puts the year nearest to now (§7.12). */
function dayOf(field: string, today: Date): string | undefined {
  const match = /^(\d\d)(\d\d)(\d\d)$/.exec(field)
  if (!match) return undefined
  const [, yy, mm, dd] = match
  const thisYear = today.getUTCFullYear()
  const apart = Number(yy) - (thisYear % 100)
  const century = Math.floor(thisYear / 100) + (apart >= 51 ? -1 : apart <= -50 ? 1 : 0)
  const year = century * 100 + Number(yy)
  const month = Number(mm)
  if (month < 1 || month > 12) return undefined
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate()
  const day = dd === '00' ? last : Number(dd)
  return day > last ? undefined : `${year}-${mm}-${String(day).padStart(2, '0')}`
}
