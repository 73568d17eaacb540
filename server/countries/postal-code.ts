// How postal codes look, by country: enough to catch a slip of the finger, and to write them as the post does.

interface Form {
  /** Without blanks and dashes, in capitals. */
  is: RegExp
  /** Where the post puts something between: after so many characters, counted from the end where negative. */
  gap?: [after: number, mark: string]
}

const digits = (count: number): Form => ({ is: new RegExp(`^\\d{${count}}$`) })

const FORMS: Readonly<Record<string, Form>> = {
  ...Object.fromEntries(
    ['AT', 'BE', 'BG', 'CH', 'CY', 'DK', 'HU', 'LI', 'LU', 'NO', 'SI'].map((at) => [at, digits(4)]),
  ),
  ...Object.fromEntries(['DE', 'EE', 'ES', 'FI', 'FR', 'HR', 'IT', 'MC', 'SM'].map((at) => [at, digits(5)])),
  RO: digits(6),
  NL: { is: /^\d{4}[A-Z]{2}$/, gap: [4, ' '] },
  SE: { is: /^\d{5}$/, gap: [3, ' '] },
  GR: { is: /^\d{5}$/, gap: [3, ' '] },
  CZ: { is: /^\d{5}$/, gap: [3, ' '] },
  SK: { is: /^\d{5}$/, gap: [3, ' '] },
  PL: { is: /^\d{5}$/, gap: [2, '-'] },
  PT: { is: /^\d{7}$/, gap: [4, '-'] },
  GB: { is: /^(GIR0AA|[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2})$/, gap: [-3, ' '] },
  IE: { is: /^[A-Z]\d[\dW][A-Z\d]{4}$/, gap: [3, ' '] },
  MT: { is: /^[A-Z]{3}\d{4}$/, gap: [3, ' '] },
  LT: { is: /^\d{5}$/ },
  LV: { is: /^\d{4}$/ },
}

/**
 * The code as the post writes it, or null where it cannot be one there. Of a country whose codes are not known here any is taken as it
 * stands.
 */
export function postalCode(country: string, typed: string): string | null {
  const text = typed.trim()
  const form = FORMS[country]
  if (!form) return text === '' ? null : text
  // `NL-1015 AB`, `LV-1010`, `SE-111 22`: the country in front says nothing new.
  const plain = text
    .toUpperCase()
    .replace(/[\s.-]/g, '')
    .replace(new RegExp(`^${country}(?=\\d)`), '')
  if (!form.is.test(plain)) return null
  if (!form.gap) return plain
  const [after, between] = form.gap
  const at = after < 0 ? plain.length + after : after
  return `${plain.slice(0, at)}${between}${plain.slice(at)}`
}
