// Goods that come back to where they were bought: a return of the order, received into the stock and settled over the original
// tenders. Only what the order says the pieces are worth can go this way; a file that asks for another amount than was paid for
// them is served by give-back.ts.

import type { Clock } from '../lib/clock.ts'
import { divideHalfUp } from '../lib/money.ts'
import { accepted, type Paged } from './api.ts'
import type { Client } from './client.ts'
import { createPatience } from './patience.ts'

/** More commands than this for one return, and something else is wrong. */
const MOST_COMMANDS = 12

export interface LineBack {
  line_id: string
  quantity: number
  /** What the file gives back for them. */
  amount: bigint
}

interface Return {
  id: string
  reason: string
  state: string
  attention: string | null
  amount_refund: number
  lines: { no: number; line_id: string | null; requested: number; received: number }[]
  refunds: { payment_id: string | null; method: string; amount: number; to: string | null; state: string }[]
}

interface ReturnableLine {
  id: string
  quantity: number
  quantity_returned: number
  total: number
}

export interface ReturnDeps {
  client: Client
  clock: Clock
  patienceMs: number
}

/** What k units of a line are worth after `before` came back: they add up to the line's total, whatever the order of returns. */
export function worthOf(line: ReturnableLine, before: number, k: number): bigint {
  const upTo = (units: number): bigint => divideHalfUp(BigInt(line.total) * BigInt(units), BigInt(line.quantity))
  return upTo(before + k) - upTo(before)
}

/** The return that was made with this reason, if one was. */
export async function findReturn(client: Client, orderId: string, reason: string): Promise<Return | undefined> {
  const path = `/v1/returns?order_id=${orderId}&limit=100`
  return accepted(`GET ${path}`, await client.get<Paged<Return>>(path)).data.find((one) => one.reason === reason)
}

export interface BroughtBack {
  returnId: string
  amount: bigint
  refunds: Return['refunds']
}

/** Makes the return, or goes on with the one that was made, until its money is back. */
export async function bringBack(
  deps: ReturnDeps,
  asked: {
    orderId: string
    channel: string
    storeId: string
    reason: string
    lines: readonly LineBack[]
    customerId: string | undefined
    known: Return | undefined
  },
): Promise<BroughtBack> {
  const { client } = deps
  const { orderId, channel, storeId, reason, customerId } = asked
  const lines = asked.lines.map(({ line_id, quantity }) => ({ line_id, quantity }))
  let at =
    asked.known ??
    accepted(
      'POST /v1/returns',
      await client.post<Return>('/v1/returns', { order_id: orderId, channel, store_id: storeId, reason, lines }),
    )
  const path = `/v1/returns/${at.id}`
  const patience = createPatience(deps.clock, deps.patienceMs)
  for (let commands = 0, settled = 0; at.state !== 'settled'; ) {
    // A refusal that stays is not waited out.
    if (commands > MOST_COMMANDS)
      throw new Error(`return ${at.id} is still ${at.attention ?? at.state} after ${MOST_COMMANDS} commands`)
    const isHere = at.lines.every(({ requested, received }) => requested === received)
    if (!isHere) {
      commands++
      const arrived = at.lines
        .filter(({ requested, received }) => requested > received)
        .map(({ no, requested, received }) => ({ no, quantity: requested - received, disposition: 'restock' }))
      const answer = await client.post<Return>(`${path}/receive`, { store_id: storeId, lines: arrived })
      // Received by a request whose answer was lost.
      at = accepted(
        `POST ${path}/receive`,
        answer.status === 422 || answer.status === 409 ? await client.get<Return>(path) : answer,
      )
      continue
    }
    if (at.state === 'received' || at.attention !== null) {
      commands++
      const to =
        customerId === undefined ? { method: 'gift_card' } : { method: 'store_credit', customer_id: customerId }
      const body = at.attention === null ? {} : { to }
      const answer = await client.post<Return>(`${path}/settle`, body, `${at.id}.settle.${settled++}`)
      at = accepted(`POST ${path}/settle`, answer.code === 'invalid-state' ? await client.get<Return>(path) : answer)
      patience.begin()
      continue
    }
    await patience.wait(() => `return ${at.id} is still ${at.state}`)
    at = accepted(`GET ${path}`, await client.get<Return>(path))
  }
  return {
    returnId: at.id,
    amount: BigInt(at.amount_refund),
    refunds: at.refunds.filter(({ state }) => state === 'done'),
  }
}

/** The lines of an order as returns see them. */
export async function returnableLines(
  client: Client,
  orderId: string,
): Promise<(ReturnableLine & { variant_id: string; unit_price: string })[]> {
  const path = `/v1/orders/${orderId}`
  const order = accepted(
    `GET ${path}`,
    await client.get<{ lines: (ReturnableLine & { variant_id: string; unit_price: string })[] }>(path),
  )
  return order.lines
}
