// One cancellation: refunds of the payments its articles were bought with, and a credit for what could not be matched. A
// refund that the provider declines is paid out as a credit too, so that the customer has the money either way.

import type { Clock } from '../lib/clock.ts'
import { accepted, CURRENCY, findByReference, type Operation, type Payment, Refused, readPayment } from './api.ts'
import type { Client } from './client.ts'
import { countryCode } from './country.ts'
import { chooseChannel, chooseCredit, drawsFor, type Places } from './mix.ts'
import { nameOf, type ReplayName } from './name.ts'
import { createPatience } from './patience.ts'
import type { Cancellation } from './plan.ts'
import { operationsOf } from './sell.ts'
import { instrumentOf, type Wallet } from './wallet.ts'

export interface GiveBackDeps {
  client: Client
  clock: Clock
  places: Places
  wallet: Wallet
  name: ReplayName
  patienceMs: number
}

/** The payment of a sale that something of is given back. */
export interface SoldBefore {
  invoice: string
  paymentId: string
  channel: string
}

/** A refund or credit that was carried out. `parts` add up to its amount. */
export interface Given {
  kind: 'refund' | 'credit'
  paymentId: string
  channel: string
  parts: { method: string; amount: bigint }[]
  /** The operations at the server; for finding the ledger's entries. */
  operationIds: string[]
}

export interface GivenBack {
  given: Given[]
  /** Refunds the provider declined, paid out as credits instead. */
  declined: number
}

/** A card that refuses so many credits in a row is not going to take one. */
const MOST_CREDITS = 5
const SETTLED = new Set(['succeeded', 'declined', 'no_effect', 'reversed'])

/** Gives back a cancellation. `sold` answers for each sale it refunds; those are done before this is called. */
export async function giveBack(
  deps: GiveBackDeps,
  cancellation: Cancellation,
  sold: (place: number) => SoldBefore,
): Promise<GivenBack> {
  const given: Given[] = []
  let unrefunded = 0n
  let declined = 0
  // One after the other: two refunds of one cancellation may concern one payment's tenders.
  for (const { sale, amount } of cancellation.refunds) {
    const refund = await refundOne(deps, cancellation, sold(sale), amount)
    const done = refund.parts.reduce((sum, part) => sum + part.amount, 0n)
    if (done > 0n) given.push(refund)
    if (done < amount) declined++
    unrefunded += amount - done
  }
  if (cancellation.credit > 0n) given.push(await credit(deps, cancellation, cancellation.credit, 'credit'))
  if (unrefunded > 0n) given.push(await credit(deps, cancellation, unrefunded, 'instead'))
  return { given, declined }
}

async function refundOne(
  deps: GiveBackDeps,
  cancellation: Cancellation,
  sale: SoldBefore,
  amount: bigint,
): Promise<Given> {
  const path = `/v1/payments/${sale.paymentId}/refunds`
  const body = { amount: Number(amount), reason: `Return ${cancellation.invoice.number}`.slice(0, 200) }
  const key = `${nameOf(deps.name, cancellation.invoice.number)}.refund.${nameOf(deps.name, sale.invoice).split('.')[1]}`
  const send = async (): Promise<Payment> => accepted(`POST ${path}`, await deps.client.post<Payment>(path, body, key))
  const payment = await send()
  const operations = await settled(deps, payment, send)
  const methods = new Map(payment.tenders.map((tender) => [tender.id, tender.method]))
  const done = operations.filter(({ state }) => state === 'succeeded')
  return {
    kind: 'refund',
    paymentId: payment.id,
    channel: payment.channel,
    parts: done.map((operation) => ({
      method: methods.get(operation.tender_id) ?? 'unknown',
      amount: BigInt(operation.amount),
    })),
    operationIds: done.map(({ id }) => id),
  }
}

/** Waits until every operation of the command is decided; `again` says it once more. */
async function settled(deps: GiveBackDeps, payment: Payment, again: () => Promise<unknown>): Promise<Operation[]> {
  const ids = new Set((payment.operations ?? []).map(({ id }) => id))
  if (ids.size === 0) throw new Error(`the answer about payment ${payment.id} names no operations`)
  let operations = payment.operations ?? []
  const patience = createPatience(deps.clock, deps.patienceMs)
  while (operations.some(({ state }) => !SETTLED.has(state))) {
    const { isTimeToRepeat } = await patience.wait(() => `a refund of payment ${payment.id} is still undecided`)
    if (isTimeToRepeat) await again()
    operations = (await operationsOf(deps.client, payment.id)).filter(({ id }) => ids.has(id))
  }
  return operations
}

/** Pays out, on another try where the issuer did not take it. */
async function credit(deps: GiveBackDeps, cancellation: Cancellation, amount: bigint, step: string): Promise<Given> {
  for (let attempt = 1; ; attempt++) {
    const payment = await creditOnce(deps, cancellation, amount, attempt === 1 ? step : `${step}.${attempt}`)
    if (payment.amount_credited === payment.amount) {
      const { id: paymentId, channel, tenders } = payment
      return {
        kind: 'credit',
        paymentId,
        channel,
        parts: tenders.map(({ method }) => ({ method, amount })),
        operationIds: [],
      }
    }
    if (attempt === MOST_CREDITS) throw new Error(`credit ${payment.id} was declined, as were ${attempt - 1} before it`)
  }
}

async function creditOnce(
  deps: GiveBackDeps,
  cancellation: Cancellation,
  amount: bigint,
  step: string,
): Promise<Payment> {
  const { invoice } = cancellation
  const draw = drawsFor(deps.name.seed, invoice.number)
  const channel = chooseChannel(draw, deps.places, countryCode(invoice.country))
  const choice = chooseCredit(draw, channel, deps.places)
  const to = {
    method: choice.method,
    ...(choice.registerId === undefined ? {} : { register_id: choice.registerId }),
    ...(choice.terminalId === undefined ? {} : { terminal_id: choice.terminalId }),
    ...(choice.card === undefined ? {} : { instrument_id: instrumentOf(deps.wallet, choice.card) }),
  }
  const isAway = choice.card !== undefined && deps.places.webStoreId !== undefined
  const name = `${nameOf(deps.name, invoice.number)}.${step}`
  const body = {
    amount: Number(amount),
    currency: CURRENCY,
    channel,
    to,
    reason: `Return ${invoice.number}`.slice(0, 200),
    reference: name,
    ...(choice.card === undefined ? {} : { customer_id: deps.wallet.customerId }),
    ...(isAway ? { store_id: deps.places.webStoreId } : {}),
    metadata: { invoiced_at: invoice.at },
  }
  const answer = await deps.client.post<Payment>('/v1/credits', body, name)
  const made = answer.code === 'idempotency-key-reused' ? await findByReference(deps.client, name) : undefined
  if (answer.code === 'idempotency-key-reused' && !made) throw new Refused('POST /v1/credits', answer)
  return decided(deps, made ?? accepted('POST /v1/credits', answer))
}

/**
 * Waits until a credit is paid out or refused. One whose server was killed is not said again: the server sends no payout
 * twice and only asks about it, which may take a quarter of an hour.
 */
async function decided(deps: GiveBackDeps, credited: Payment): Promise<Payment> {
  let payment = credited
  const patience = createPatience(deps.clock, deps.patienceMs)
  while (payment.status === 'processing') {
    await patience.wait(() => `credit ${payment.id} is still undecided`)
    payment = await readPayment(deps.client, payment.id)
  }
  return payment
}
