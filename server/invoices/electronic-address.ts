// Where an invoice goes in the Peppol network: an address that a party gives, or that follows from its number in the register of
// companies or from its VAT number, where the rules of its country make one of it. Pure.
// Source: code list "Electronic Address Scheme" of Peppol BIS Billing 3 (docs.peppol.eu/poacc/billing/3.0/codelist/eas), read 2026-11.

import type { Party, PeppolId } from './invoice.ts'
import { luhnDigit } from './reference.ts'

/** The code list, as rule PEPPOL-EN16931-CL008 has it. A mail address (`EM`) is in that of EN 16931, but not in this one. */
const SCHEMES = new Set(
  `0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188 0190 0191 0192 0193
   0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216 0217 0218 0221 0225 0230 0235
   0240 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938
   9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959`.split(/\s+/),
)

/** Schemes whose ids are VAT numbers with their letters, by country. */
const BY_VAT: Record<string, string> = {
  ...{
    AT: '9914',
    BG: '9926',
    CY: '9928',
    CZ: '9929',
    DE: '9930',
    EE: '9931',
    ES: '9920',
    FR: '9957',
    GB: '9932',
    GR: '9933',
  },
  ...{
    HR: '9934',
    HU: '9910',
    IE: '9935',
    IT: '0211',
    LI: '9936',
    LT: '9937',
    LU: '9938',
    LV: '9939',
    MT: '9943',
    NL: '9944',
  },
  ...{ PL: '9945', PT: '9946', RO: '9947', SI: '9949', SK: '9950' },
}

/** Numbers of companies: what they look like, their scheme as an address and as a registration (ISO 6523). */
interface Register {
  isValid: (digits: string) => boolean
  address: string
  registration: string
}
const REGISTERS: Record<string, readonly Register[]> = {
  NL: [{ isValid: (digits) => digits.length === 8, address: '0106', registration: '0106' }],
  SE: [{ isValid: (digits) => digits.length === 10 && isLuhn(digits), address: '0007', registration: '0007' }],
  BE: [{ isValid: isBelgian, address: '0208', registration: '0208' }],
  FR: [
    { isValid: (digits) => digits.length === 9 && isLuhn(digits), address: '0225', registration: '0002' },
    { isValid: (digits) => digits.length === 14, address: '0009', registration: '0009' },
  ],
  DK: [{ isValid: (digits) => digits.length === 8, address: '0184', registration: '0184' }],
  NO: [{ isValid: isNorwegian, address: '0192', registration: '0192' }],
}
/** The number of the company within a VAT number, where it is the same. */
const COMPANY_IN_VAT: Record<string, RegExp> = {
  SE: /^SE(\d{10})01$/,
  BE: /^BE(\d{10})$/,
  FR: /^FR[0-9A-Z]{2}(\d{9})$/,
  DK: /^DK(\d{8})$/,
  NO: /^NO(\d{9})MVA$/,
}

/** The address of a party: the one given, else what follows from its numbers; null where nothing does. */
export function electronicAddress({ peppol, address, company_id = '', vat_id = '' }: Party): PeppolId | null {
  if (peppol) return peppol
  const registered = registerOf(address.country, company_id)
  if (registered) return { scheme: registered.address, id: registered.digits }
  const within = registerOf(address.country, COMPANY_IN_VAT[address.country]?.exec(vat_id)?.[1] ?? '')
  if (within) return { scheme: within.address, id: within.digits }
  const scheme = BY_VAT[address.country]
  return scheme === undefined || vat_id === '' ? null : { scheme, id: vat_id }
}

/** A number in the register of companies, with its scheme where it is one that the register could have given. */
export function registration({ address, company_id = '' }: Party): { scheme: string | undefined; id: string } {
  const registered = registerOf(address.country, company_id)
  return registered ? { scheme: registered.registration, id: registered.digits } : { scheme: undefined, id: company_id }
}

/** What is wrong with an address that was given, or null. */
export function addressFault({ scheme, id }: PeppolId): string | null {
  if (!SCHEMES.has(scheme)) return `${scheme} is no scheme of the Peppol list of electronic addresses`
  const wrong: Record<string, boolean> = {
    '0007': id.length !== 10 || !isLuhn(id),
    '0088': !/^\d{8,14}$/.test(id) || !isGs1(id),
    '0184': !/^(DK)?\d{8}$/.test(id),
    '0192': !isNorwegian(id),
    '0208': !isBelgian(id),
  }
  return wrong[scheme] ? `is no number of scheme ${scheme}` : null
}

function registerOf(country: string, text: string): (Register & { digits: string }) | null {
  const digits = text.replaceAll(/\D/g, '')
  const register = REGISTERS[country]?.find(({ isValid }) => isValid(digits))
  return register ? { ...register, digits } : null
}

function isLuhn(digits: string): boolean {
  return /^\d+$/.test(digits) && luhnDigit(digits.slice(0, -1)) === digits.at(-1)
}

/** Ten digits, the last two of which are 97 less the rest of the others by 97. */
function isBelgian(digits: string): boolean {
  return /^\d{10}$/.test(digits) && 97 - (Number(digits.slice(0, 8)) % 97) === Number(digits.slice(8))
}

/** Nine digits by modulo 11, weights 3 2 7 6 5 4 3 2. */
function isNorwegian(digits: string): boolean {
  if (!/^\d{9}$/.test(digits)) return false
  const sum = [3, 2, 7, 6, 5, 4, 3, 2].reduce((so, weight, i) => so + weight * Number(digits[i]), 0)
  return (11 - (sum % 11)) % 11 === Number(digits[8])
}

/** Weights 3 and 1 from the right, the check digit last. */
function isGs1(digits: string): boolean {
  const sum = [...digits].reverse().reduce((so, digit, i) => so + Number(digit) * (i % 2 === 0 ? 1 : 3), 0)
  return sum % 10 === 0
}
