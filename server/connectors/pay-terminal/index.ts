// Terminals of Pay., through its cloud or by the till itself. In the cloud an order is made for a terminal and followed until it has ended.
// An order is known there by its own number alone: it is kept as soon as it is known, and where the answer with it was lost, only an
// exchange tells of it. It must never be made twice.

import type { Clock } from '../../lib/clock.ts'
import {
  type ChargeInstruction,
  type Connector,
  type ConnectorAccount,
  type ConnectorEvent,
  type ConnectorFacts,
  type CreditInstruction,
  type FollowUpInstruction,
  inDoubt,
  type Lookup,
  type LookupInstruction,
  NotSent,
  type Outcome,
} from '../connector.ts'
import { type TerminalDriver, TerminalError } from '../terminal.ts'
import { type Api, apiOf, PayError } from './api.ts'
import { diagnose, remembered, stop, transact } from './local.ts'
import { outcomeOfOrder } from './outcome.ts'
import { receive } from './receive.ts'
import { referenceOf } from './reference.ts'
import { settingsOf } from './settings.ts'

export interface PayTerminalOptions {
  clock: Pick<Clock, 'now' | 'sleep'>
  /** Hears what a terminal in the shop's network tells while it works. */
  tell?: (account: ConnectorAccount, event: Extract<ConnectorEvent, { type: 'progress' }>) => void
}

/** Payment method of an order: pays at a terminal; pays out there. */
const PIN = 1927
const RETOURPIN = 2351
/** How often an order is looked at while a customer stands there. */
const LOOK_MS = 1_000
/** After this nobody can pay an order any more, whatever has become of us. */
const EXPIRES_MS = 300_000

const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  // Orders are not found by our reference; a terminal finds the last twenty.
  lookup_by_our_reference: false,
  idempotent: false,
  only_at_terminal: true,
  one_at_a_time: true,
  // A terminal in the shop's network keeps what it takes while it has no network of its own.
  may_approve_offline: true,
  methods: ['card'],
  currencies: ['EUR'],
}

export function createPayTerminal({ clock, tell }: PayTerminalOptions): Connector {
  const hear =
    ({ account, terminal }: ChargeInstruction | CreditInstruction) =>
    (step: string) => {
      const occurred_at = clock.now().toISOString()
      const serial = terminal?.serial ?? ''
      tell?.(account, { type: 'progress', psp_event_id: `${serial} ${step} ${occurred_at}`, serial, step, occurred_at })
    }
  const isLocal = ({ account }: Pick<ChargeInstruction, 'account'>) => settingsOf(account).transport === 'local'
  return {
    name: 'pay_terminal',
    facts,
    sale: async (asked) => (isLocal(asked) ? transact(asked, 'PAYMENT', hear(asked)) : order(clock, asked, PIN)),
    credit: async (asked) => (isLocal(asked) ? transact(asked, 'REFUND', hear(asked)) : order(clock, asked, RETOURPIN)),
    refund,
    lookup: async (asked) => (isLocal(asked) && asked.kind !== 'refund' ? locally(asked) : lookup(asked)),
    receive,
    terminal: driver,
  }
}

async function order(
  clock: PayTerminalOptions['clock'],
  instruction: ChargeInstruction | CreditInstruction,
  methodId: number,
): Promise<Outcome> {
  const { account, terminal, amount, currency, signal, operation_id, reference, webhook_url, named } = instruction
  if (!terminal) throw new NotSent('no terminal was named')
  const api = apiOf(account, signal)
  try {
    const { orderId } = await api.create({
      ...{ reference: referenceOf(operation_id), amount: { value: Number(amount), currency } },
      ...{ methodId, terminalCode: terminal.serial, exchangeUrl: webhook_url, description: reference?.slice(0, 32) },
      expire: new Date(clock.now().getTime() + EXPIRES_MS).toISOString(),
    })
    if (!orderId) throw new Error('Pay. made an order without a number')
    await named?.(orderId)
    return await inDoubt(follow(clock, api, orderId, instruction))
  } catch (error) {
    if (error instanceof PayError)
      return { outcome: 'no_effect', reason: `Pay. refused it: ${error.code} ${error.message}` }
    throw error
  }
}

/** Looks at the order until it has ended. A look that fails is no answer: the next one may succeed. */
async function follow(
  clock: PayTerminalOptions['clock'],
  api: Api,
  orderId: string,
  { currency, signal }: { currency: string; signal: AbortSignal },
): Promise<Outcome> {
  for (;;) {
    await clock.sleep(LOOK_MS, signal)
    if (signal.aborted) throw new Error('the customer was still at the terminal at the deadline')
    const outcome = await api.read(orderId).then(
      (read) => outcomeOfOrder(read, currency),
      () => undefined,
    )
    if (outcome && outcome.outcome !== 'pending') return outcome
  }
}

async function refund(instruction: FollowUpInstruction): Promise<Outcome> {
  const { account, signal, amount, tip = 0n, currency, original, operation_id, reason } = instruction
  const asked = {
    amount: { value: Number(amount + tip), currency },
    description: (reason ?? operation_id).slice(0, 32),
  }
  try {
    const { amountRefunded, refundedTransactions = [] } = await apiOf(account, signal).refund(
      original.psp_reference,
      asked,
    )
    if (amountRefunded?.currency !== currency) return { outcome: 'unknown', reason: 'the answer does not say how much' }
    const [refunded] = refundedTransactions
    return {
      outcome: 'succeeded',
      amount: BigInt(amountRefunded.value) - tip,
      psp_reference: refunded?.refund?.id ?? original.psp_reference,
    }
  } catch (error) {
    if (!(error instanceof PayError)) throw error
    // Refunds that follow each other too fast are refused, and may be tried again.
    const is_retryable = error.code === 'PAY-3000' || error.status === 429
    return { outcome: 'declined', code: error.code, message: error.message, is_retryable }
  }
}

/** By the order's own number. A refund whose answer was lost cannot be asked about at all. */
async function lookup({ account, signal, psp_reference, kind, currency = '' }: LookupInstruction): Promise<Lookup> {
  if (kind === 'refund' || psp_reference === undefined)
    return {
      outcome: 'unknown',
      reason: 'Pay. finds nothing by our reference; it is told by an exchange, or by a person',
    }
  try {
    return outcomeOfOrder(await apiOf(account, signal).read(psp_reference), currency)
  } catch (error) {
    if (error instanceof PayError && error.status === 404) return { outcome: 'not_found' }
    throw error
  }
}

/** The terminal's own memory first; what it has forgotten, or sent on from its queue, is an order of Pay. by now. */
async function locally(asked: LookupInstruction): Promise<Lookup> {
  const isOrder = asked.psp_reference !== undefined && asked.psp_reference !== referenceOf(asked.operation_id)
  const known = await remembered(asked).catch((error: unknown): Lookup => {
    if (!isOrder) throw error
    return { outcome: 'not_found' }
  })
  return isOrder && known.outcome === 'not_found' ? lookup(asked) : known
}

const driver: TerminalDriver = {
  async abort(call) {
    const { account, signal, target } = call
    if (settingsOf(account).transport === 'local') return stop(call)
    if (target.psp_reference === undefined)
      throw new TerminalError('busy', 'Pay. has not said yet by which number it knows this order.')
    try {
      await apiOf(account, signal).abort(target.psp_reference)
    } catch (error) {
      throw error instanceof PayError ? new TerminalError('refused', error.message) : error
    }
  },
  async diagnose(call) {
    if (settingsOf(call.account).transport === 'local') return diagnose(call)
    const { connectionStatus } = await apiOf(call.account, call.signal).terminal(call.terminal.serial)
    return { status: connectionStatus === 'ONLINE' ? 'ok' : 'unreachable' }
  },
}
