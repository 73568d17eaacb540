// Finds card numbers where none may be. Every string of every body outside the vault passes here, so the common case
// (no long row of digits) must cost next to nothing. A hit needs three things at once: 13 to 19 digits, an issuer's
// opening digits and a right check digit; an order number of the same length fails at least one of them nine times in ten.

import { readIban } from './iban.ts'

/** First digits and lengths in use by the card schemes (ISO/IEC 7812 ranges as the schemes publish them). */
const ISSUERS: readonly { name: string; prefix: RegExp; lengths: readonly number[] }[] = [
  { name: 'Visa', prefix: /^4/, lengths: [13, 16, 19] },
  { name: 'Mastercard', prefix: /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] },
  { name: 'American Express', prefix: /^3[47]/, lengths: [15] },
  { name: 'Diners Club', prefix: /^(30[0-5]|3095|36|3[89])/, lengths: [14, 15, 16, 17, 18, 19] },
  { name: 'Discover', prefix: /^(6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] },
  { name: 'JCB', prefix: /^35(2[89]|[3-8])/, lengths: [16, 17, 18, 19] },
  { name: 'UnionPay', prefix: /^(62|81)/, lengths: [16, 17, 18, 19] },
  { name: 'Maestro', prefix: /^(50|5[6-9]|6[0-9])/, lengths: [13, 14, 15, 16, 17, 18, 19] },
  { name: 'Mir', prefix: /^220[0-4]/, lengths: [16, 17, 18, 19] },
  { name: 'RuPay', prefix: /^(60|65|81|82|508|353|356)/, lengths: [16] },
  { name: 'Troy', prefix: /^9792/, lengths: [16] },
]

const MIN_DIGITS = 13
const MAX_DIGITS = 19

/** Digits in groups, parted by up to three spaces, dashes, dots, slashes or invisible characters. */
const DIGIT_GROUPS = /\d+(?:[\s\p{Pd}\p{Cf}._/]{1,3}\d+)*/gu

/** Our own ids (lib/ids.ts) are random letters and digits; a row of 13 digits inside one is chance, not a card. */
const OWN_ID = /\b[a-z]{3}_[0-9A-HJKMNP-TV-Z]{26}\b/g

/** So are UUIDs, hashes and other long mixes of letters and digits, which callers use as keys and references. */
const UUID = /\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi
const LONG_MIX = /\b(?=\d*[A-Za-z])[0-9A-Za-z]{24,}\b/g

/** What may be an account number: with right check digits it is no card, though parts of its digits may look like one. */
const ACCOUNT = /\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]){11,30}\b/gi

/** How people and printers group the digits of a card: fours, or 4-6-5 and 4-6-4. Any other grouping is another number. */
const CARD_GROUPING = /^(?:4( 4)+( [1-3])?|4 6 [45])$/

/**
 * True when `text` holds something that is, in all likelihood, a card number: also with spaces or dashes in it, in
 * the digits of any script, and with an expiry date after it. A number split over two fields is not seen (reliability.md §5, row 161).
 */
export function containsCardNumber(text: string): boolean {
  return findCardNumbers(text).length > 0
}

/** Replaces each card number in `text` by its last four digits. For the log sink: the last line of defence, not the first. */
export function maskCardNumbers(text: string): string {
  const found = findCardNumbers(text)
  let masked = found.length > 0 ? withPlainDigits(text) : text
  for (const number of found) masked = masked.replaceAll(number, `[card …${number.replace(/\D/g, '').slice(-4)}]`)
  return masked
}

/** The card numbers in `text`, as written there with plain digits. */
function findCardNumbers(text: string): string[] {
  if (!hasEnoughDigits(text)) return []
  const found: string[] = []
  const plain = withPlainDigits(text)
    .replace(ACCOUNT, (account) => ('iban' in readIban(account) ? ' id ' : account))
    .replace(OWN_ID, ' id ')
    .replace(UUID, ' id ')
    .replace(LONG_MIX, ' id ')
  for (const [run] of plain.matchAll(DIGIT_GROUPS)) found.push(...cardNumbersIn(run))
  return found
}

/**
 * The text after NFKC, which makes full-width digits plain, and with the decimal digits of other scripts (Arabic-Indic,
 * Devanagari, …) made plain as well.
 */
function withPlainDigits(text: string): string {
  return text.normalize('NFKC').replace(/(?!\d)\p{Nd}/gu, (digit) => String(digitValue(digit)))
}

/** Unicode keeps decimal digits in rows of ten, 0 first; a row may follow another, so the place in the run of rows counts. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) as number
  let before = 0
  while (/^\p{Nd}$/u.test(String.fromCodePoint(code - before - 1))) before++
  return before % 10
}

/** Counts digits, plain or of another script; the loop that nearly every string leaves by. */
function hasEnoughDigits(text: string): boolean {
  if (text.length < MIN_DIGITS) return false
  let digits = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    // Past ASCII only Unicode's tables know what is a digit, so any such character counts as one.
    if ((c >= 48 && c <= 57) || c > 127) digits++
  }
  return digits >= MIN_DIGITS
}

/**
 * Looks at every row of neighbouring whole groups, so that `4242 4242 4242 4242 12 30` is found but a part of a longer
 * unbroken number is not: inside 24 digits some 16 always pass by chance.
 */
function cardNumbersIn(run: string): string[] {
  const groups = [...run.matchAll(/\d+/g)]
  const found: string[] = []
  for (let first = 0; first < groups.length; first++) {
    const last = endOfCardNumber(groups, first)
    if (last === undefined) continue
    const end = groups[last] as RegExpExecArray
    found.push(run.slice((groups[first] as RegExpExecArray).index, end.index + end[0].length))
    first = last
  }
  return found
}

/** The group with which a card number beginning at group `first` ends; undefined when none does. */
function endOfCardNumber(groups: RegExpExecArray[], first: number): number | undefined {
  let digits = ''
  for (let last = first; last < groups.length && digits.length <= MAX_DIGITS; last++) {
    digits += (groups[last] as RegExpExecArray)[0]
    const isUnbroken = first === last
    const grouping = groups.slice(first, last + 1).map(([group]) => group.length)
    if (!isUnbroken && !CARD_GROUPING.test(grouping.join(' '))) continue
    if (isCardNumber(digits, isUnbroken)) return last
  }
  return undefined
}

function isCardNumber(digits: string, unbroken: boolean): boolean {
  if (digits.length < MIN_DIGITS || !passesLuhn(digits)) return false
  if (unbroken && digits.length === 13 && isBarcode(digits)) return false
  return ISSUERS.some((issuer) => issuer.lengths.includes(digits.length) && issuer.prefix.test(digits))
}

/** The check-digit rule of ISO/IEC 7812-1 annex B (“Luhn”). `digits` holds digits only. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const doubled = digit * 2
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/**
 * EAN-13. German and Japanese goods begin with 4, as 13-digit Visa numbers once did, and one barcode in ten passes Luhn;
 * shops send barcodes all day while those cards are long gone, so a right barcode is read as one.
 */
function isBarcode(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < 13; i++) sum += (digits.charCodeAt(i) - 48) * (i % 2 === 0 ? 1 : 3)
  return sum % 10 === 0
}
