// Carries out one action in a world, as a client, a customer, a provider or time would.

import { FAULT_NAMES } from '../../server/connectors/simulator/index.ts'
import { applyInbound, expireHolds, resolveDue, reverseDuplicates } from '../../server/payments/index.ts'
import type { Answer, World } from '../world.ts'
import type { Letter } from '../world-mail.ts'
import type { Action, Part, Source } from './actions.ts'
import type { Facts, OperationRow } from './facts.ts'
import { PaymentModel } from './model.ts'

/** A money request as it was sent, to be sent again. */
export interface Request {
  url: string
  body: object
  key: string
}

/** What came of an action. `expected` is the model's word on it: 200 for any acceptance, undefined for no opinion. */
export interface Happened {
  answer?: Answer
  expected?: number | undefined
  request?: Request
  /** For actions that are no request: whether they found something to do. */
  didSomething?: boolean
  /** What is wrong already, before the books are looked at. */
  complaints?: string[]
}

const CARD_NUMBERS: Partial<Record<Source, string>> = {
  card: '4242424242424242',
  declined_card: '4000000000000002',
  poor_card: '4000000000009995',
  challenge_card: '4000002500003155',
  frictionless_card: '4000000000003055',
  later_card: '4000007700001404',
  later_declined_card: '4000007700001503',
  capture_fails_card: '4000007700001107',
  refund_fails_card: '4000007700001206',
}

const WORKERS = { inbox: applyInbound, resolver: resolveDue, expiry: expireHolds, duplicates: reverseDuplicates }

export interface Stage {
  world: World
  facts: Facts
  requests: Request[]
  /** Charges whose dispute is open, by operation id. */
  disputed: Map<string, 'open' | 'closed'>
}

export async function perform(stage: Stage, action: Action): Promise<Happened> {
  const { world, facts } = stage
  switch (action.do) {
    case 'pay':
      return pay(stage, action)
    case 'tender': {
      const payment = pick(facts, action.at, (model) => model.tender() === 200)
      if (!payment) return {}
      const { model, fact } = payment
      const due = model.due()
      const amount = action.part === 'all' ? undefined : partOf(due, action.part)
      const tender = { ...(await tenderFrom(world, action.source)), ...(amount === undefined ? {} : { amount }) }
      const others = orderClaim(facts, fact.order_id, fact.id)
      const expected = model.tender(amount)
      return send(
        world,
        action.salt,
        `/v1/payments/${fact.id}/tenders`,
        tender,
        isAtTill(action.source) || isBank(action.source) ? undefined : expected === 200 ? others : expected,
      )
    }
    case 'capture': {
      const payment = pick(facts, action.at, (model) => model.capture() === 200)
      if (!payment) return {}
      const { amount_capturable } = payment.model.expected()
      const amount = action.part === 'all' ? undefined : partOf(amount_capturable, action.part)
      const body = { ...(amount === undefined ? {} : { amount }), ...(action.isFinal ? { final: true } : {}) }
      return send(
        world,
        action.salt,
        `/v1/payments/${payment.fact.id}/captures`,
        body,
        payment.model.capture(amount, action.isFinal),
      )
    }
    case 'refund':
      return refund(stage, action)
    case 'cancel': {
      const payment = pick(facts, action.at, (model) => model.cancel() === 200)
      return payment
        ? send(world, action.salt, `/v1/payments/${payment.fact.id}/cancel`, {}, payment.model.cancel())
        : {}
    }
    case 'increment':
    case 'extend': {
      const says = (model: PaymentModel) =>
        action.do === 'increment' ? model.increment(action.amount) : model.extend()
      const payment = pick(facts, action.at, (model) => says(model) === 200)
      if (!payment) return {}
      const [path, body] = action.do === 'increment' ? ['increments', { amount: action.amount }] : ['extensions', {}]
      return send(world, action.salt, `/v1/payments/${payment.fact.id}/${path}`, body, says(payment.model))
    }
    case 'credit': {
      const to = action.toCash
        ? { method: 'cash', register_id: world.merchant.registers[0]?.id }
        : { method: 'card', token: await world.tokenise(CARD_NUMBERS.card as string) }
      const body = { amount: action.amount, currency: 'EUR', channel: action.toCash ? 'pos' : 'web', to }
      return send(world, action.salt, '/v1/credits', body, 200)
    }
    case 'dispute':
      return dispute(stage, action)
    case 'customer': {
      const waiting = facts.operations.filter(({ account, id }) => {
        const known = world.simulator.store.operation(account, id)
        return known?.state === 'pending' && ['challenge', 'pay', 'app', 'terminal'].includes(known.behaviour)
      })
      const one = waiting[action.at % Math.max(1, waiting.length)]
      return { didSomething: one !== undefined && world.simulator.act(one.account, one.id, action.act) }
    }
    case 'mail':
      return post(world, action)
    case 'forge':
      return forge(stage, action)
    case 'work':
      return { didSomething: (await world.step(WORKERS[action.worker])) > 0 }
    case 'wait':
      world.clock.advance(action.ms)
      await world.letProviderWork()
      return { didSomething: true }
    case 'retry':
      return retry(stage, action)
    case 'restart':
      await world.restart()
      return { didSomething: true }
  }
}

async function pay(stage: Stage, action: Extract<Action, { do: 'pay' }>): Promise<Happened> {
  const { world, facts } = stage
  const { source } = action
  const amount = action.amount
  const tender = source === undefined ? undefined : await tenderFrom(world, source)
  if (tender && action.part === 'half' && amount > 1) tender['amount'] = Math.floor(amount / 2)
  const order_id = action.order === undefined ? undefined : `order-${action.order}`
  const body = {
    amount,
    currency: action.currency,
    channel: source && isAtTill(source) ? 'pos' : 'web',
    capture: action.isManual ? 'manual' : 'automatic',
    ...(order_id ? { order_id } : {}),
    ...(source && isBank(source) ? { country: 'NL' } : {}),
    ...(tender ? { tender } : {}),
  }
  // A bank method takes euro only; neither it nor cash can be held.
  const isHeldable = source === undefined || !(isBank(source) || source === 'cash')
  const isTaken = isHeldable || (!action.isManual && (source === 'cash' || action.currency === 'EUR'))
  const expected = !isTaken ? 422 : tender ? orderClaim(facts, order_id ?? null) : 200
  return send(world, action.salt, '/v1/payments', body, isTaken ? expected : undefined)
}

async function refund(stage: Stage, action: Extract<Action, { do: 'refund' }>): Promise<Happened> {
  const { world, facts } = stage
  const payment = pick(facts, action.at, (model) => model.isCharge && model.refund() === 200)
  if (!payment) return {}
  const { model, fact } = payment
  const { amount_refundable } = model.expected()
  const amount = action.part === 'all' ? undefined : partOf(amount_refundable, action.part)
  const tenderId = action.ofOneTender ? fact.tenders[0]?.id : undefined
  const body = {
    ...(amount === undefined ? {} : { amount }),
    ...(tenderId === undefined ? {} : { tender_id: tenderId }),
    ...(action.toCash ? { to: { method: 'cash', register_id: world.merchant.registers[0]?.id } } : {}),
  }
  const expected = model.isCharge ? model.refund(amount, tenderId) : undefined
  return send(world, action.salt, `/v1/payments/${fact.id}/refunds`, body, expected)
}

function dispute({ world, facts, disputed }: Stage, action: Extract<Action, { do: 'dispute' }>): Happened {
  const charges = facts.operations.filter(
    ({ account, id }) =>
      disputed.get(id) !== 'closed' && (world.simulator.store.operation(account, id)?.captured ?? 0n) > 0n,
  )
  const charge = charges[action.at % Math.max(1, charges.length)]
  if (!charge) return { didSomething: false }
  const stage = disputed.has(charge.id) ? (action.isWon ? 'won' : 'lost') : 'opened'
  const didSomething = world.simulator.dispute(charge.account, charge.id, stage)
  if (didSomething) disputed.set(charge.id, stage === 'opened' ? 'open' : 'closed')
  return { didSomething }
}

async function post(world: World, action: Extract<Action, { do: 'mail' }>): Promise<Happened> {
  await world.letProviderWork()
  if (world.mail.length === 0) return { didSomething: false }
  if (action.how === 'all') {
    await world.deliverAll()
    return { didSomething: true }
  }
  const [letter] = world.mail.splice(action.at % world.mail.length, 1) as [Letter]
  if (action.how === 'drop') {
    world.lost.push(letter)
    return { didSomething: true }
  }
  const statuses = [await world.deliver(letter)]
  if (action.how === 'duplicate') statuses.push(await world.deliver(letter))
  // A provider that got no answer sends it again.
  if (statuses.at(-1) === 0) world.mail.push(letter)
  return {
    didSomething: true,
    complaints: statuses.filter((s) => s !== 200 && s !== 0).map((s) => `a genuine webhook was answered ${s}`),
  }
}

/** A genuine, signed webhook that says something else than was instructed: it must be taken in and change nothing. */
async function forge({ world, facts }: Stage, action: Extract<Action, { do: 'forge' }>): Promise<Happened> {
  await world.deliverAll()
  const candidates = facts.operations.filter(({ account }) => world.simulator.store.setting(`secrets:${account}`))
  const target = candidates[action.at % Math.max(1, candidates.length)]
  if (!target) return { didSomething: false }
  const payment = facts.payments.find(({ id }) => id === target.payment_id)
  const amount = String(target.amount + (action.how === 'amount' ? 100 : 0))
  const operation_id = action.how === 'unknown' ? `opn_${'0'.repeat(26)}` : target.id
  const at = world.clock.now().toISOString()
  const body = {
    id: `simevt_forged${action.salt}`,
    type: 'operation.succeeded',
    created_at: at,
    account: target.account,
    data: {
      operation_id,
      psp_reference: 'sim_forged',
      amount,
      currency: action.how === 'currency' ? (payment?.currency === 'SEK' ? 'EUR' : 'SEK') : payment?.currency,
      is_reversal: false,
      outcome: { outcome: 'succeeded', amount, psp_reference: 'sim_forged', occurred_at: at },
    },
  }
  const path = `/hooks/${world.merchant.merchant_id}/${target.account}`
  const before = await stateOf(world, target)
  const status = await world.deliver({ path, eventId: body.id, body: JSON.stringify(body) })
  await world.step(applyInbound)
  const after = await stateOf(world, target)
  const complaints: string[] = []
  if (status !== 200 && status !== 0) complaints.push(`a genuine webhook was answered ${status}`)
  if (before !== after)
    complaints.push(`I-10 a webhook with the wrong ${action.how} moved ${target.id} from ${before} to ${after}`)
  return { didSomething: true, complaints }
}

async function stateOf(world: World, { id }: OperationRow): Promise<string | undefined> {
  const { rows } = await world.database.db.query<{ state: string }>(
    'select state from operation where merchant_id = $1 and id = $2',
    [world.merchant.merchant_id, id],
  )
  return rows[0]?.state
}

async function retry({ world, facts, requests }: Stage, action: Extract<Action, { do: 'retry' }>): Promise<Happened> {
  const request = requests[action.at % Math.max(1, requests.length)]
  if (!request) return {}
  const isClaimed = facts.claimed.has(request.key)
  const stored = facts.replies.get(request.key)
  const { amount = 76 } = request.body as { amount?: number }
  const body = action.isOtherBody ? { ...request.body, amount: amount + 1 } : request.body
  const answer = await world.call('POST', request.url, body, { idempotencyKey: request.key })
  const complaints: string[] = []
  if (answer.status !== 0 && isClaimed) {
    const said = `${answer.status} ${answer.text}`
    const code = answer.body['code']
    if (action.isOtherBody && code !== 'idempotency-key-reused') {
      // Where the body cannot carry an amount it is refused before the key is looked at.
      if (code !== 'validation-error' && code !== 'unknown-field')
        complaints.push(`I-05 the key of another request was answered ${said}`)
    } else if (!action.isOtherBody && stored !== undefined && said !== stored) {
      complaints.push(`I-04 a repeated request was answered ${said} instead of ${stored}`)
    } else if (!action.isOtherBody && stored === undefined && ![200, 201, 202, 409].includes(answer.status)) {
      complaints.push(`I-04 a repeated request was answered ${said}`)
    }
  }
  return { answer, complaints, ...(isClaimed ? {} : { request: { ...request, body } }) }
}

async function send(
  world: World,
  salt: number,
  url: string,
  body: object,
  expected: number | undefined,
): Promise<Happened> {
  const key = `request-${salt}`
  const answer = await world.call('POST', url, body, { idempotencyKey: key })
  return { answer, expected, request: { url, body, key } }
}

/** The payment an action is aimed at: one where it is possible, and now and then any. */
function pick(facts: Facts, at: number, isPossible: (model: PaymentModel) => boolean) {
  const all = facts.payments.map((fact) => ({ fact, model: new PaymentModel(fact) }))
  const from = at % 5 === 0 ? all : all.filter(({ model }) => isPossible(model))
  return from[at % Math.max(1, from.length)]
}

/** 200 when the order is free for `self`, 409 when another payment has it: the last that tried to charge for it, until it is out. */
function orderClaim(facts: Facts, orderId: string | null, self?: string): number {
  if (orderId === null) return 200
  const ofOrder = new Map(facts.payments.filter(({ order_id }) => order_id === orderId).map((fact) => [fact.id, fact]))
  const charges = facts.operations.filter(
    ({ kind, payment_id }) => (kind === 'sale' || kind === 'authorize') && ofOrder.has(payment_id),
  )
  const holder = ofOrder.get(charges.at(-1)?.payment_id ?? '')
  return holder !== undefined && holder.id !== self && new PaymentModel(holder).claimsOrder() ? 409 : 200
}

function partOf(whole: number, part: Part): number {
  if (part === 'too_much') return whole + 1
  return Math.max(1, part === 'half' ? Math.floor(whole / 2) : part === 'third' ? Math.floor(whole / 3) : whole)
}

function isAtTill(source: Source): boolean {
  return source === 'cash' || source === 'terminal' || source === 'waiting_terminal'
}

/** Only in euro, and never authorised first. */
function isBank(source: Source): boolean {
  return source === 'ideal' || source === 'sepa_debit'
}

async function tenderFrom(world: World, source: Source): Promise<Record<string, unknown>> {
  const number = CARD_NUMBERS[source]
  if (number) return { method: 'card', token: await world.tokenise(number) }
  if (source === 'cash') return { method: 'cash', cash: { register_id: world.merchant.registers[0]?.id } }
  if (source === 'sepa_debit')
    return { method: source, bank_account: { iban: 'NL91ABNA0417164300', holder: 'E. de Vries' } }
  if (isBank(source)) return { method: source }
  const terminal = world.merchant.terminals[0]?.id as string
  const { rows } = await world.database.db.query<{ account: string }>(
    'select connector_account_id as account from terminal where merchant_id = $1 and id = $2',
    [world.merchant.merchant_id, terminal],
  )
  world.simulator.setTerminal(rows[0]?.account as string, terminal, { waits: source === 'waiting_terminal' })
  return { method: 'card', terminal_id: terminal }
}

/** Faults that the weather can bring. */
export const WEATHER = FAULT_NAMES
