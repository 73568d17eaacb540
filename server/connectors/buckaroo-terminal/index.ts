// Terminals of Buckaroo, through its JSON gateway: a transaction is made for a terminal and looked at until it has ended. Buckaroo's pages
// show a success in the answer to a payment that nobody has paid yet, so that answer proves nothing; nor does a later success, unless
// it was pending before or the terminal's own words are in it. A transaction is known there by its key alone.

import type { Clock } from '../../lib/clock.ts'
import { currencyOf } from '../../lib/currency.ts'
import { toMajor } from '../../lib/money.ts'
import { Problem } from '../../lib/problem.ts'
import {
  type ChargeInstruction,
  type Connector,
  type ConnectorAccount,
  type ConnectorEvent,
  type ConnectorFacts,
  type FollowUpInstruction,
  type InboundRequest,
  inDoubt,
  type Lookup,
  type LookupInstruction,
  NotSent,
  type Outcome,
} from '../connector.ts'
import { TerminalError } from '../terminal.ts'
import { type Api, apiOf, Refused, type Transaction } from './api.ts'
import { isSignedBy } from './hmac.ts'
import { isFromTerminal, outcomeOf } from './outcome.ts'

export interface BuckarooTerminalOptions {
  clock: Pick<Clock, 'now' | 'sleep'>
  /** Pushes are signed over the address they are sent to. */
  publicUrl: string
}

/** How often a transaction is looked at while a customer stands there. */
const LOOK_MS = 1_000

const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  lookup_by_our_reference: false,
  idempotent: false,
  only_at_terminal: true,
  one_at_a_time: true,
  methods: ['card'],
  currencies: ['EUR'],
}

export function createBuckarooTerminal({ clock, publicUrl }: BuckarooTerminalOptions): Connector {
  return {
    name: 'buckaroo_terminal',
    facts,
    sale: (instruction) => sale(clock, instruction),
    refund: (instruction) => refund(clock, instruction),
    lookup: (instruction) => lookup(clock, instruction),
    receive: (account, request, now) => receive(publicUrl, account, request, now),
    terminal: {
      async abort({ account, signal, target }) {
        if (target.psp_reference === undefined)
          throw new TerminalError('busy', 'Buckaroo has not said yet by which key it knows this payment.')
        try {
          await apiOf(account, clock, signal).cancel(target.psp_reference)
        } catch (error) {
          throw error instanceof Refused ? new TerminalError('refused', error.message) : error
        }
      },
    },
  }
}

async function sale(clock: BuckarooTerminalOptions['clock'], instruction: ChargeInstruction): Promise<Outcome> {
  const { account, terminal, amount, currency, signal, operation_id, reference, webhook_url, named } = instruction
  if (!terminal) throw new NotSent('no terminal was named')
  const api = apiOf(account, clock, signal)
  const made = await api.send({
    ...{ Currency: currency, AmountDebit: majorOf(amount, currency), Invoice: operation_id },
    ...(reference !== undefined && { Description: reference }),
    ...{ PushURL: webhook_url, PushURLFailure: webhook_url },
    Services: {
      ServiceList: [
        { Name: 'pospayment', Action: 'Pay', Parameters: [{ Name: 'TerminalID', Value: terminal.serial }] },
      ],
    },
  })
  const outcome = outcomeOf(made, { kind: 'sale', currency })
  if (outcome.outcome === 'no_effect' || outcome.outcome === 'declined') return outcome
  if (!made.Key) throw new Error('Buckaroo made a transaction without a key')
  await named?.(made.Key)
  return inDoubt(follow(clock, api, made.Key, { currency, signal, isPending: outcome.outcome === 'pending' }))
}

/** Looks at the transaction until it has ended. A look that fails is no answer: the next one may succeed. */
async function follow(
  clock: BuckarooTerminalOptions['clock'],
  api: Api,
  key: string,
  { currency, signal, isPending }: { currency: string; signal: AbortSignal; isPending: boolean },
): Promise<Outcome> {
  let wasPending = isPending
  for (;;) {
    await clock.sleep(LOOK_MS, signal)
    if (signal.aborted) throw new Error('the customer was still at the terminal at the deadline')
    const read = await api.status(key).catch(() => undefined)
    const outcome = read && outcomeOf(read, { kind: 'sale', currency })
    if (!read || !outcome || outcome.outcome === 'unknown') continue
    if (outcome.outcome === 'pending') wasPending = true
    else if (outcome.outcome !== 'succeeded' || wasPending || isFromTerminal(read)) return outcome
  }
}

async function refund(clock: BuckarooTerminalOptions['clock'], instruction: FollowUpInstruction): Promise<Outcome> {
  const { account, signal, amount, tip = 0n, currency, operation_id, webhook_url, original, named } = instruction
  const made = await apiOf(account, clock, signal).send({
    ...{ Currency: currency, AmountCredit: majorOf(amount + tip, currency), Invoice: operation_id },
    ...{ OriginalTransactionKey: original.psp_reference, PushURL: webhook_url, PushURLFailure: webhook_url },
    Services: { ServiceList: [{ Name: 'pospayment', Action: 'Refund' }] },
  })
  if (made.Key) await named?.(made.Key)
  return less(outcomeOf(made, { kind: 'refund', currency }), tip)
}

/** What went back without the tip, which is told apart. */
function less<O extends Lookup>(outcome: O, tip: bigint): O {
  return outcome.outcome === 'succeeded' ? { ...outcome, amount: outcome.amount - tip } : outcome
}

async function lookup(clock: BuckarooTerminalOptions['clock'], instruction: LookupInstruction): Promise<Lookup> {
  const { account, signal, psp_reference, kind, currency = '', tip = 0n } = instruction
  if (psp_reference === undefined)
    return {
      outcome: 'unknown',
      reason: 'Buckaroo finds nothing by our reference; it is told by a push, or by a person',
    }
  const read = await apiOf(account, clock, signal).status(psp_reference)
  if (!read) return { outcome: 'not_found' }
  const outcome = outcomeOf(read, { kind, currency })
  if (outcome.outcome === 'succeeded' && kind !== 'refund' && !isFromTerminal(read))
    return { outcome: 'unknown', reason: 'a success without the words of the terminal' }
  return kind === 'refund' ? less(outcome, tip) : outcome
}

/** Throws Problem signature-invalid. A push that comes again is known by what it says: there may be days between them. */
function receive(
  publicUrl: string,
  account: ConnectorAccount,
  { headers, body }: InboundRequest,
  now: Date,
): ConnectorEvent[] {
  const { website_key: websiteKey = '', secret_key: secretKey = '' } = account.config
  const url = new URL(`${publicUrl}/hooks/${account.merchant_id}/${account.id}`)
  const signed = { websiteKey, secretKey, method: 'POST', url, body }
  if (websiteKey === '' || secretKey === '' || !isSignedBy(headers['authorization'] ?? '', signed))
    throw new Problem('signature-invalid')
  const { Transaction: told } = JSON.parse(body.toString('utf8')) as { Transaction?: Transaction }
  const code = told?.Status?.Code?.Code
  const psp_event_id = `${told?.Key} ${code} ${told?.Status?.DateTime ?? ''}`.trim()
  const operation_id = told?.Invoice ?? ''
  if (!told || code === undefined || !/^opn_[0-9A-Z]+$/.test(operation_id))
    return [{ type: 'ignored', psp_event_id, reason: 'no transaction of ours' }]
  const kind = told.AmountCredit != null ? 'refund' : 'sale'
  const currency = told.Currency ?? ''
  const outcome = outcomeOf(told, { kind, currency })
  const isSure =
    outcome.outcome === 'declined' || (outcome.outcome === 'succeeded' && (kind === 'refund' || isFromTerminal(told)))
  if (!isSure) return [{ type: 'ignored', psp_event_id, reason: `status ${code}` }]
  return [
    {
      ...{ type: 'operation', psp_event_id, operation_id, psp_reference: told.Key, outcome },
      ...{ occurred_at: now.toISOString(), ...(outcome.outcome === 'succeeded' && { currency }) },
    },
  ]
}

function majorOf(amount: bigint, currency: string): number {
  return Number(toMajor(amount, currencyOf(currency)?.exponent ?? 2))
}
