// The one way JSON enters. JSON.parse alone lets through what later hurts: duplicate members (a proxy and we would read
// different amounts), `__proto__`, text that PostgreSQL cannot store, bodies built to exhaust memory. One pass over the
// bytes gathers what the parsed value can no longer tell; one walk over the value checks the rest.

import { isUtf8 } from 'node:buffer'
import { containsCardNumber } from './card-scan.ts'
import { readEscaped } from './escaped-names.ts'
import { type FieldProblem, Problem } from './problem.ts'

export { canonicalJson } from './canonical-json.ts'

export type JsonValue = string | number | boolean | null | JsonValue[] | { [member: string]: JsonValue }

/** Deeper nesting than this is nobody's payment. */
const MAX_DEPTH = 32
/** Members of one object, or items of one array. */
const MAX_ITEMS = 1000
/** The shortest card number. */
const CARD_DIGITS = 13

export interface ParseOptions {
  /** The vault's routes take card numbers; everywhere else one is a refusal. */
  takesCards?: boolean
}

/**
 * Parses one JSON document from its bytes. Numbers become JS numbers: `10`, `10.0` and `1e1` are the same 10; a fraction too small
 * for them, as in `10.0000000000000001`, is refused, because an amount would silently become another. Throws
 * `malformed-json`, `invalid-encoding`, `too-many-items`, `validation-error` (such a number, or a member given twice),
 * `unknown-field` (`__proto__`, `constructor`, `prototype`), `card-data-not-allowed`.
 */
export function parseJson(bytes: Buffer, options: ParseOptions = {}): JsonValue {
  if (bytes.length === 0) throw new Problem('malformed-json', { detail: 'The body is empty.' })
  if (!isUtf8(bytes)) throw new Problem('invalid-encoding', { detail: 'The body is not UTF-8.' })
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new Problem('malformed-json', { detail: 'The body begins with a byte order mark.' })
  }
  const signs = readSigns(bytes)
  if (signs.depth > MAX_DEPTH)
    throw new Problem('too-many-items', { detail: `Nested deeper than ${MAX_DEPTH} levels.` })
  const value = parseText(bytes, signs.hasEscapedName)
  if (signs.losesFraction) throw fractionLost(bytes)
  const walk: Walk = {
    members: 0,
    // Valid UTF-8 holds no lone surrogate and JSON no raw NUL, so both can only come from an escape.
    checksText: signs.hasUnicodeEscape,
    seeksCards: !options.takesCards && signs.digits >= CARD_DIGITS,
  }
  visit(value, '', walk)
  if (walk.members !== signs.colons)
    throw new Problem('validation-error', { detail: 'A member is given twice in one object.' })
  return value
}

/** What the bytes tell before parsing. */
interface Signs {
  /** Colons outside strings: one per member as written, so duplicates show against the members that remain. */
  colons: number
  depth: number
  hasUnicodeEscape: boolean
  /** Some member's name is written with an escape: JSON.parse may take it for another. */
  hasEscapedName: boolean
  /** Upper bound of digits, those of other scripts and escaped ones included. */
  digits: number
  /** Some number has a fraction that its JS number does not. */
  losesFraction: boolean
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const POINT = 0x2e
const SMALL_E = 0x65
const BIG_E = 0x45

function readSigns(bytes: Buffer): Signs {
  let colons = 0
  let depth = 0
  let maxDepth = 0
  let digits = 0
  let hasUnicodeEscape = false
  let hasEscapedName = false
  let hasEscape = false
  let inString = false
  let losesFraction = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (inString) {
      if (byte === QUOTE) inString = false
      else if (byte === BACKSLASH) {
        i++
        hasEscape = true
        if (bytes[i] === 0x75) {
          hasUnicodeEscape = true
          // The character it stands for may be a digit; its four hex digits are counted as they come.
          digits++
        }
      } else if ((byte >= 0x30 && byte <= 0x39) || byte > 0xc1) digits++
      continue
    }
    // Where a number begins that is more than digits; what is before its point or exponent was passed as digits.
    if (byte === POINT || byte === SMALL_E || byte === BIG_E) {
      const [from, to] = numberAround(bytes, i)
      if (from < i && hasLostFraction(bytes.toString('latin1', from, to))) losesFraction = true
      i = Math.max(i, to - 1)
    } else if (byte === QUOTE) {
      inString = true
      hasEscape = false
    } else if (byte === 0x3a) {
      colons++
      // What stands before a colon is the name, the last string there was.
      if (hasEscape) hasEscapedName = true
    } else if (byte === 0x7b || byte === 0x5b) {
      depth++
      if (depth > maxDepth) maxDepth = depth
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0)
      throw new Problem('invalid-encoding', { detail: 'The body holds NUL bytes; send UTF-8, not UTF-16.' })
  }
  return { colons, depth: maxDepth, hasUnicodeEscape, hasEscapedName, digits, losesFraction }
}

/** The bytes of a number around its point or exponent; empty before it for the `e` of `true` and `false`. */
function numberAround(bytes: Buffer, at: number): [from: number, to: number] {
  let from = at
  while (from > 0 && isOfNumber(bytes[from - 1])) from--
  let to = at + 1
  while (to < bytes.length && isOfNumber(bytes[to])) to++
  return [from, to]
}

function isOfNumber(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (byte >= 0x30 && byte <= 0x39) || '+-.eE'.includes(String.fromCharCode(byte))
}

const NUMBER = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/

/** Whether a number as written is no integer, and read as one. */
function hasLostFraction(text: string): boolean {
  const match = NUMBER.exec(text)
  if (!match || !Number.isInteger(Number(text))) return false
  const [, whole = '', decimals = '', exponent = '0'] = match
  let significant = whole.length + decimals.length
  const digits = whole + decimals
  while (significant > 0 && digits[significant - 1] === '0') significant--
  // Digits after the point once the exponent has moved it.
  return significant > 0 && significant - whole.length > Number(exponent)
}

/** The refusal, with the pointer of the first such number. */
function fractionLost(bytes: Buffer): Problem {
  const lost = {}
  const marked: unknown = JSON.parse(bytes.toString('utf8'), (_name, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && hasLostFraction(context?.source ?? '') ? lost : value,
  )
  const detail = 'Must be exact: it has decimals beyond what a number can hold.'
  return new Problem('validation-error', { errors: [{ pointer: pointerOf(marked, lost) ?? '', detail }] })
}

function pointerOf(value: unknown, wanted: object): string | undefined {
  if (value === wanted) return ''
  if (typeof value !== 'object' || value === null) return undefined
  for (const [name, member] of Object.entries(value)) {
    const rest = pointerOf(member, wanted)
    if (rest !== undefined) return `/${escapePointer(name)}${rest}`
  }
  return undefined
}

function parseText(bytes: Buffer, hasEscapedName: boolean): JsonValue {
  try {
    const text = bytes.toString('utf8')
    return hasEscapedName ? readEscaped(text) : (JSON.parse(text) as JsonValue)
  } catch {
    // The parser's message quotes the body, which may hold a card number.
    throw new Problem('malformed-json')
  }
}

interface Walk {
  members: number
  checksText: boolean
  seeksCards: boolean
}

/** `pointer` is the JSON Pointer of `value`. Depth is bounded by MAX_DEPTH, so recursion is safe. */
function visit(value: JsonValue, pointer: string, walk: Walk): void {
  if (typeof value === 'string') {
    if (walk.checksText || walk.seeksCards) checkText(value, pointer, walk)
    return
  }
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (value.length > MAX_ITEMS) throw tooMany(pointer)
    for (let i = 0; i < value.length; i++) {
      const item = value[i] as JsonValue
      if (needsVisit(item, walk)) visit(item, `${pointer}/${i}`, walk)
    }
    return
  }
  const names = Object.keys(value)
  if (names.length > MAX_ITEMS) throw tooMany(pointer)
  walk.members += names.length
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string
    if (isPrototypeName(name)) throw new Problem('unknown-field', { errors: [unknownMember(pointer, name)] })
    if (walk.checksText || walk.seeksCards) checkText(name, pointer, walk)
    const member = value[name] as JsonValue
    if (needsVisit(member, walk)) visit(member, `${pointer}/${escapePointer(name)}`, walk)
  }
}

/** Skips building pointers for values that need no look: most of every body. */
function needsVisit(value: JsonValue, walk: Walk): boolean {
  return typeof value === 'object' ? value !== null : typeof value === 'string' && (walk.checksText || walk.seeksCards)
}

function checkText(text: string, pointer: string, walk: Walk): void {
  if (walk.checksText && (text.includes('\0') || !text.isWellFormed())) {
    const errors = [
      {
        pointer: pointer.toWellFormed().replaceAll('\0', ''),
        detail: 'Holds a NUL character or half a surrogate pair.',
      },
    ]
    throw new Problem('invalid-encoding', { status: 422, errors })
  }
  if (walk.seeksCards && containsCardNumber(text)) {
    throw new Problem('card-data-not-allowed', { errors: [{ pointer, detail: 'Looks like a card number.' }] })
  }
}

/** Names by which a careless merge would reach Object.prototype. */
function isPrototypeName(name: string): boolean {
  return name === '__proto__' || name === 'constructor' || name === 'prototype'
}

function tooMany(pointer: string): Problem {
  return new Problem('too-many-items', {
    errors: [{ pointer, detail: `Takes at most ${MAX_ITEMS} members or items.` }],
  })
}

function unknownMember(pointer: string, name: string): FieldProblem {
  return { pointer: `${pointer}/${escapePointer(name)}`, detail: 'Is not taken here.' }
}

/** One reference token of a JSON Pointer (RFC 6901 §4). */
export function escapePointer(name: string): string {
  return name.includes('~') || name.includes('/') ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name
}

/**
 * JSON text with bigint as plain numbers. PostgreSQL reads them exactly, and so does every client: amounts and quantities stay
 * below 2^53 (MAX_AMOUNT), and so do unit prices below nine billion euros.
 */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? Number(each) : each))
}
