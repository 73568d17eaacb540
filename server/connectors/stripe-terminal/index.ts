// Stripe Terminal, driven from the server: an intent is made, handed to a reader, and followed until it has ended. The intent is made
// under the operation's id, so the same one is found again; one that the reader no longer works on is cancelled, and can never be
// charged afterwards. It must never call a sale declined whose intent could still succeed.

import type { Clock } from '../../lib/clock.ts'
import {
  type ChargeInstruction,
  type Connector,
  type ConnectorFacts,
  type FollowUpInstruction,
  inDoubt,
  type Lookup,
  type LookupInstruction,
  NotSent,
  type Outcome,
} from '../connector.ts'
import { type TerminalDriver, TerminalError } from '../terminal.ts'
import { type Api, apiOf, type Intent, type Reader, type Refund, StripeError } from './api.ts'
import { ask } from './ask.ts'
import { declined, refunded, succeeded } from './outcome.ts'
import { receive } from './receive.ts'

/** How often a reader is looked at while a customer stands there. */
const LOOK_MS = 1_000
/** Stripe lists no more at once. */
const PAGE = 100

const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  lookup_by_our_reference: false,
  idempotent: true,
  only_at_terminal: true,
  one_at_a_time: true,
  methods: ['card'],
  currencies: ['EUR', 'GBP', 'USD', 'SEK', 'DKK', 'NOK', 'PLN', 'CZK', 'CHF', 'AUD', 'CAD', 'NZD', 'SGD'],
}
/** Stripe takes no more digits. */
const MOST = 99_999_999n

export function createStripeTerminal({ clock }: { clock: Pick<Clock, 'sleep'> }): Connector {
  return {
    name: 'stripe_terminal',
    facts,
    sale: (instruction) => sale(clock, instruction),
    refund,
    lookup,
    receive,
    terminal: { ...terminal, ask: (call) => ask(clock, call) },
  }
}

async function sale(clock: Pick<Clock, 'sleep'>, instruction: ChargeInstruction): Promise<Outcome> {
  const { account, terminal, amount, signal, operation_id, asks_tip } = instruction
  if (!terminal) throw new NotSent('no terminal was named')
  if (amount > MOST) throw new NotSent('the amount is beyond what Stripe takes')
  const api = apiOf(account, signal)
  const intent = await makeIntent(api, instruction)
  if (intent.status !== 'requires_payment_method') return standing(api, intent, terminal.serial)
  try {
    await api.post(
      `/v1/terminal/readers/${encodeURIComponent(terminal.serial)}/process_payment_intent`,
      {
        payment_intent: intent.id,
        'process_config[enable_customer_cancellation]': true,
        'process_config[skip_tipping]': asks_tip !== true,
      },
      `${operation_id}-process`,
    )
  } catch (error) {
    if (!(error instanceof StripeError) || error.status >= 500) throw error
    return giveUp(api, intent, [error.code], error.message)
  }
  return inDoubt(follow(clock, api, intent, instruction))
}

/** Looks at the intent until the reader has done with it. */
async function follow(
  clock: Pick<Clock, 'sleep'>,
  api: Api,
  intent: Intent,
  { terminal, signal }: ChargeInstruction,
): Promise<Outcome> {
  for (;;) {
    await clock.sleep(LOOK_MS, signal)
    if (signal.aborted) throw new Error('the customer was still at the terminal at the deadline')
    const outcome = await standing(api, await readIntent(api, intent.id), terminal?.serial ?? '')
    if (outcome.outcome !== 'unknown') return outcome
  }
}

/** The same intent for the same operation, however often it is asked for. */
function makeIntent(
  api: Api,
  { operation_id, amount = 0n, currency = '' }: Pick<LookupInstruction, 'operation_id' | 'amount' | 'currency'>,
): Promise<Intent> {
  const form = {
    ...{ amount: String(amount), currency: currency.toLowerCase(), capture_method: 'automatic' },
    ...{ 'payment_method_types[]': 'card_present', 'metadata[operation_id]': operation_id },
    'expand[]': 'latest_charge',
  }
  return api.post<Intent>('/v1/payment_intents', form, operation_id)
}

function readIntent(api: Api, id: string): Promise<Intent> {
  return api.get<Intent>(`/v1/payment_intents/${encodeURIComponent(id)}`, { 'expand[]': 'latest_charge' })
}

/** How an intent stands, with the reader that works on it. `unknown` while it does. */
async function standing(api: Api, intent: Intent, serial: string): Promise<Outcome> {
  if (intent.status === 'succeeded') return succeeded(intent)
  if (intent.status === 'canceled') {
    const { decline_code, code, message } = intent.last_payment_error ?? {}
    if (decline_code !== undefined || code !== undefined) return declined(intent, [decline_code, code], message)
    return { outcome: 'no_effect', reason: 'the intent was cancelled' }
  }
  if (intent.status === 'processing') return { outcome: 'unknown', reason: 'Stripe is still at it' }
  const { action } = await api.get<Reader>(`/v1/terminal/readers/${encodeURIComponent(serial)}`)
  const isOurs = action?.process_payment_intent?.payment_intent === intent.id
  if (isOurs && action?.status === 'in_progress') return { outcome: 'unknown', reason: 'the terminal is still at it' }
  // Read after the reader: what it has just finished shows now.
  const now = await readIntent(api, intent.id)
  if (now.status === 'succeeded') return succeeded(now)
  const error = now.last_payment_error
  const words = [error?.decline_code, error?.code, isOurs ? action?.failure_code : undefined]
  return giveUp(api, now, words, error?.message ?? (isOurs ? action?.failure_message : undefined))
}

/** Cancels the intent, so that a no is for good. Where that is refused it may have succeeded, and nothing is known. */
async function giveUp(
  api: Api,
  intent: Intent,
  words: readonly (string | null | undefined)[],
  said?: string | null,
): Promise<Outcome> {
  const canceled = await api.post<Intent>(`/v1/payment_intents/${encodeURIComponent(intent.id)}/cancel`, {})
  if (canceled.status !== 'canceled') return { outcome: 'unknown', reason: `the intent is ${canceled.status}` }
  if (words.every((word) => word == null)) return { outcome: 'no_effect', reason: 'no card was charged for it' }
  return declined(intent, words, said)
}

async function refund({
  account,
  signal,
  operation_id,
  amount,
  tip = 0n,
  original,
}: FollowUpInstruction): Promise<Outcome> {
  const api = apiOf(account, signal)
  const form = {
    ...{ payment_intent: original.psp_reference, amount: String(amount + tip) },
    'metadata[operation_id]': operation_id,
  }
  try {
    return less(refunded(await api.post<Refund>('/v1/refunds', form, operation_id)), tip)
  } catch (error) {
    if (!(error instanceof StripeError) || error.status >= 500) throw error
    return { outcome: 'declined', code: error.code, message: error.message, is_retryable: false }
  }
}

/** What went back without the tip, which is told apart. */
function less(outcome: Outcome, tip: bigint): Outcome {
  return outcome.outcome === 'succeeded' ? { ...outcome, amount: outcome.amount - tip } : outcome
}

async function lookup(instruction: LookupInstruction): Promise<Lookup> {
  const { account, signal, operation_id, kind, terminal, tip = 0n } = instruction
  const api = apiOf(account, signal)
  if (kind === 'refund') {
    const { data } = await api.get<{ data: Refund[] }>('/v1/refunds', { limit: PAGE })
    const found = data.find(({ metadata }) => metadata?.['operation_id'] === operation_id)
    return found ? less(refunded(found), tip) : { outcome: 'not_found' }
  }
  // Its keys live for a day, its search needs a minute: between them every intent is found.
  const query = `metadata['operation_id']:'${operation_id}'`
  const { data } = await api.get<{ data: Intent[] }>('/v1/payment_intents/search', { query })
  const [known] = data
  if (!known) return { outcome: 'not_found' }
  return standing(api, await readIntent(api, known.id), terminal?.serial ?? '')
}

const terminal: TerminalDriver = {
  async abort({ account, terminal, signal }) {
    try {
      await apiOf(account, signal).post(`/v1/terminal/readers/${encodeURIComponent(terminal.serial)}/cancel_action`, {})
    } catch (error) {
      if (error instanceof StripeError && error.code === 'terminal_reader_busy')
        throw new TerminalError('busy', error.message)
      throw error
    }
  },
  async diagnose({ account, terminal, signal }) {
    const path = `/v1/terminal/readers/${encodeURIComponent(terminal.serial)}`
    const { status, action } = await apiOf(account, signal).get<Reader>(path)
    if (status !== 'online') return { status: 'unreachable' }
    return { status: action?.status === 'in_progress' ? 'busy' : 'ok' }
  },
}
