// The cards a replay pays with, saved at the server once. A token is new each time it is made, and a command that names
// one could never be said again by a later run; a saved card keeps its id, so the same step always sends the same bytes.

import { accepted, readAll } from './api.ts'
import { findOrMake } from './buyers.ts'
import type { Client } from './client.ts'
import { CARD_NUMBERS, type TenderChoice } from './mix.ts'

export interface Wallet {
  customerId: string
  /** Instrument ids by card number. */
  instruments: ReadonlyMap<string, string>
}

interface Instrument {
  id: string
  card: { bin: string; last4: string }
}

/** One for all replays at a merchant. */
const REFERENCE = 'replay-wallet'
/** Test cards are good for as long as anybody will replay this. */
const EXPIRY_YEAR = 2049

/** Opens the wallet, making what is missing of it. Replays that do so at once may each save a card; the oldest counts. */
export async function openWallet(client: Client): Promise<Wallet> {
  const customerId = await findOrMake(client, REFERENCE, 'Replay')
  const path = `/v1/customers/${customerId}/instruments`
  const known = await readAll<Instrument>(client, path)
  const missing = CARD_NUMBERS.filter((number) => !oldestOf(known, number))
  await Promise.all(missing.map((number) => saveCard(client, path, number)))
  // Read again rather than taken from the answers: another replay may have been a moment earlier.
  const saved = missing.length === 0 ? known : await readAll<Instrument>(client, path)
  const instruments = CARD_NUMBERS.map((number) => [number, oldestOf(saved, number)?.id ?? ''] as const)
  return { customerId, instruments: new Map(instruments) }
}

/** The instrument of a test card. */
export function instrumentOf(wallet: Wallet, number: string): string {
  const id = wallet.instruments.get(number)
  if (!id) throw new Error(`the wallet of the replay has no card that ends with ${number.slice(-4)}`)
  return id
}

/** A tender for the request. */
export function tenderBody(wallet: Wallet, choice: TenderChoice): Record<string, unknown> {
  if (choice.registerId !== undefined) return { method: choice.method, cash: { register_id: choice.registerId } }
  if (choice.terminalId !== undefined) return { method: choice.method, terminal_id: choice.terminalId }
  if (choice.card === undefined) return { method: choice.method }
  return { method: choice.method, instrument_id: instrumentOf(wallet, choice.card) }
}

async function saveCard(client: Client, path: string, number: string): Promise<void> {
  const cvc = number.startsWith('3') ? '1234' : '123'
  const card = { number, exp_month: 12, exp_year: EXPIRY_YEAR, cvc }
  const token = accepted('POST /v1/tokens', await client.post<{ id: string }>('/v1/tokens', { card })).id
  const answer = await client.post<Instrument>(path, { token })
  // Saved in a request whose answer was lost: the list will show it.
  if (answer.code !== 'token-used') accepted(`POST ${path}`, answer)
}

/** Ids sort by time. */
function oldestOf(instruments: readonly Instrument[], number: string): Instrument | undefined {
  return instruments
    .filter(({ card }) => number.startsWith(card.bin) && number.endsWith(card.last4))
    .reduce<Instrument | undefined>((oldest, one) => (oldest && oldest.id < one.id ? oldest : one), undefined)
}
