// What the simulator's own tests share: a simulator whose time the test moves, and short ways to send instructions to it.

import type { Clock } from '../../lib/clock.ts'
import type { FaultPlan } from './faults.ts'
import { createSimulator, type PspReply, type PspRequest, type PspVerb, type Simulator } from './index.ts'

export interface Trial {
  simulator: Simulator
  /** Webhooks that arrived, oldest first; `status` is what the receiver answers. */
  received: { headers: Record<string, string>; body: string }[]
  receiver: { status: number }
  advance(ms: number): void
  /** Sends one instruction; `more` over a card sale of 100.00 EUR with a fresh operation id. */
  send(verb: PspVerb, more?: Partial<PspRequest>): Promise<PspReply>
  /** The journal as `effect amount`, oldest first. */
  effects(): string[]
}

export const ACCOUNT = {
  id: 'cac_try',
  webhook_secret: `whsec_${Buffer.from('a secret for these tests').toString('base64')}`,
}
export const START = Date.parse('2026-01-05T09:00:00Z')

export function card(number: string): NonNullable<PspRequest['card']> {
  return { number, exp_month: 12, exp_year: 2030, cvc: '737' }
}

/** Makes one. `path` keeps its memory across trials. */
export function trial(options: { path?: string; faults?: FaultPlan } = {}): Trial {
  let nowMs = START
  let operations = 0
  let tokens = 0
  const clock: Clock = { now: () => new Date(nowMs), sleep: async () => {} }
  const received: Trial['received'] = []
  const receiver = { status: 200 }
  const simulator = createSimulator({
    path: options.path ?? ':memory:',
    clock,
    publicUrl: 'http://127.0.0.1:4000',
    newToken: () => `token${++tokens}`,
    deliver: async (_url, headers, body) => {
      received.push({ headers, body })
      return receiver
    },
  })
  if (options.faults) simulator.setFaults(options.faults)
  return {
    simulator,
    received,
    receiver,
    advance: (ms) => {
      nowMs += ms
    },
    send: (verb, more = {}) =>
      simulator.handle(verb, {
        account: ACCOUNT,
        operation_id: `opn_${++operations}`,
        payment_id: 'pay_1',
        amount: 10_000n,
        currency: 'EUR',
        webhook_url: 'http://127.0.0.1:4000/hooks',
        method: 'card',
        channel: 'web',
        initiator: 'customer',
        ...(more.original_operation_id || more.method || more.terminal_id ? {} : { card: card('4242424242424242') }),
        ...more,
      }),
    effects: () => simulator.journal().map((row) => `${row.effect} ${row.amount}`),
  }
}

/** How it ended, in a word or a decline code. */
export function ended(reply: PspReply): string {
  return reply.outcome.outcome === 'declined' ? reply.outcome.code : reply.outcome.outcome
}
