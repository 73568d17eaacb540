// PAY.ECR: the till speaks to a terminal in the shop's network, one JSON object a line over TCP (port 8888). Events of a transaction come
// over the connection that began it; the terminal remembers its last twenty by our reference. Source: PAY.ECR docs/message_protocol.md,
// read 2026-11.

import type {
  ChargeInstruction,
  CreditInstruction,
  InstrumentFacts,
  Lookup,
  LookupInstruction,
  Outcome,
} from '../connector.ts'
import { inDoubt, NotSent } from '../connector.ts'
import { addressOf, dial, type Line } from '../tcp.ts'
import { type Diagnosis, type TerminalCall, TerminalError } from '../terminal.ts'
import { referenceOf } from './reference.ts'
import { type Settings, settingsOf } from './settings.ts'

interface Message {
  type?: string
  status?: string
  reason?: string
  event?: string
  approved?: boolean
  message?: string
}

interface Remembered extends Message {
  orderId?: string | null
  reference?: string | null
  amount?: number
  currency?: string
  cardNumber?: string | null
  description?: string | null
  createdAt?: string
  ticket?: string | null
}

export type Tell = (step: string) => void

/** What the till shows, where it has words for it. */
const STEPS: Record<string, string> = { PIN_INPUT_PENDING: 'wait_for_pin' }
const BUSY: Outcome = {
  outcome: 'declined',
  code: 'terminal_busy',
  message: 'The terminal is doing something else.',
  is_retryable: true,
}
/** A slip of some kilobytes is the most there is. */
const MAX_LINE = 262_144

/** A payment, or a refund to a card that is presented. */
export async function transact(
  instruction: ChargeInstruction | CreditInstruction,
  type: 'PAYMENT' | 'REFUND',
  tell: Tell,
): Promise<Outcome> {
  const { account, terminal, signal, operation_id, amount, currency, reference, webhook_url } = instruction
  if (!terminal) throw new NotSent('no terminal was named')
  const settings = settingsOf(account)
  const talk = await open(settings, terminal.serial, signal)
  try {
    const free = await beforehand(talk.ask({ type: 'PING' }))
    if (free.status !== 'IDLE') return BUSY
    const transaction = {
      ...{ type, amount: { value: Number(amount), currency }, reference: referenceOf(operation_id) },
      ...{ exchangeUrl: webhook_url, ...(reference !== undefined && { description: reference.slice(0, 32) }) },
    }
    talk.send({ type: 'TRANSACTION_START', transaction, ...injected(settings) })
    const mayBeKept = 'may_go_offline' in instruction && instruction.may_go_offline === true
    return kept(await inDoubt(followed(talk, operation_id, currency, tell)), mayBeKept ? amount : undefined)
  } finally {
    talk.close()
  }
}

/** What the terminal keeps for later is taken for paid as far as the caps allow that, until it is known. */
function kept(outcome: Outcome, amount: bigint | undefined): Outcome {
  if (outcome.outcome !== 'pending' || amount === undefined) return outcome
  return { outcome: 'succeeded', amount, psp_reference: outcome.psp_reference, is_provisional: true }
}

/** Listens until the terminal has ended, and then asks it for how much. */
async function followed(talk: Talk, operationId: string, currency: string, tell: Tell): Promise<Outcome> {
  for (;;) {
    const said = await talk.next()
    if (said.type === 'ERROR') return neverBegun(talk, operationId, currency, said.reason)
    if (said.type !== 'TRANSACTION_EVENT') continue
    const { event = '', message = '', approved } = said
    const step = STEPS[event]
    if (step) tell(step)
    if (event === 'CANCELLED') return declined('canceled', 'Canceled on the terminal.')
    if (event === 'FAILED') return declined('terminal_refused', message || 'The payment failed.')
    if (event === 'COMPLETED' && approved === false)
      return declined('card_declined', message || 'The card was declined.')
    if (event === 'COMPLETED' || event === 'QUEUED')
      return outcomeOf(await history(talk, operationId), operationId, currency)
    // It may be the end or a further try, so the terminal is asked which.
    if (event === 'PIN_INPUT_ERROR' && (await talk.ask({ type: 'PING' })).status === 'IDLE')
      return outcomeOf(await history(talk, operationId), operationId, currency)
  }
}

/** The terminal refused the message. It did nothing if it is idle and does not know of it. */
async function neverBegun(talk: Talk, operationId: string, currency: string, reason = 'no reason'): Promise<Outcome> {
  const { status } = await talk.ask({ type: 'PING' })
  const known = await history(talk, operationId)
  if (known) return outcomeOf(known, operationId, currency)
  if (status !== 'IDLE') return { outcome: 'unknown', reason: `the terminal said ${reason}, and goes on` }
  return { outcome: 'no_effect', reason: `the terminal refused it: ${reason}` }
}

/** What the terminal remembers of an operation. */
export async function remembered(instruction: LookupInstruction): Promise<Lookup> {
  const { account, terminal, signal, operation_id, currency = '' } = instruction
  if (!terminal) return { outcome: 'unknown', reason: 'no terminal was named' }
  const talk = await open(settingsOf(account), terminal.serial, signal)
  try {
    const { status } = await talk.ask({ type: 'PING' })
    const known = await history(talk, operation_id)
    if (known) return outcomeOf(known, operation_id, currency)
    if (status !== 'IDLE') return { outcome: 'unknown', reason: `the terminal is ${status}` }
    return { outcome: 'not_found' }
  } finally {
    talk.close()
  }
}

export async function stop({ account, terminal, signal }: TerminalCall): Promise<void> {
  await atTerminal(account, terminal.serial, signal, async (talk) => {
    talk.send({ type: 'TRANSACTION_STOP' })
    // Answered after it, so it was read.
    await talk.ask({ type: 'PING' })
  })
}

const STATES: Record<string, Diagnosis['status']> = {
  ...{ IDLE: 'ok', BUSY: 'busy', ORDER_PRESENTING: 'busy', BOOTING: 'maintenance' },
}

export function diagnose({ account, terminal, signal }: TerminalCall): Promise<Diagnosis> {
  return atTerminal(account, terminal.serial, signal, async (talk) => {
    const { status = '' } = await talk.ask({ type: 'PING' })
    return { status: STATES[status] ?? 'unreachable' }
  })
}

async function atTerminal<T>(
  account: TerminalCall['account'],
  serial: string,
  signal: AbortSignal,
  does: (talk: Talk) => Promise<T>,
): Promise<T> {
  const talk = await open(settingsOf(account), serial, signal).catch((error: unknown) => {
    throw error instanceof NotSent ? new TerminalError('unreachable', error.message) : error
  })
  try {
    return await does(talk)
  } finally {
    talk.close()
  }
}

/** Undefined for what the terminal does not know. */
async function history(talk: Talk, operationId: string): Promise<Remembered | undefined> {
  const said = await talk.ask({ type: 'HISTORY_GET', needle: referenceOf(operationId) })
  return said.type === 'ERROR' ? undefined : (said as Remembered)
}

function outcomeOf(known: Remembered | undefined, operationId: string, currency: string): Outcome {
  if (!known) return { outcome: 'unknown', reason: 'the terminal does not remember what it has just done' }
  if (known.reference !== referenceOf(operationId))
    return { outcome: 'unknown', reason: 'the terminal told of another' }
  switch (known.status) {
    case 'SUCCESS':
      return succeeded(known, operationId, currency)
    case 'QUEUED':
      // Kept for when there is a network again, and perhaps declined then.
      return { outcome: 'pending', psp_reference: known.orderId ?? referenceOf(operationId) }
    case 'CANCEL':
      return declined('canceled', 'Canceled on the terminal.')
    case 'EXPIRED':
      return declined('expired', 'Nobody paid in time.')
    case 'FAILED':
      return declined('terminal_refused', known.description ?? 'The payment failed.')
    default:
      return { outcome: 'unknown', reason: `the terminal says ${known.status}` }
  }
}

function succeeded(known: Remembered, operationId: string, currency: string): Outcome {
  const { amount, createdAt = '', ticket } = known
  if (!Number.isSafeInteger(amount)) return { outcome: 'unknown', reason: 'approved, without an amount' }
  if (known.currency !== currency) return { outcome: 'unknown', reason: `approved in ${known.currency}` }
  return {
    outcome: 'succeeded',
    amount: BigInt(amount as number),
    psp_reference: known.orderId ?? referenceOf(operationId),
    ...(!Number.isNaN(Date.parse(createdAt)) && { occurred_at: new Date(createdAt).toISOString() }),
    instrument: instrumentOf(known),
    ...(ticket && { detail: { slip: Buffer.from(ticket, 'base64').toString('utf8') } }),
  }
}

function instrumentOf({ cardNumber }: Remembered): InstrumentFacts {
  // Masked: the digits at its end are the last four, where there is a mask before them.
  const last4 = /[^\d\s](?:\s?)(\d{4})$/.exec(cardNumber ?? '')?.[1]
  return { kind: 'card', ...(last4 !== undefined && { last4 }) }
}

function declined(code: string, message: string): Outcome {
  return { outcome: 'declined', code, message, is_retryable: true }
}

/** Lets the terminal work for a sales location of our choice. */
function injected({ serviceId, serviceSecret }: Settings): object {
  return serviceSecret === undefined ? {} : { service: { serviceId, secret: serviceSecret } }
}

/** Of a question before anything was begun: whatever became of it, nothing was. */
async function beforehand<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    throw new NotSent(
      `the terminal did not say that it is free: ${error instanceof Error ? error.message : 'no reason'}`,
    )
  }
}

interface Talk {
  send(message: object): void
  /** The next message, whatever it is about. Throws when the terminal hangs up. */
  next(): Promise<Message & Record<string, unknown>>
  /** The answer to this question: events of a transaction that come meanwhile are passed over. */
  ask(message: object): Promise<Message & Record<string, unknown>>
  close(): void
}

async function open({ endpoints }: Settings, serial: string, signal: AbortSignal): Promise<Talk> {
  const line: Line = await dial(addressOf(endpoints, serial), { signal, encoding: 'utf8' })
  const waiting: (Message & Record<string, unknown>)[] = []
  let rest = ''
  const talk: Talk = {
    send: (message) => line.send(`${JSON.stringify(message)}\n`),
    async next() {
      while (waiting.length === 0) {
        const chunk = await line.read()
        if (chunk === undefined) throw new Error('the terminal hung up')
        const read = messagesIn(rest + chunk)
        waiting.push(...read.messages)
        rest = read.rest
        if (rest.length > MAX_LINE) throw new Error('the terminal says more than any message has')
      }
      return waiting.shift() as Message & Record<string, unknown>
    },
    async ask(message) {
      talk.send(message)
      for (;;) {
        const said = await talk.next()
        if (said.type !== 'TRANSACTION_EVENT') return said
      }
    },
    close: () => line.close(),
  }
  return talk
}

/** One object a line; the last one may come without the end of its line. */
function messagesIn(text: string): { messages: (Message & Record<string, unknown>)[]; rest: string } {
  const lines = text.split(/\r?\n/)
  const last = lines.pop() as string
  const messages = lines.filter((line) => line.trim() !== '').map(parsed)
  if (last.trim() === '') return { messages, rest: '' }
  try {
    return { messages: [...messages, parsed(last)], rest: '' }
  } catch {
    return { messages, rest: last }
  }
}

function parsed(line: string): Message & Record<string, unknown> {
  const message: unknown = JSON.parse(line)
  if (typeof message !== 'object' || message === null) throw new SyntaxError('no object')
  return message as Message & Record<string, unknown>
}
