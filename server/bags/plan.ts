// From what was typed to what becomes of the cart, and what is still missing. Pure.

import type { Arrangement } from '../carts/index.ts'
import type { BagErrors, BagField, Typed } from '../checkout/index.ts'
import type { Known } from './known.ts'

/** As addresses in carts and orders have it. */
const LONGEST: Partial<Record<BagField, number>> = {
  email: 254,
  name: 120,
  line1: 120,
  line2: 120,
  postal_code: 20,
  city: 80,
  phone: 30,
}
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/

/** What stands in the way of ordering. `slots`: the times that the chosen store can promise. */
export function errorsOf({ bag, choice }: Pick<Known, 'bag' | 'choice'>, slots: readonly string[]): BagErrors {
  const { typed, is_sent } = bag
  const errors: BagErrors = {}
  const need = (...fields: BagField[]) => {
    for (const field of fields) if ((typed[field] ?? '') === '' && is_sent) errors[field] = 'missing'
  }
  need('email', 'name')
  if ((typed.email ?? '') !== '' && !EMAIL.test(typed.email ?? '')) errors.email = 'form'
  if (choice.needsWay && choice.way === 'ship') {
    need('line1', 'city', 'postal_code')
    if ((typed.postal_code ?? '') !== '' && choice.postalCode === null) errors.postal_code = 'form'
    if (choice.ways.length === 0 || (choice.offer === null && choice.countries.length === 0)) errors.country = 'gone'
  }
  if (choice.needsWay && choice.way === 'collect') {
    if (choice.store === null && is_sent) errors.store = (typed.store ?? '') === '' ? 'missing' : 'gone'
    if (choice.store !== null && (typed.slot ?? '') !== '' && !slots.includes(typed.slot ?? '')) errors.slot = 'gone'
  }
  for (const [field, most] of Object.entries(LONGEST) as [BagField, number][])
    if ((typed[field] ?? '').length > most) errors[field] = 'too_long'
  return errors
}

/** The cart as it is to be, as far as it is known: what is wrong is left out, and the cart stays as it was in that. */
export function arrangementOf({ bag, choice, offers }: Pick<Known, 'bag' | 'choice' | 'offers'>): Arrangement {
  const { typed } = bag
  const email = typed.email ?? ''
  const contact = EMAIL.test(email) && email.length <= 254 ? { email } : {}
  if (!choice.needsWay) return { ...contact, delivery: null }
  if (choice.way === 'collect') {
    if (choice.store === null) return { ...contact, delivery: null }
    return {
      ...contact,
      hand_over: { mode: 'collect', store_id: choice.store.id },
      delivery: null,
      shipping_address: null,
    }
  }
  const { offer } = choice
  const fee =
    offers === null ? {} : { delivery: offer && { variant_id: offer.variant_id, unit_price_e4: offer.unit_price_e4 } }
  return {
    ...contact,
    hand_over: { mode: 'ship' },
    country: choice.country,
    shipping_address: addressOf(typed, choice),
    ...fee,
  }
}

/** Null until all of it is there: half an address leads nowhere. */
function addressOf(
  typed: Typed,
  { country, postalCode }: Known['choice'],
): NonNullable<Arrangement['shipping_address']> | null {
  const { name = '', line1 = '', line2 = '', city = '', phone = '' } = typed
  const has = (text: string, field: BagField) => text !== '' && text.length <= (LONGEST[field] ?? 200)
  if (!has(name, 'name') || !has(line1, 'line1') || !has(city, 'city') || postalCode === null) return null
  return {
    ...{ name, line1, city, country, postal_code: postalCode },
    ...(has(line2, 'line2') ? { line2 } : {}),
    ...(has(phone, 'phone') ? { phone } : {}),
  }
}
