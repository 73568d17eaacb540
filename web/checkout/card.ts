// What is checked of a card before it is sent. The vault decides; this only saves the reader a round trip.

/** Digits in groups as they stand on the card: 4-6-5 on American Express, else fours. */
export function spaced(text: string): string {
  const digits = text.replace(/\D/g, '').slice(0, 19)
  const parts = /^3[47]/.test(digits)
    ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)]
    : digits.match(/.{1,4}/g)
  return (parts ?? []).filter(Boolean).join(' ')
}

/** `12 / 30` while it is typed. */
export function expiry(text: string): string {
  const digits = text.replace(/\D/g, '').slice(0, 4)
  const padded = /^[2-9]/.test(digits) ? `0${digits}`.slice(0, 4) : digits
  return padded.length > 2 ? `${padded.slice(0, 2)} / ${padded.slice(2)}` : padded
}

export interface TypedCard {
  number: string
  exp_month: number
  exp_year: number
  cvc: string
  holder?: string
}

export type CardField = 'number' | 'expiry' | 'cvc'

/** The card as the vault takes it, or the first field that cannot be right. */
export function readCard(typed: {
  number: string
  expiry: string
  cvc: string
  holder: string
}): TypedCard | CardField {
  const number = typed.number.replace(/\D/g, '')
  if (number.length < 12 || !passesLuhn(number)) return 'number'
  const [, month = '', year = ''] = /^(\d{2}) \/ (\d{2})$/.exec(expiry(typed.expiry)) ?? []
  if (!(Number(month) >= 1 && Number(month) <= 12)) return 'expiry'
  if (!/^\d{3,4}$/.test(typed.cvc.trim())) return 'cvc'
  const holder = typed.holder.trim()
  return {
    number,
    exp_month: Number(month),
    exp_year: 2000 + Number(year),
    cvc: typed.cvc.trim(),
    ...(holder === '' ? {} : { holder }),
  }
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 1 ? 2 : 1)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
