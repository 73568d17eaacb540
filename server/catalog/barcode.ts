// Barcodes: the check digit of GS1's numbers, and the key under which codes that mean the same article meet. UPC-A
// 012345678905, EAN-13 0012345678905 and GTIN-14 00012345678905 are one number; scanners hand over any of them.

export const BARCODE_FORMS = ['ean13', 'ean8', 'upca', 'gtin14', 'other'] as const
export type BarcodeForm = (typeof BARCODE_FORMS)[number]

const LENGTHS: Record<Exclude<BarcodeForm, 'other'>, number> = { ean13: 13, ean8: 8, upca: 12, gtin14: 14 }
const GTIN_LENGTHS = new Set(Object.values(LENGTHS))

/** True when the last digit is GS1's modulo-10 check digit of those before it. `digits` holds digits only. */
export function hasCheckDigit(digits: string): boolean {
  return Number(digits.at(-1)) === checkDigit(digits.slice(0, -1))
}

/** GS1's check digit: from the right weights 3, 1, 3, … */
export function checkDigit(digits: string): number {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    sum += (digits.charCodeAt(digits.length - 1 - i) - 48) * (i % 2 === 0 ? 3 : 1)
  }
  return (10 - (sum % 10)) % 10
}

/** True for 8, 12, 13 or 14 digits with a right check digit. */
export function isGtin(code: string): boolean {
  return GTIN_LENGTHS.has(code.length) && /^\d+$/.test(code) && hasCheckDigit(code)
}

/** The form of a code that comes without one. */
export function formOf(code: string): BarcodeForm {
  if (!isGtin(code)) return 'other'
  const form = (Object.keys(LENGTHS) as (keyof typeof LENGTHS)[]).find((name) => LENGTHS[name] === code.length)
  return form ?? 'other'
}

/** What is wrong with a code of that form, as a sentence; undefined when nothing is. */
export function barcodeFault(code: string, form: BarcodeForm): string | undefined {
  if (form === 'other') return undefined
  if (code.length !== LENGTHS[form] || !/^\d+$/.test(code)) return `Must be ${LENGTHS[form]} digits.`
  return hasCheckDigit(code) ? undefined : `The check digit is wrong: it must be ${checkDigit(code.slice(0, -1))}.`
}

/** What codes are compared by: the 14 digits of a GTIN; any other code as it stands. */
export function barcodeKey(code: string): string {
  return isGtin(code) ? code.padStart(14, '0') : code
}

/**
 * The UPC-A of a UPC-E of 8 digits (number system 0 or 1, six digits, check digit); undefined when it is none. The check
 * digit of a UPC-E is that of its UPC-A.
 */
export function upcA(upcE: string): string | undefined {
  if (!/^[01]\d{7}$/.test(upcE)) return undefined
  const [system, a, b, c, d, e, f, check] = upcE as unknown as string[]
  const middle =
    Number(f) <= 2
      ? `${a}${b}${f}0000${c}${d}${e}`
      : f === '3'
        ? `${a}${b}${c}00000${d}${e}`
        : f === '4'
          ? `${a}${b}${c}${d}00000${e}`
          : `${a}${b}${c}${d}${e}0000${f}`
  const whole = `${system}${middle}${check}`
  return hasCheckDigit(whole) ? whole : undefined
}
