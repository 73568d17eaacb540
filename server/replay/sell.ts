// One invoice, one payment: from nothing to captured, whatever happens on the way. Each command carries a key made of the
// replay, the invoice and the step, so that running it again finds what was done instead of doing it twice.

import type { Clock } from '../lib/clock.ts'
import {
  accepted,
  CURRENCY,
  findByReference,
  type Operation,
  type Payment,
  Refused,
  readPayment,
  type Tender,
  tenderBody,
} from './api.ts'
import type { Client } from './client.ts'
import { countryCode } from './country.ts'
import {
  chooseChannel,
  chooseSale,
  drawsFor,
  type OfferedMethod,
  type Places,
  type SaleChoice,
  SURE_CARD,
  type TenderChoice,
} from './mix.ts'
import { nameOf, type ReplayName } from './name.ts'
import type { Sale } from './plan.ts'

export interface SellDeps {
  client: Client
  clock: Clock
  places: Places
  name: ReplayName
  offered(amount: bigint, channel: string, country: string | undefined): Promise<OfferedMethod[]>
  /** How long an unknown or pending payment is waited for. */
  patienceMs: number
}

/** What became of a sale. `parts` add up to the invoice's amount. */
export interface Sold {
  paymentId: string
  channel: string
  parts: { method: string; amount: bigint }[]
  /** Tenders that were declined and replaced by another. */
  declined: number
  /** True when the outcome was unknown for a while. */
  wasUnknown: boolean
}

/** More commands than this for one invoice, and something else is wrong. */
const MOST_COMMANDS = 12
/** A provider's notification takes about this long; looking sooner only costs. */
const FIRST_LOOK_MS = 60
const LONGEST_LOOK_MS = 1_000

/** Pays a sale. Throws when it cannot be brought to captured within patience; nothing is then charged beyond what is shown. */
export async function sell(deps: SellDeps, sale: Sale): Promise<Sold> {
  const draw = drawsFor(deps.name.seed, sale.invoice.number)
  const country = countryCode(sale.invoice.country)
  const channel = chooseChannel(draw, deps.places, country)
  const choice = chooseSale(
    draw,
    { channel, amount: sale.amount },
    deps.places,
    await deps.offered(sale.amount, channel, country),
  )
  let payment = await create(deps, sale, { channel, country, choice })
  let operations = payment.operations
  let wasUnknown = false
  let look = FIRST_LOOK_MS
  const approved = new Set<string>()
  const until = deps.clock.now().getTime() + deps.patienceMs
  for (let commands = 0; payment.status !== 'captured'; ) {
    wasUnknown ||= payment.attention === 'unknown_outcome'
    const asked = payment.tenders.find(({ id, status }) => status === 'requires_action' && !approved.has(id))
    if (asked) {
      approved.add(asked.id)
      await approve(deps.client, payment.id, asked, operations)
      look = FIRST_LOOK_MS
    }
    const next = asked ? undefined : await command(deps, sale, payment, { choice, number: commands })
    if (next) {
      if (++commands > MOST_COMMANDS)
        throw new Error(`payment ${payment.id} is still ${next.status} after ${commands} commands`)
      payment = next
      operations = next.operations
      continue
    }
    if (deps.clock.now().getTime() > until) throw new Error(`payment ${payment.id} is still ${payment.status}`)
    await deps.clock.sleep(look)
    look = Math.min(look * 2, LONGEST_LOOK_MS)
    payment = await readPayment(deps.client, payment.id)
    operations = null
  }
  if (BigInt(payment.amount_captured) !== sale.amount) {
    throw new Error(`payment ${payment.id} took ${payment.amount_captured} instead of ${sale.amount}`)
  }
  const paid = payment.tenders.filter((tender) => !IS_DEAD.has(tender.status))
  return {
    paymentId: payment.id,
    channel: payment.channel,
    parts: paid.map(({ method, amount_captured }) => ({ method, amount: BigInt(amount_captured) })),
    declined: payment.tenders.length - paid.length,
    wasUnknown,
  }
}

const IS_DEAD = new Set(['failed', 'canceled', 'expired', 'reversed'])

async function create(
  deps: SellDeps,
  sale: Sale,
  how: { channel: string; country: string | undefined; choice: SaleChoice },
): Promise<Payment> {
  const { invoice, amount } = sale
  const { channel, country, choice } = how
  const [first] = choice.tenders as [SaleChoice['tenders'][number]]
  const tender = await tenderBody(deps.client, first.choice)
  const name = nameOf(deps.name, invoice.number)
  const body = {
    amount: Number(amount),
    currency: CURRENCY,
    channel,
    capture: choice.capture,
    reference: name,
    ...(country === undefined ? {} : { country }),
    ...(first.choice.registerId !== undefined ||
    first.choice.terminalId !== undefined ||
    deps.places.webStoreId === undefined
      ? {}
      : { store_id: deps.places.webStoreId }),
    metadata: { invoiced_at: invoice.at },
    tender: choice.tenders.length === 1 ? tender : { ...tender, amount: Number(first.amount) },
  }
  const answer = await deps.client.post<Payment>('/v1/payments', body, `${name}.pay`)
  // The key has paid before, with a token that was another: the payment is there, and only to be found.
  if (answer.code === 'idempotency-key-reused') {
    const made = await findByReference(deps.client, name)
    if (!made) throw new Refused('POST /v1/payments', answer)
    return made
  }
  return accepted('POST /v1/payments', answer)
}

/** The one command that brings a payment on, or undefined when only waiting helps. */
async function command(
  deps: SellDeps,
  sale: Sale,
  payment: Payment,
  so: { choice: SaleChoice; number: number },
): Promise<Payment | undefined> {
  if (payment.amount_in_flight > 0) return undefined
  const path = `/v1/payments/${payment.id}`
  const name = nameOf(deps.name, sale.invoice.number)
  if (payment.actions.includes('tenders')) {
    const place = payment.tenders.length
    const body = await tenderBody(deps.client, nextTender(payment, so.choice))
    const answer = await deps.client.post<Payment>(`${path}/tenders`, body, `${name}.tender.${place}`)
    // Made before, with another token: see what came of it.
    if (answer.code === 'idempotency-key-reused') return readPayment(deps.client, payment.id)
    return accepted(`POST ${path}/tenders`, answer)
  }
  if (!payment.actions.includes('captures')) return undefined
  const answer = await deps.client.post<Payment>(`${path}/captures`, {}, `${name}.capture.${so.number}`)
  return accepted(`POST ${path}/captures`, answer)
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
    details: { tender_id: string }
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
    }))
}
