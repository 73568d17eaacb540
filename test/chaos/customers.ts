// A crowd of clients that behave as our documentation asks them to: one key per intended effect, and the same request
// with the same key until an answer is final, whatever happens to the server meanwhile.

import { systemClock } from '../../server/lib/clock.ts'
import type { PaymentInput, PaymentView } from '../../server/payments/payment.ts'
import { type Answer, type Api, createApi, type Refusal, type Send } from '../api.ts'

type PaymentAnswer = Answer<PaymentView & Refusal>

/** One intended effect: the request in full, so that it can be made again, and the answer that counted. */
export interface Command {
  path: string
  body: object
  key: string
  /** The first answer that was given and not only a delay: 200, 201 or 202, or a refusal. */
  acknowledged?: { status: number; text: string; payment?: PaymentView }
}

/** What one customer does, in order. */
export interface Visit {
  reference: string
  amount: number
  commands: Command[]
  paymentId?: string
}

/** A small seeded generator (mulberry32): the same seed, the same crowd. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

/** Answers that say "later": nothing is known to have happened, or it is still happening. */
const LATER = new Set([
  'idempotency-in-flight',
  'shutting-down',
  'storage-unavailable',
  'vault-unavailable',
  'internal',
])
const REST_MS = 25
/** A restart takes seconds. */
const PATIENCE_MS = 15_000
/** What was under way in a killed process is asked about only after its deadline; such a command is left for the end. */
const IN_FLIGHT_PATIENCE_MS = 1_500

export interface Crowd {
  visits: Visit[]
  /** Answers so far. */
  answered(): number
  /** How often a request had to be made again, by reason. */
  repeats: Record<string, number>
  /** Runs every visit, `atOnce` at a time. */
  run(atOnce: number): Promise<void>
  /** Makes a command again with its key, once. */
  repeat(command: Command): Promise<PaymentAnswer>
}

export function makeCrowd(send: Send, secretKey: string, options: { visits: number; seed: number }): Crowd {
  const random = seeded(options.seed)
  const api = createApi(send, secretKey, 'chaos')
  const repeats: Record<string, number> = {}
  let answered = 0

  const visits = Array.from({ length: options.visits }, (_, n) => {
    const amount = 1000 + Math.floor(random() * 9000)
    return { reference: `visit-${options.seed}-${n}`, amount, commands: [], kind: random(), part: random() }
  })

  async function patiently<T>(ask: () => Promise<Answer<T>>): Promise<Answer<T> | undefined> {
    let inFlight = 0
    for (let waited = 0; waited < PATIENCE_MS && inFlight < IN_FLIGHT_PATIENCE_MS; waited += REST_MS) {
      const answer = await ask().catch(() => undefined)
      const code = answer === undefined ? 'no answer' : ((answer.body as Partial<Refusal>).code ?? '')
      if (answer !== undefined && (answer.status < 400 || !LATER.has(code))) return answer
      repeats[code] = (repeats[code] ?? 0) + 1
      if (code === 'idempotency-in-flight') inFlight += REST_MS
      await systemClock.sleep(REST_MS)
    }
    return undefined
  }

  async function carryOut(visit: Visit, path: string, body: object): Promise<PaymentView | undefined> {
    const command: Command = { path, body, key: `${visit.reference}-${visit.commands.length}` }
    visit.commands.push(command)
    const answer = await patiently(() => api.command(path, body, { key: command.key }))
    if (!answer) return undefined
    answered++
    const payment = answer.status < 300 ? (answer.body as PaymentView) : undefined
    command.acknowledged = { status: answer.status, text: answer.text, payment }
    return answer.status === 201 ? payment : undefined
  }

  async function visit(plan: (typeof visits)[number]): Promise<void> {
    const token = await tokenOf(api, patiently)
    if (token === undefined) return
    const isHeld = plan.kind < 0.4
    const sale: PaymentInput = {
      amount: plan.amount,
      currency: 'EUR',
      channel: 'web',
      reference: plan.reference,
      order_id: plan.reference,
      capture: isHeld ? 'manual' : 'automatic',
      tender: { method: 'card', token },
    }
    const paid = await carryOut(plan, '/v1/payments', sale)
    if (!paid || paid.status === 'failed') return
    const part = 1 + Math.floor(plan.part * (plan.amount - 2))
    if (isHeld) {
      const captured = await carryOut(plan, `/v1/payments/${paid.id}/captures`, { amount: part })
      if (!captured) return
      await carryOut(plan, `/v1/payments/${paid.id}/${plan.kind < 0.2 ? 'cancel' : 'captures'}`, {})
    } else if (plan.kind < 0.8) {
      const refunded = await carryOut(plan, `/v1/payments/${paid.id}/refunds`, { amount: part })
      if (refunded) await carryOut(plan, `/v1/payments/${paid.id}/refunds`, { amount: plan.amount - part })
    }
  }

  return {
    visits,
    repeats,
    answered: () => answered,
    async run(atOnce) {
      const waiting = [...visits]
      const worker = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await visit(next)
      }
      await Promise.all(Array.from({ length: atOnce }, worker))
    },
    repeat: (command) => api.command(command.path, command.body, { key: command.key }),
  }
}

const CARD = { card: { number: '4242424242424242', exp_month: 12, exp_year: 2034 } }

async function tokenOf(
  api: Api,
  patiently: <T>(ask: () => Promise<Answer<T>>) => Promise<Answer<T> | undefined>,
): Promise<string | undefined> {
  const answer = await patiently(() => api.call<{ id: string }>('POST', '/v1/tokens', CARD))
  return answer?.status === 201 ? answer.body.id : undefined
}
