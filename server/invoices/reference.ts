// References by which a bank transfer finds its invoice. Each invoice has one number of its own, its base, and every scheme writes
// that same number with check digits of its own: so whichever of them a payer copies, it is the same invoice. Pure.
//
// Sources, read 2026-11: ISO 11649 (RF, ISO 7064 MOD 97-10); Betaalvereniging, betalingskenmerk of 16 digits (modulus 11);
// Bankgirot, OCR reference with length check (Luhn); Febelfin, structured communication (modulus 97).

/** `rf`: ISO 11649. `nl`: betalingskenmerk. `se`: OCR. `be`: structured communication. */
export const REFERENCE_KINDS = ['rf', 'nl', 'se', 'be'] as const
export type ReferenceKind = (typeof REFERENCE_KINDS)[number]

/**
 * The first base. Of eight digits, so that no short number in the text of a bank, a date or a house number, is one; the last is that
 * of ten digits with which the Belgian form is full.
 */
export const FIRST_BASE = 10_000_001n
export const LAST_BASE = 9_999_999_999n

/** The reference of a base as machines read it, without blanks or marks. */
export function referenceOf(kind: ReferenceKind, base: bigint): string {
  const digits = base.toString()
  switch (kind) {
    case 'rf':
      return rfOf(digits)
    case 'nl':
      return kenmerkOf(digits)
    case 'se':
      return ocrOf(digits)
    case 'be':
      return `${digits.padStart(10, '0')}${structuredCheck(base)}`
  }
}

/** The same as people read it: in groups, as the scheme prints it. */
export function printedReference(kind: ReferenceKind, reference: string): string {
  switch (kind) {
    case 'rf':
    case 'nl':
      return reference.replaceAll(/(.{4})(?=.)/g, '$1 ')
    case 'se':
      return reference
    case 'be':
      return `+++${reference.slice(0, 3)}/${reference.slice(3, 7)}/${reference.slice(7)}+++`
  }
}

// ---- ISO 11649 -----------------------------------------------------------------------------------------------------

/** `RF`, two check digits and the base: 1 to 21 letters and digits. Throws RangeError for any other. */
export function rfOf(base: string): string {
  if (!/^[A-Z0-9]{1,21}$/.test(base)) throw new RangeError('an RF reference has 1 to 21 letters and digits')
  return `RF${String(98 - mod97(`${base}RF00`)).padStart(2, '0')}${base}`
}

/** True for a whole RF reference; blanks and small letters do not matter. */
export function isRf(text: string): boolean {
  const reference = text.replaceAll(' ', '').toUpperCase()
  return /^RF\d{2}[A-Z0-9]{1,21}$/.test(reference) && mod97(reference.slice(4) + reference.slice(0, 4)) === 1
}

/** Digit by digit, so that no number gets too large; letters count as 10 to 35. */
function mod97(text: string): number {
  let rest = 0
  for (const place of text) {
    const value = Number.parseInt(place, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

// ---- Betalingskenmerk ----------------------------------------------------------------------------------------------

/** Weights from the right. */
const KENMERK_WEIGHTS = [2, 4, 8, 5, 10, 9, 7, 3, 6, 1]
const KENMERK_LENGTH = 16

/** Sixteen digits: the check before up to fifteen digits with zeros in front. */
export function kenmerkOf(digits: string): string {
  if (!/^\d{1,15}$/.test(digits)) throw new RangeError('a betalingskenmerk has 1 to 15 digits')
  const padded = digits.padStart(KENMERK_LENGTH - 1, '0')
  return `${kenmerkCheck(padded)}${padded}`
}

export function isKenmerk(text: string): boolean {
  const digits = text.replaceAll(/[ .-]/g, '')
  return /^\d{16}$/.test(digits) && digits[0] === kenmerkCheck(digits.slice(1))
}

function kenmerkCheck(digits: string): string {
  const sum = [...digits]
    .reverse()
    .reduce((total, digit, i) => total + Number(digit) * (KENMERK_WEIGHTS[i % 10] ?? 0), 0)
  const check = 11 - (sum % 11)
  return String(check === 10 ? 1 : check === 11 ? 0 : check)
}

// ---- OCR -----------------------------------------------------------------------------------------------------------

/** The digits, the last digit of the length of the whole, and a Luhn digit: at most 25 places. */
export function ocrOf(digits: string): string {
  if (!/^\d{1,23}$/.test(digits)) throw new RangeError('an OCR reference has 1 to 23 digits before its checks')
  const withLength = `${digits}${(digits.length + 2) % 10}`
  return `${withLength}${luhnDigit(withLength)}`
}

/** True for 2 to 25 digits with a right check digit, and a right length digit unless `anyLength`. */
export function isOcr(text: string, { anyLength = false } = {}): boolean {
  if (!/^\d{2,25}$/.test(text)) return false
  const hasLength = Number(text.at(-2)) === text.length % 10
  return text.at(-1) === luhnDigit(text.slice(0, -1)) && (anyLength || hasLength)
}

/** The digit that makes a Luhn number of `digits`. */
export function luhnDigit(digits: string): string {
  let sum = 0
  for (const [i, digit] of [...digits].reverse().entries()) {
    const value = Number(digit) * (i % 2 === 0 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return String((10 - (sum % 10)) % 10)
}

// ---- Structured communication --------------------------------------------------------------------------------------

export function isStructured(text: string): boolean {
  const digits = text.replaceAll(/[+*/ ]/g, '')
  return /^\d{12}$/.test(digits) && digits.slice(10) === structuredCheck(BigInt(digits.slice(0, 10)))
}

function structuredCheck(base: bigint): string {
  const rest = base % 97n
  return String(rest === 0n ? 97n : rest).padStart(2, '0')
}

// ---- Finding them in what a bank wrote -----------------------------------------------------------------------------

/** A reference of ours that stands in a text; whether there is such an invoice the store says. */
export interface FoundReference {
  kind: ReferenceKind
  base: bigint
}

/** A statement's remittance text has 140 characters, several lines of one transaction some hundreds. */
const MAX_TEXT = 4_000
/** Between the digits of one reference: blanks, line ends of a statement and the marks of the schemes. */
const BETWEEN = '[\\s.\\-/]?'

/**
 * Every reference of our form in a remittance text, whichever scheme, with whatever blanks, line ends and marks the bank put between;
 * each base once. Other companies' references are usually none of ours: bases have eight to ten digits, and their checks must hold.
 */
export function matchReference(text: string): FoundReference[] {
  const { found, rest } = takeRf(text.slice(0, MAX_TEXT).toUpperCase())
  const ours = [...found, ...digitsIn(rest)].filter(({ base }) => base >= FIRST_BASE && base <= LAST_BASE)
  return [...new Map(ours.map((each) => [each.base, each])).values()]
}

/** Ours have ten to twelve digits with their checks; then other companies', so that no part of one is taken for one of ours. */
const RF_LENGTHS = [12, 11, 10, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13]

/** RF references, and the text without them. What stands behind one may begin with a digit. */
function takeRf(text: string): { found: FoundReference[]; rest: string } {
  const found: FoundReference[] = []
  const pattern = new RegExp(`R\\s?F${BETWEEN}(\\d(?:${BETWEEN}\\d){9,22})`, 'g')
  const rest = text.replaceAll(pattern, (whole, run: string) => {
    const digits = run.replaceAll(/\D/g, '')
    const length = RF_LENGTHS.find((each) => each <= digits.length && isRf(`RF${digits.slice(0, each)}`))
    if (length === undefined) return whole
    found.push({ kind: 'rf', base: BigInt(digits.slice(2, length)) })
    return ` ${digits.slice(length)}`
  })
  return { found, rest }
}

/** Digits that belong together, by the longest form first: sixteen, twelve, then OCR of ten to twelve. */
function digitsIn(text: string): FoundReference[] {
  return runsIn(text).flatMap((digits): FoundReference[] => {
    const kenmerk = windows(digits, KENMERK_LENGTH).filter(isKenmerk)
    if (kenmerk.length > 0) return kenmerk.map((each) => ({ kind: 'nl', base: BigInt(each.slice(1)) }))
    const structured = windows(digits, 12).filter(isStructured)
    const ocr = [12, 11, 10].flatMap((length) => windows(digits, length).filter((each) => isOcr(each)))
    return [
      ...structured.map((each) => ({ kind: 'be' as const, base: BigInt(each.slice(0, 10)) })),
      ...ocr.map((each) => ({ kind: 'se' as const, base: BigInt(each.slice(0, -2)) })),
    ]
  })
}

/** Unbroken digits, and digits joined over single blanks and marks, each once. */
function runsIn(text: string): string[] {
  const unbroken = text.match(/\d{10,}/g) ?? []
  const joined = (text.match(new RegExp(`\\d(?:${BETWEEN}\\d){9,}`, 'g')) ?? []).map((run) => run.replaceAll(/\D/g, ''))
  return [...new Set([...unbroken, ...joined])]
}

/** Every part of `length` digits; of a run longer than any statement line only the beginning. */
function windows(digits: string, length: number): string[] {
  const last = Math.min(digits.length, 200) - length
  return Array.from({ length: Math.max(0, last + 1) }, (_, i) => digits.slice(i, i + length))
}
