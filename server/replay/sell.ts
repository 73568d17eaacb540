// One invoice, one order, one payment: from nothing to handed over, whatever happens on the way. Each command that moves money
// carries a key made of the replay, the invoice, its order and the step, so that running it again finds what was done instead of
// doing it twice.

import type { Clock } from '../lib/clock.ts'
import { accepted, CURRENCY, findByReference, type Operation, type Payment, readPayment, type Tender } from './api.ts'
import type { Client } from './client.ts'
import { countryCode } from './country.ts'
import type { GivenBack } from './give-back.ts'
import { handOver } from './hand-over.ts'
import {
  chooseChannel,
  chooseSale,
  chooseShop,
  drawsFor,
  type OfferedMethod,
  type Places,
  type SaleChoice,
  SURE_CARD,
  type TenderChoice,
} from './mix.ts'
import { nameOf } from './name.ts'
import { type Order, type OrderDeps, orderOf, type Where } from './order.ts'
import { createPatience } from './patience.ts'
import type { Sale } from './plan.ts'
import { tenderBody, type Wallet } from './wallet.ts'

export interface SellDeps extends OrderDeps {
  clock: Clock
  places: Places
  wallet: Wallet
  offered(amount: bigint, channel: string, country: string | undefined): Promise<OfferedMethod[]>
  /** How long an unknown or pending payment is waited for. */
  patienceMs: number
}

/** What became of a sale. `parts` add up to the invoice's amount. */
export interface Sold {
  orderId: string
  /** Of the shop it was carried out of. */
  storeId?: string
  /** Absent where there was nothing to pay. */
  paymentId?: string
  channel: string
  parts: { method: string; amount: bigint }[]
  /** Tenders that were declined and replaced by another. */
  declined: number
  /** True when the outcome was unknown for a while. */
  wasUnknown: boolean
  /** What the invoice's other rows took off, given back. */
  discount?: GivenBack
}

/** More commands than this for one invoice, and something else is wrong. */
const MOST_COMMANDS = 12

/** A request that moves money, the same bytes each time. */
interface Command {
  send(): Promise<Payment>
  /** False on a terminal, whose charge nobody but the person before it could start again: repeating would not help. */
  isTakenUp: boolean
}

/** Sells: places the order, pays it, hands it over. Throws when it cannot be brought to its end within patience. */
export async function sell(deps: SellDeps, sale: Sale): Promise<Sold> {
  const draw = drawsFor(deps.name.seed, sale.invoice.number)
  const country = countryCode(sale.invoice.country)
  const channel = chooseChannel(draw, deps.places, country)
  const offered = await deps.offered(sale.amount > 0n ? sale.amount : 1n, channel, country)
  const choice = chooseSale(draw, { channel, amount: sale.amount }, deps.places, offered)
  const where: Where = {
    channel,
    storeId: choice.storeId,
    registerId: choice.tenders[0]?.choice.registerId,
    collectAt: chooseShop(drawsFor(deps.name.seed, `${sale.invoice.number} collect`), channel, country, deps.places),
  }
  const order = await orderOf(deps, sale, where)
  const paid = sale.amount === 0n ? UNPAID : await pay(deps, sale, order, { channel, country, choice })
  await handOver(deps, order)
  return { orderId: order.id, channel, ...(choice.storeId === undefined ? {} : { storeId: choice.storeId }), ...paid }
}

type Paid = Omit<Sold, 'orderId' | 'storeId' | 'channel'>
const UNPAID: Paid = { parts: [], declined: 0, wasUnknown: false }

interface How {
  channel: string
  country: string | undefined
  choice: SaleChoice
}

/** Pays an order. Throws when it cannot be brought to captured within patience; nothing is then charged beyond what is shown. */
async function pay(deps: SellDeps, sale: Sale, order: Order, how: How): Promise<Paid> {
  const { choice } = how
  let said = create(deps, sale, order, how)
  let payment = await said.send()
  let operations = payment.operations
  let wasUnknown = false
  let captures = 0
  const approved = new Set<string>()
  const patience = createPatience(deps.clock, deps.patienceMs)
  for (let commands = 0; payment.status !== 'captured'; ) {
    wasUnknown ||= payment.attention === 'unknown_outcome'
    const asked = payment.tenders.find(({ id, status }) => status === 'requires_action' && !approved.has(id))
    if (asked) {
      approved.add(asked.id)
      await approve(deps.client, payment.id, asked, operations)
      patience.begin()
    }
    const tender = asked ? undefined : nextTenderCommand(deps, sale, order, payment, choice)
    const next = asked ? undefined : (tender ?? captureCommand(deps, sale, order, payment, captures))
    if (next) {
      if (++commands > MOST_COMMANDS)
        throw new Error(`payment ${payment.id} is still ${payment.status} after ${MOST_COMMANDS} commands`)
      if (next !== tender) captures++
      said = next
      payment = await next.send()
      operations = payment.operations
      patience.begin()
      continue
    }
    const { isTimeToRepeat } = await patience.wait(() => `payment ${payment.id} is still ${payment.status}`)
    // What is answered may be what was true at first; what is true now is read.
    if (isTimeToRepeat && said.isTakenUp) await said.send()
    payment = await readPayment(deps.client, payment.id)
    operations = null
  }
  if (BigInt(payment.amount_captured) !== sale.amount) {
    throw new Error(`payment ${payment.id} took ${payment.amount_captured} instead of ${sale.amount}`)
  }
  const paid = payment.tenders.filter((tender) => !IS_DEAD.has(tender.status))
  return {
    paymentId: payment.id,
    parts: paid.map(({ method, amount_captured }) => ({ method, amount: BigInt(amount_captured) })),
    declined: payment.tenders.length - paid.length,
    wasUnknown,
  }
}

const IS_DEAD = new Set(['failed', 'canceled', 'expired', 'reversed'])

/** The key of a step of an order's payment. */
function keyOf(deps: SellDeps, sale: Sale, order: Order, step: string): string {
  return `${nameOf(deps.name, sale.invoice.number)}.o${order.number}.${step}`
}

function create(deps: SellDeps, sale: Sale, order: Order, how: How): Command {
  const { invoice, amount } = sale
  const { channel, country, choice } = how
  const [first] = choice.tenders as [SaleChoice['tenders'][number]]
  const tender = tenderBody(deps.wallet, first.choice)
  const name = nameOf(deps.name, invoice.number)
  const storeId = choice.storeId ?? deps.places.webStoreId
  const isAtCounter = first.choice.registerId !== undefined || first.choice.terminalId !== undefined
  // A customer at the counter is nobody we know; elsewhere a card of the wallet may have to help out.
  const isKnown = !isAtCounter || choice.tenders.some((part) => part.choice.card !== undefined)
  const body = {
    amount: Number(amount),
    currency: CURRENCY,
    channel,
    capture: choice.capture,
    order_id: order.id,
    reference: name,
    ...(country === undefined ? {} : { country }),
    ...(isKnown ? { customer_id: deps.wallet.customerId } : {}),
    ...(storeId === undefined ? {} : { store_id: storeId }),
    metadata: { invoiced_at: invoice.at },
    tender: choice.tenders.length === 1 ? tender : { ...tender, amount: Number(first.amount) },
  }
  return {
    isTakenUp: first.choice.terminalId === undefined,
    async send() {
      const answer = await deps.client.post<Payment>('/v1/payments', body, keyOf(deps, sale, order, 'pay'))
      // The key has paid with another card: of a replay that opened the wallet at the same time, or before it was emptied.
      const made = answer.code === 'idempotency-key-reused' ? await findByReference(deps.client, name) : undefined
      return made ?? accepted('POST /v1/payments', answer)
    },
  }
}

/** The command that covers what is still due, if anything is. */
function nextTenderCommand(
  deps: SellDeps,
  sale: Sale,
  order: Order,
  payment: Payment,
  choice: SaleChoice,
): Command | undefined {
  if (payment.amount_in_flight > 0 || !payment.actions.includes('tenders')) return undefined
  const path = `/v1/payments/${payment.id}/tenders`
  const next = nextTender(payment, choice)
  const body = tenderBody(deps.wallet, next)
  const key = keyOf(deps, sale, order, `tender.${payment.tenders.length}`)
  return {
    isTakenUp: next.terminalId === undefined,
    async send() {
      const answer = await deps.client.post<Payment>(path, body, key)
      // Made with another card: see what came of it.
      if (answer.code === 'idempotency-key-reused') return readPayment(deps.client, payment.id)
      return accepted(`POST ${path}`, answer)
    },
  }
}

/** The command that takes what is held, if anything is. Counted per run, so that a later run says the first one again. */
function captureCommand(
  deps: SellDeps,
  sale: Sale,
  order: Order,
  payment: Payment,
  number: number,
): Command | undefined {
  if (payment.amount_in_flight > 0 || !payment.actions.includes('captures')) return undefined
  const path = `/v1/payments/${payment.id}/captures`
  const key = keyOf(deps, sale, order, `capture.${number}`)
  return {
    isTakenUp: true,
    async send() {
      const answer = await deps.client.post<Payment>(path, {}, key)
      // The goods left meanwhile, and with them what was held was taken.
      if (answer.status === 409) return readPayment(deps.client, payment.id)
      return accepted(`POST ${path}`, answer)
    },
  }
}

/** The second part of a split; or, for a customer who was refused, a card that works. */
function nextTender(payment: Payment, choice: SaleChoice): TenderChoice {
  const wasRefused = payment.tenders.some((tender) => IS_DEAD.has(tender.status))
  const planned = wasRefused ? undefined : choice.tenders[payment.tenders.length]?.choice
  const terminalId = choice.tenders.find((tender) => tender.choice.terminalId !== undefined)?.choice.terminalId
  return planned ?? (terminalId === undefined ? { method: 'card', card: SURE_CARD } : { method: 'card', terminalId })
}

/** Lets the simulated customer approve on the page of their bank or wallet. */
async function approve(client: Client, paymentId: string, tender: Tender, known: Operation[] | null): Promise<void> {
  const operations = known ?? (await operationsOf(client, paymentId))
  const charge = operations.findLast(
    ({ kind, tender_id }) => (kind === 'sale' || kind === 'authorize') && tender_id === tender.id,
  )
  if (!charge) throw new Error(`payment ${paymentId} asks for an action that nobody started`)
  const path = `/simulator/operations/${tender.connector_account}/${charge.id}/act`
  accepted(`POST ${path}`, await client.post(path, { act: 'approve' }))
}

/** The operations of a payment, from its timeline: only the answer to a command carries them. */
export async function operationsOf(client: Client, paymentId: string): Promise<Operation[]> {
  interface Entry {
    type: string
    operation_id: string
    kind: string
    state: string
    amount: number
    details: { tender_id: string; reason?: string }
  }
  const path = `/v1/payments/${paymentId}/timeline`
  const { data } = accepted(`GET ${path}`, await client.get<{ data: Entry[] }>(path))
  return data
    .filter(({ type }) => type === 'operation')
    .map(({ operation_id, kind, state, amount, details }) => ({
      id: operation_id,
      kind,
      state,
      amount,
      tender_id: details.tender_id,
      ...(details.reason === undefined ? {} : { reason: details.reason }),
    }))
}
