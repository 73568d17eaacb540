// Stripe's host with one reader, written from its documentation: intents, a reader that works on one at a time, refunds, and keys
// under which a request is answered as it was the first time.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Intent, Reader, Refund } from './api.ts'

export const API_KEY = 'sk_test_reader'
export const READER = 'tmr_1'

export interface FakeStripe {
  url: string
  intents: Intent[]
  refunds: Refund[]
  reader: Reader
  /** What the customer does as soon as the reader asks; null: nobody is there. */
  customer: 'taps' | 'declined' | 'cancels' | null
  /** Cents given for the staff where the reader asks. */
  tip: number
  /** The next answer to a path that ends so is lost on its way. */
  loses: string | undefined
  /** The last question, field by field, and what the customer answers to it; null: nothing. */
  asked: Record<string, string>
  answers: object | null
  present(): void
  close(): Promise<void>
}

export async function fakeStripe(): Promise<FakeStripe> {
  const answered = new Map<string, { status: number; body: string }>()
  let asksTip = false
  const fake: FakeStripe = {
    ...{ url: '', intents: [], refunds: [], customer: 'taps', tip: 0, loses: undefined },
    ...{ asked: {}, answers: null },
    reader: { id: READER, status: 'online', action: null },
    present() {
      const intent = fake.intents.find(({ id }) => id === fake.reader.action?.process_payment_intent?.payment_intent)
      if (!intent || !fake.reader.action) return
      if (fake.customer === 'cancels') {
        Object.assign(fake.reader.action, { status: 'failed', failure_code: 'customer_canceled' })
      } else if (fake.customer === 'declined') {
        intent.last_payment_error = { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No.' }
        Object.assign(fake.reader.action, { status: 'failed', failure_code: 'card_declined' })
      } else {
        const tip = asksTip ? fake.tip : 0
        const card = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030, fingerprint: 'fp_1' }
        const receipt = { authorization_code: '123456' }
        Object.assign(intent, {
          ...{ status: 'succeeded', amount_received: intent.amount + tip, amount_details: { tip: { amount: tip } } },
          latest_charge: {
            created: 1_764_212_400,
            payment_method_details: { card_present: { ...card, read_method: 'contactless_emv', receipt } },
          },
        })
        fake.reader.action = null
      }
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }

  const server = createServer((request, reply) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => handle(request, Buffer.concat(chunks).toString('utf8'), reply))
  })

  function handle(request: IncomingMessage, body: string, reply: ServerResponse): void {
    const url = new URL(request.url ?? '', 'http://fake')
    const key = request.headers['idempotency-key'] as string | undefined
    const known = key === undefined ? undefined : answered.get(key)
    const isKnown = request.headers.authorization === `Bearer ${API_KEY}`
    const given = known ?? (isKnown ? route(request.method ?? '', url, new URLSearchParams(body)) : refusal(401, 'no'))
    if (key !== undefined && isKnown) answered.set(key, given)
    if (fake.loses !== undefined && url.pathname.endsWith(fake.loses)) {
      fake.loses = undefined
      reply.socket?.destroy()
      return
    }
    reply.writeHead(given.status, { 'content-type': 'application/json' }).end(given.body)
  }

  function route(method: string, url: URL, form: URLSearchParams): { status: number; body: string } {
    const [, , kind, id = '', verb] = url.pathname.split('/')
    if (kind === 'terminal') return atReader(method, url.pathname.split('/').at(-1) ?? '', form)
    if (kind === 'refunds') return refunds(method, form)
    if (id === 'search') {
      const wanted = /'(opn_[^']+)'/.exec(url.searchParams.get('query') ?? '')?.[1]
      return ok({ data: fake.intents.filter(({ metadata }) => metadata?.['operation_id'] === wanted) })
    }
    if (method === 'POST' && id === '') {
      const intent: Intent = {
        ...{ id: `pi_${fake.intents.length + 1}`, status: 'requires_payment_method', latest_charge: null },
        ...{ amount: Number(form.get('amount')), currency: form.get('currency') ?? '', last_payment_error: null },
        metadata: { operation_id: form.get('metadata[operation_id]') ?? '' },
      }
      fake.intents.push(intent)
      return ok(intent)
    }
    const intent = fake.intents.find((one) => one.id === id)
    if (!intent) return refusal(404, 'resource_missing')
    if (verb === 'cancel') {
      if (intent.status === 'succeeded') return refusal(400, 'payment_intent_unexpected_state')
      intent.status = 'canceled'
    }
    return ok(intent)
  }

  function atReader(method: string, verb: string, form: URLSearchParams): { status: number; body: string } {
    if (method === 'GET') return ok(fake.reader)
    if (verb === 'cancel_action') {
      fake.reader.action = null
      return ok(fake.reader)
    }
    if (fake.reader.status === 'offline') return refusal(400, 'terminal_reader_offline')
    if (fake.reader.action?.status === 'in_progress') return refusal(400, 'terminal_reader_busy')
    if (verb === 'collect_inputs') {
      fake.asked = Object.fromEntries(form)
      const body = ok(fake.reader)
      const status = fake.answers ? 'succeeded' : 'in_progress'
      const collect_inputs = { inputs: [{ type: form.get('inputs[0][type]'), ...fake.answers }] }
      fake.reader.action = { type: 'collect_inputs', status, ...{ collect_inputs } }
      return body
    }
    asksTip = form.get('process_config[skip_tipping]') === 'false'
    fake.reader.action = {
      ...{ type: 'process_payment_intent', status: 'in_progress' },
      process_payment_intent: { payment_intent: form.get('payment_intent') ?? '' },
    }
    const body = JSON.stringify(fake.reader)
    if (fake.customer !== null) fake.present()
    return { status: 200, body }
  }

  function refunds(method: string, form: URLSearchParams): { status: number; body: string } {
    if (method === 'GET') return ok({ data: fake.refunds })
    const intent = fake.intents.find(({ id }) => id === form.get('payment_intent'))
    const amount = Number(form.get('amount'))
    const before = fake.refunds
      .filter(({ metadata }) => metadata?.['intent'] === intent?.id)
      .reduce((sum, refund) => sum + refund.amount, 0)
    if (!intent || amount + before > (intent.amount_received ?? 0)) return refusal(400, 'charge_already_refunded')
    const operation_id = form.get('metadata[operation_id]') ?? ''
    const refund = {
      id: `re_${fake.refunds.length + 1}`,
      status: 'succeeded',
      amount,
      metadata: { operation_id, intent: intent.id },
    }
    fake.refunds.push(refund)
    return ok(refund)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return fake
}

function ok(body: unknown): { status: number; body: string } {
  return { status: 200, body: JSON.stringify(body) }
}

function refusal(status: number, code: string): { status: number; body: string } {
  return { status, body: JSON.stringify({ error: { code, type: 'invalid_request_error', message: code } }) }
}
