// The part of the API that a replay speaks, and what it looks at in the answers. The whole contract is at /docs.

import type { Answer, Client } from './client.ts'
import type { OfferedMethod, Places } from './mix.ts'

export interface Tender {
  id: string
  method: string
  amount: number
  status: string
  amount_captured: number
  connector_account: string
}

export interface Operation {
  id: string
  kind: string
  state: string
  amount: number
  tender_id: string
  /** Of a refund, as it was given. */
  reason?: string
}

export interface Payment {
  id: string
  direction: 'charge' | 'credit'
  status: string
  attention: string | null
  amount: number
  channel: string
  amount_capturable: number
  amount_captured: number
  amount_in_flight: number
  amount_credited: number
  tenders: Tender[]
  decline: { code: string } | null
  actions: string[]
  /** Only in the answer to a command: what that command instructed. */
  operations: Operation[] | null
}

export interface Paged<T> {
  data: T[]
  next_cursor: string | null
}

/** A refusal nobody can wait out. It says where and what. */
export class Refused extends Error {
  constructor(what: string, { status, code, body }: Answer<unknown>) {
    const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : ''
    super(`${what}: ${status} ${code ?? ''} ${detail}`.trim())
    this.name = 'Refused'
  }
}

/** The answer's body. Throws Refused for anything but success. */
export function accepted<T>(what: string, answer: Answer<T>): T {
  if (answer.status < 200 || answer.status > 299) throw new Refused(what, answer)
  return answer.body
}

/** All rows of a list. Meant for short ones: stores, registers, terminals. */
export async function readAll<T>(client: Client, path: string): Promise<T[]> {
  const rows: T[] = []
  let cursor: string | null = null
  do {
    const suffix: string = cursor === null ? '' : `&cursor=${cursor}`
    const page: Paged<T> = accepted(path, await client.get<Paged<T>>(`${path}?limit=100${suffix}`))
    rows.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  return rows
}

/** Reads where the merchant of the client's key sells. */
export async function readPlaces(client: Client): Promise<{ merchantId: string; places: Places; storeIds: string[] }> {
  const merchant = accepted(
    'GET /v1/merchant',
    await client.get<{ id: string; channels: string[]; mode: string }>('/v1/merchant'),
  )
  if (merchant.mode !== 'test') throw new Error('A replay moves made-up money: use the key of a test merchant.')
  const stores = await readAll<{ id: string; kind: string }>(client, '/v1/stores')
  const registers = await readAll<{ id: string; store_id: string }>(client, '/v1/registers')
  const terminals = await readAll<{ id: string; store_id: string; register_id: string | null }>(client, '/v1/terminals')
  const isWeb = ({ kind }: { kind: string }): boolean => kind === 'web'
  return {
    merchantId: merchant.id,
    // The web shop first: it sends, and it takes back what has no shop of its own.
    storeIds: [...stores.filter(isWeb), ...stores.filter((store) => !isWeb(store))].map(({ id }) => id),
    places: {
      channels: new Set(merchant.channels),
      webStoreId: stores.find((store) => store.kind === 'web')?.id,
      registers: registers.map(({ id, store_id }) => ({ id, storeId: store_id })),
      terminals: terminals.map(({ id, store_id, register_id }) => ({ id, storeId: store_id, registerId: register_id })),
    },
  }
}

/** What `amount` can be paid with in a channel and country, asked once per order of magnitude, for limits are round. */
export function methodsOffered(
  client: Client,
): (amount: bigint, channel: string, country: string | undefined) => Promise<OfferedMethod[]> {
  const known = new Map<string, Promise<OfferedMethod[]>>()
  return (amount, channel, country) => {
    const key = `${channel} ${country ?? ''} ${amount.toString().length}`
    const asked = known.get(key)
    if (asked) return asked
    const query = new URLSearchParams({
      amount: amount.toString(),
      currency: CURRENCY,
      channel,
      ...(country ? { country } : {}),
    })
    const path = `/v1/payment_methods?${query}`
    const answer = client.get<{ data: OfferedMethod[] }>(path).then((got) => accepted(`GET ${path}`, got).data)
    known.set(key, answer)
    return answer
  }
}

/** The file's currency. */
export const CURRENCY = 'GBP'

/** The payment that was made with a reference, newest first where there are several; undefined when there is none. */
export async function findByReference(client: Client, reference: string): Promise<Payment | undefined> {
  const path = `/v1/payments?reference=${encodeURIComponent(reference)}&limit=1`
  return accepted(`GET ${path}`, await client.get<Paged<Payment>>(path)).data[0]
}

export async function readPayment(client: Client, id: string): Promise<Payment> {
  return accepted(`GET /v1/payments/${id}`, await client.get<Payment>(`/v1/payments/${id}`))
}
