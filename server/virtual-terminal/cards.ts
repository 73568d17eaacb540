// The cards in the customer's wallet. No number is whole anywhere: a terminal tells the first six and the last four digits.

import { createHash } from 'node:crypto'
import type { EntryMode } from '../nexo/index.ts'
import type { Entry } from './entry.ts'

export interface Card {
  id: string
  /** What stands on it. */
  name: string
  /** As the wire names the brand. */
  brand: string
  bin: string
  last4: string
  /** MMYY, as the chip holds it. */
  expiry: string
  /** ISO 3166-1, by number and by letters. */
  country: { number: string; code: string }
  funding: 'credit' | 'debit' | 'prepaid'
  pin: string
  aid: string
}

const NL = { number: '528', code: 'NL' }
const FR = { number: '250', code: 'FR' }

/** Every card that can be held to the terminal. Each has the PIN 1234. */
export const CARDS: readonly Card[] = [
  card('visa', 'Visa', 'visa', '476173', '0119', '1230', NL, 'credit', 'A0000000031010'),
  card('mc', 'Mastercard', 'mc', '541333', '3511', '0629', NL, 'credit', 'A0000000041010'),
  card('maestro', 'Maestro', 'maestro', '679999', '0019', '0930', NL, 'debit', 'A0000000043060'),
  card('amex', 'American Express', 'amex', '374245', '1007', '0331', FR, 'credit', 'A00000002501'),
  card(
    'bcmc',
    'Bancontact',
    'bcmc',
    '670300',
    '0010',
    '0529',
    { number: '056', code: 'BE' },
    'debit',
    'A0000000048002',
  ),
  card('cartebancaire', 'CB', 'cartebancaire', '497010', '0014', '1129', FR, 'debit', 'A0000000421010'),
  card(
    'girocard',
    'Girocard',
    'girocard',
    '672000',
    '0028',
    '1229',
    { number: '276', code: 'DE' },
    'debit',
    'A0000003591010028001',
  ),
]

function card(
  id: string,
  name: string,
  brand: string,
  bin: string,
  last4: string,
  expiry: string,
  country: Card['country'],
  funding: Card['funding'],
  aid: string,
): Card {
  return { id, name, brand, bin, last4, expiry, country, funding, pin: '1234', aid }
}

export const WIRE_ENTRY: Record<Entry, EntryMode> = {
  contactless: 'Contactless',
  chip: 'ICC',
  swipe: 'MagStripe',
  wallet: 'Contactless',
  watch: 'Contactless',
}

/** The entry mode in the host's own words. */
export const HOST_ENTRY: Record<Entry, string> = {
  contactless: 'CLESS_CHIP',
  chip: 'ICC',
  swipe: 'MAG_STRIPE',
  wallet: 'CLESS_CHIP',
  watch: 'CLESS_CHIP',
}

/** The card by its id. */
export function cardOf(id: string): Card | undefined {
  return CARDS.find((each) => each.id === id)
}

/** What a terminal tells of a presented card. */
export interface Presented {
  card: Card
  entry: Entry
  last4: string
  /** Of this card in this device, at this provider: stable, and another one in a phone. */
  alias: string
  /** Of the account behind it: the same in the card, the phone and the watch. */
  par: string
}

/** The facts of a card that comes in this way. */
export function presented(card: Card, entry: Entry): Presented {
  const device = entry === 'wallet' || entry === 'watch' ? entry : 'card'
  const name = `${card.id} ${device}`
  return {
    card,
    entry,
    last4: device === 'card' ? card.last4 : lastDigitsOf(name),
    alias: `M${markOf(name)}`,
    par: `V${parOf(card.id)}`,
  }
}

/** Fifteen letters and digits, never a row that may be taken for a card number. */
function markOf(text: string): string {
  return BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
    .toString(36)
    .toUpperCase()
    .slice(0, 15)
}

/** Four digits of a number that only this device knows. */
function lastDigitsOf(text: string): string {
  return BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
    .toString()
    .slice(-4)
}

/** 28 capitals and digits, as EMVCo has it. */
function parOf(text: string): string {
  return createHash('sha256').update(`par ${text}`).digest('hex').toUpperCase().slice(0, 28)
}

/** Above this a contactless card asks for the PIN, in minor units; phones and watches never do. */
const CONTACTLESS_LIMITS: Record<string, bigint> = {
  EUR: 5_000n,
  SEK: 40_000n,
  PLN: 10_000n,
  DKK: 35_000n,
  GBP: 10_000n,
}

/** How the holder has to prove who they are. */
export function verificationFor(
  entry: Entry,
  amount: bigint,
  currency: string,
): 'none' | 'pin' | 'device' | 'signature' {
  if (entry === 'chip') return 'pin'
  if (entry === 'swipe') return 'signature'
  if (entry !== 'contactless') return 'device'
  return amount > (CONTACTLESS_LIMITS[currency] ?? 5_000n) ? 'pin' : 'none'
}
