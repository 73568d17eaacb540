// One cancellation. What was bought here, and is given back for what was paid for it, is a return of its order. Where the file
// gives back another amount the payment is refunded by hand, and what belongs to no sale is paid out as a credit; goods that come
// back that way are found on the stock. A refund that the provider declines is paid out otherwise, so that the customer has the
// money either way.

import type { Clock } from '../lib/clock.ts'
import { accepted, CURRENCY, findByReference, type Operation, type Payment, Refused, readPayment } from './api.ts'
import { bringBack, findReturn, type LineBack, returnableLines, worthOf } from './bring-back.ts'
import type { Buyers } from './buyers.ts'
import type { Client } from './client.ts'
import { countryCode } from './country.ts'
import { adjust, type Goods } from './goods.ts'
import type { Pieces, Refund } from './match.ts'
import { chooseChannel, chooseCredit, drawsFor, type Places } from './mix.ts'
import { nameOf, type ReplayName } from './name.ts'
import { createPatience } from './patience.ts'
import type { Cancellation, Sale } from './plan.ts'
import { exactMajor } from './row.ts'
import { operationsOf } from './sell.ts'
import type { Trade } from './trade.ts'
import { instrumentOf, type Wallet } from './wallet.ts'

export interface GiveBackDeps {
  client: Client
  clock: Clock
  places: Places
  wallet: Wallet
  name: ReplayName
  trade: Trade
  goods: Goods
  buyers: Buyers
  patienceMs: number
}

/** A sale that something of is given back. */
export interface SoldBefore {
  invoice: string
  customer: string
  orderId: string
  storeId: string | undefined
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

/** Pieces of an article. */
export interface Counted {
  article: number
  quantity: number
}

export interface GivenBack {
  given: Given[]
  /** The returns that were made, and what came back with them. */
  returnIds: string[]
  returned: Counted[]
  /** What came back without one. */
  putBack: Counted[]
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
  const back: GivenBack = { given: [], returnIds: [], returned: [], putBack: [...cancellation.unmatched], declined: 0 }
  let unrefunded = 0n
  // One after the other: two refunds of one cancellation may concern one payment's tenders.
  for (const refund of cancellation.refunds)
    unrefunded += await giveBackSale(deps, cancellation, { refund, sale: sold(refund.sale) }, back)
  if (cancellation.credit > 0n) back.given.push(await credit(deps, cancellation, cancellation.credit, 'credit'))
  if (unrefunded > 0n) back.given.push(await credit(deps, cancellation, unrefunded, 'instead'))
  const [storeId] = deps.goods.storeIds
  const lines = summed(back.putBack).map((line) => ({ ...line, reason: 'found' as const }))
  const note = `Came back with ${cancellation.invoice.number}`.slice(0, 200)
  if (storeId !== undefined)
    await adjust(deps.client, deps.goods, { storeId, step: `back.${cancellation.invoice.number}`, lines, note })
  return back
}

/** A sale's other rows take something off: it is given back as soon as the sale is paid. */
export async function giveDiscount(deps: GiveBackDeps, sale: Sale, sold: SoldBefore): Promise<GivenBack> {
  const of = { number: sale.invoice.number, what: 'Discount' }
  const refund = await refundOne(deps, of, sold, sale.discount)
  const done = sumOf(refund.parts)
  if (done < sale.discount) throw new Error(`the discount of ${sale.discount} was not given back but for ${done}`)
  return { given: [refund], returnIds: [], returned: [], putBack: [], declined: 0 }
}

/** What is given back of one sale. Answers what could not be refunded. */
async function giveBackSale(
  deps: GiveBackDeps,
  cancellation: Cancellation,
  { refund, sale }: { refund: Refund; sale: SoldBefore },
  back: GivenBack,
): Promise<bigint> {
  const { number } = cancellation.invoice
  const reason = `Return ${number} (${nameOf(deps.name, number)})`.slice(0, 200)
  const known = await findReturn(deps.client, sale.orderId, reason)
  const { lines, others } = await divide(
    deps,
    sale,
    refund.pieces,
    known && new Set(known.lines.map((one) => one.line_id)),
  )
  const storeId = sale.storeId ?? deps.goods.storeIds[0]
  let byHand = refund.amount
  let missing = 0n
  if (lines.length > 0 && storeId !== undefined) {
    const customerId = sale.customer === '' ? undefined : await deps.buyers(sale.customer)
    const { orderId, channel } = sale
    const asked = { orderId, channel, storeId, reason, lines, customerId, known }
    const done = await bringBack(deps, asked)
    const wanted = lines.reduce((sum, { amount }) => sum + amount, 0n)
    if (done.amount !== wanted)
      throw new Error(`return ${done.returnId} gives back ${done.amount} instead of ${wanted}`)
    byHand -= wanted
    back.returnIds.push(done.returnId)
    const operations = await operationsOf(deps.client, sale.paymentId)
    const refunds = operations.filter(
      ({ kind, state, reason: why }) => kind === 'refund' && state === 'succeeded' && why === reason,
    )
    const parts = (isOther: boolean): Given['parts'] =>
      done.refunds
        .filter(({ to }) => (to !== null) === isOther)
        .map(({ method, amount }) => ({ method, amount: BigInt(amount) }))
    if (parts(false).length > 0)
      back.given.push({
        ...{ kind: 'refund', paymentId: sale.paymentId, channel, parts: parts(false) },
        operationIds: refunds.map(({ id }) => id),
      })
    for (const { payment_id, method, amount, to } of done.refunds) {
      if (to === null || payment_id === null) continue
      back.declined++
      const part = { method, amount: BigInt(amount) }
      back.given.push({ kind: 'credit', paymentId: payment_id, channel, parts: [part], operationIds: [] })
    }
  }
  const isReturned = new Set(lines.flatMap(({ rows }) => rows))
  for (const { row, quantity } of refund.pieces) {
    const one = { article: deps.trade.row(row).article, quantity }
    if (isReturned.has(row)) back.returned.push(one)
    else back.putBack.push(one)
  }
  if (byHand > 0n && others.length > 0) {
    const given = await refundOne(deps, { number, what: 'Return' }, sale, byHand)
    const done = sumOf(given.parts)
    if (done > 0n) back.given.push(given)
    if (done < byHand) back.declined++
    missing = byHand - done
  }
  return missing
}

/**
 * The pieces as lines of the order, where it says they are worth what the file gives back; the others. `known`: the lines of the
 * return that was made before, which are not looked at again.
 */
async function divide(
  deps: GiveBackDeps,
  sale: SoldBefore,
  pieces: readonly Pieces[],
  known: ReadonlySet<string | null> | undefined,
): Promise<{ lines: (LineBack & { rows: number[] })[]; others: Pieces[] }> {
  const ordered = await returnableLines(deps.client, sale.orderId)
  // Rows of one article at one price are one line of the order.
  const byLine = Map.groupBy(pieces, ({ row }) => {
    const { article, price } = deps.trade.row(row)
    const variant = deps.goods.variantOf(article)
    return ordered.find((line) => line.variant_id === variant && line.unit_price === exactMajor(price))
  })
  const lines: (LineBack & { rows: number[] })[] = []
  const others: Pieces[] = []
  for (const [line, own] of byLine) {
    const quantity = own.reduce((sum, one) => sum + one.quantity, 0)
    const amount = own.reduce((sum, one) => sum + one.amount, 0n)
    // Rows that round apart are lines apart, of which this is the first.
    const isThere = line !== undefined && line.quantity_returned + quantity <= line.quantity
    const isWorth = isThere && known === undefined && worthOf(line, line.quantity_returned, quantity) === amount
    if (line && (known ? known.has(line.id) : isWorth))
      lines.push({ line_id: line.id, quantity, amount, rows: own.map(({ row }) => row) })
    else others.push(...own)
  }
  return { lines, others }
}

function summed(counted: readonly Counted[]): Counted[] {
  const sums = new Map<number, number>()
  for (const { article, quantity } of counted) sums.set(article, (sums.get(article) ?? 0) + quantity)
  return [...sums].map(([article, quantity]) => ({ article, quantity }))
}

function sumOf(parts: Given['parts']): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n)
}

async function refundOne(
  deps: GiveBackDeps,
  { number, what }: { number: string; what: string },
  sale: SoldBefore,
  amount: bigint,
): Promise<Given> {
  const path = `/v1/payments/${sale.paymentId}/refunds`
  const body = { amount: Number(amount), reason: `${what} ${number}`.slice(0, 200) }
  const key = `${nameOf(deps.name, number)}.refund.${nameOf(deps.name, sale.invoice).split('.')[1]}`
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
