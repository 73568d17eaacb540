// A payment provider with a memory. It keeps a truth journal of what really happened to money, and may then lose, delay or
// spoil the answer, so that tests can compare our books with the truth. It runs in process (the default) or as a server
// of its own. It must never be reachable with live keys: it approves whatever it is told to.

import { randomBytes } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Connector, Lookup } from '../connector.ts'
import { type Books, DEFAULT_DOWN_MS, DEFAULT_SLOW_MS, planFrom, type Turn } from './books.ts'
import { behaviourOf, createAliases } from './cards.ts'
import { charge } from './charge.ts'
import { type SimulatorConnectorOptions, simulatorConnector } from './connector.ts'
import { type FaultName, type FaultPlan, type Struck, strike } from './faults.ts'
import { credit, followUp } from './follow-up.ts'
import type { JournalRow, PspReply, PspRequest, PspVerb, Transport } from './psp.ts'
import { type CustomerAct, type DisputeStage, decide, dispute, reverse, ring } from './settle.ts'
import { openStore, type PageRow, type Store } from './store.ts'
import { setTerminal, type Terminal, terminalOf } from './terminals.ts'
import { type Deliver, deliverWebhooks, queueDispute, queueOperation, rememberSecrets, secretsOf } from './webhooks.ts'
import { decodeOutcome } from './wire.ts'

export { TEST_CARDS } from './cards.ts'
export { simulatorApi, simulatorControls } from './control-routes.ts'
export { FAULT_NAMES } from './faults.ts'
export { METHOD_CODES } from './methods.ts'
export { simulatorPages } from './page-routes.ts'
export { simulatorServer } from './server.ts'
export type {
  CustomerAct,
  DisputeStage,
  FaultName,
  FaultPlan,
  JournalRow,
  PspReply,
  PspRequest,
  PspVerb,
  SimulatorConnectorOptions,
  Terminal,
}

export interface SimulatorOptions {
  /** File of its memory, or ':memory:'. */
  path: string
  clock: Clock
  /** Unguessable text for page addresses and event ids; tests pass a seeded one. Default: 128 random bits. */
  newToken?: () => string
  /** Where browsers reach the pages, without a slash at the end. */
  publicUrl: string
  /** Sends webhooks; without it they wait in the queue. */
  deliver?: Deliver
  /** Told when a round of background work fails. */
  log?: Log
}

export interface Simulator {
  /** The provider as a connector, for the registry. */
  connector(options?: SimulatorConnectorOptions): Connector
  /** Carries out one request. The effect is durable against the death of the process before this resolves. */
  handle(verb: PspVerb, request: PspRequest): Promise<PspReply>
  /** What became of an operation of an account, as a provider tells it. */
  lookup(account: string, operationId: string): Lookup
  /** What really happened, oldest first, after sequence number `after`; at most `limit` (default 1000) rows. */
  journal(query?: { after?: number; limit?: number }): JournalRow[]
  /** Sets the fault plan of one account, or of all that have none. */
  setFaults(plan: FaultPlan, account?: string): void
  setTerminal(account: string, terminalId: string, terminal: Partial<Terminal> | null): void
  terminal(account: string, terminalId: string): Terminal
  /** Pages that were handed to customers, latest first, at most 100. */
  pages(): PageRow[]
  /** Does what the customer would do. False when the charge is unknown or already decided. */
  act(account: string, operationId: string, act: CustomerAct): boolean
  /** Takes back a success. False when there is none. */
  reverse(account: string, operationId: string): boolean
  /** Moves a dispute of a captured charge on. False when nothing is captured. */
  dispute(account: string, operationId: string, stage: DisputeStage): boolean
  /** Lets everything take effect that time has brought, and sends each due webhook once; resolves with how many arrived. */
  deliverDue(): Promise<number>
  /** Keeps doing that in the background. */
  start(): void
  /** Ends the background work and closes the memory. */
  stop(): Promise<void>
  /** For the pages and the server mode. */
  readonly store: Store
  readonly clock: Clock
}

/** How often the background looks for what is due. */
const POLL_MS = 200
/** Most timers taken in one round. */
const ROUND = 500

/** Made once and kept, so that a card keeps its name. */
function aliasKey(store: Store): string {
  const known = store.setting('alias_key')
  if (known !== undefined) return known
  const key = randomBytes(32).toString('base64url')
  store.write(() => store.setSetting('alias_key', key))
  return key
}

/** Opens the provider. */
export function createSimulator(options: SimulatorOptions): Simulator {
  const store = openStore(options.path)
  const { clock } = options
  const plans = new Map<string, FaultPlan>()
  const secretsSeen = new Map<string, string>()
  const planOf = (account: string): FaultPlan =>
    remembered(plans, account, () => planFrom(store.setting(`plan:${account}`) ?? store.setting('plan:*')))
  const books: Books = {
    store,
    clock,
    newToken: options.newToken ?? (() => randomBytes(16).toString('base64url')),
    publicUrl: options.publicUrl,
    planOf,
    aliasOf: createAliases(aliasKey(store)),
    announce: (operation, outcome, how) => queueOperation(books, operation, outcome, how),
    announceDispute: (operation, news) => queueDispute(books, operation, news),
  }

  async function handle(verb: PspVerb, request: PspRequest): Promise<PspReply> {
    const reply = store.write(() => carryOut(books, verb, request, plans))
    learnSecrets(request)
    await store.committed()
    return reply
  }

  function learnSecrets(request: PspRequest): void {
    const secrets = secretsOf(request.account).join(' ')
    if (secrets === '' || secretsSeen.get(request.account.id) === secrets) return
    if (secretsSeen.size >= MAX_REMEMBERED) secretsSeen.clear()
    secretsSeen.set(request.account.id, secrets)
    store.write(() => rememberSecrets(store, request.account))
  }

  function withOperation(
    account: string,
    operationId: string,
    change: (operation: NonNullable<ReturnType<Store['operation']>>) => boolean,
  ): boolean {
    const operation = store.operation(account, operationId)
    return operation ? store.write(() => change(operation)) : false
  }

  async function deliverDue(): Promise<number> {
    const nowMs = clock.now().getTime()
    const due = store.dueTimers(nowMs, ROUND)
    if (due.length > 0) {
      store.write(() => {
        for (const timer of due) ring(books, timer, nowMs)
      })
    }
    return options.deliver ? deliverWebhooks(books, options.deliver) : 0
  }

  const stopping = new AbortController()
  let background: Promise<void> | undefined
  async function runInBackground(): Promise<void> {
    while (!stopping.signal.aborted) {
      // One bad round (a full disk) must not end the provider's memory of what it owes.
      await deliverDue().catch((error) => options.log?.error('the simulator could not deliver', { error }))
      await clock.sleep(POLL_MS, stopping.signal)
    }
  }

  const lookup = (account: string, operationId: string): Lookup => {
    const operation = store.operation(account, operationId)
    if (!operation || operation.visible_at > clock.now().getTime()) return { outcome: 'not_found' }
    return decodeOutcome(JSON.parse(operation.answer))
  }
  const psp = { handle, lookup, sleep: (ms: number, signal: AbortSignal) => clock.sleep(ms, signal) }

  return {
    connector: (how) => simulatorConnector(psp, how),
    handle,
    lookup,
    journal: (query = {}) => store.journal(query),
    setFaults(plan, account = '*') {
      plans.clear()
      store.write(() => store.setSetting(`plan:${account}`, JSON.stringify(plan)))
    },
    setTerminal: (account, terminalId, terminal) => setTerminal(store, account, terminalId, terminal),
    terminal: (account, terminalId) => terminalOf(store, account, terminalId),
    pages: () => store.pages(100),
    act: (account, id, act) =>
      withOperation(account, id, (operation) => decide(books, operation, act, clock.now().getTime())),
    reverse: (account, id) =>
      withOperation(account, id, (operation) => reverse(books, operation, clock.now().getTime())),
    dispute: (account, id, stage) =>
      withOperation(account, id, (operation) => dispute(books, operation, stage, clock.now().getTime())),
    deliverDue,
    start() {
      background ??= runInBackground()
    },
    async stop() {
      stopping.abort()
      await background
      store.close()
    },
    store,
    clock,
  }
}

/** More accounts than this at once and the memory of plans and secrets begins anew; they are read back from the store. */
const MAX_REMEMBERED = 10_000

function remembered<V>(memory: Map<string, V>, key: string, make: () => V): V {
  const known = memory.get(key)
  if (known !== undefined) return known
  const made = make()
  if (memory.size >= MAX_REMEMBERED) memory.clear()
  memory.set(key, made)
  return made
}

/** One request from fault to fault: what strikes before, the work, what strikes after. */
function carryOut(books: Books, verb: PspVerb, request: PspRequest, plans: Map<string, FaultPlan>): PspReply {
  const nowMs = books.clock.now().getTime()
  const account = request.account.id
  const known = books.store.operation(account, request.operation_id)
  // The same id again: one effect, the same answer (or what has become of it since), and no second helping of faults.
  if (known) return { transport: 'delivered', delay_ms: 0, outcome: decodeOutcome(JSON.parse(known.answer)) }

  const plan = books.planOf(account)
  const struck = strike(plan, request.operation_id, forcedFaults(books, verb, request, plan, plans))
  const before = stoppedBefore(books, request, plan, struck, nowMs)
  if (before) return { transport: before, delay_ms: 0, outcome: { outcome: 'unknown', reason: 'never carried out' } }

  const turn: Turn = { books, request, verb, struck, plan, nowMs }
  const isCharge = verb === 'sale' || verb === 'authorize'
  const outcome = isCharge ? charge(turn) : verb === 'credit' ? credit(turn) : followUp(turn)
  const isFinal = outcome.outcome === 'succeeded' || outcome.outcome === 'declined'
  if (isFinal && (plan.webhooks === 'all' || struck.webhook)) {
    const operation = books.store.operation(account, request.operation_id)
    if (operation) books.announce(operation, outcome)
  }
  return { ...transportAfter(struck, plan), outcome }
}

/** Faults that are certain: a one-shot of the plan, the test card's, the terminal's. */
function forcedFaults(
  books: Books,
  verb: PspVerb,
  request: PspRequest,
  plan: FaultPlan,
  plans: Map<string, FaultPlan>,
): FaultName[] {
  const forced: FaultName[] = []
  const shot = plan.next?.findIndex((one) => one.verb === verb) ?? -1
  if (shot >= 0 && plan.next) {
    forced.push(...plan.next.splice(shot, 1).map((one) => one.fault))
    const name = books.store.setting(`plan:${request.account.id}`) === undefined ? '*' : request.account.id
    books.store.setSetting(`plan:${name}`, JSON.stringify(plan))
    plans.clear()
  }
  const isCharge = verb === 'sale' || verb === 'authorize'
  if (!isCharge) return forced
  const terminal =
    request.terminal_id === undefined || request.card
      ? undefined
      : terminalOf(books.store, request.account.id, request.terminal_id)
  if (terminal?.fault) forced.push(terminal.fault)
  const number = request.card?.number ?? terminal?.card
  const behaviour = number ? behaviourOf(number) : undefined
  if (behaviour?.does === 'fault') forced.push(behaviour.fault)
  return forced
}

/** How the request ends when it never reaches the books; undefined when it does. Strikes once per operation, so that a retry passes. */
function stoppedBefore(
  books: Books,
  request: PspRequest,
  plan: FaultPlan,
  struck: Struck,
  nowMs: number,
): Transport | undefined {
  const account = request.account.id
  const downUntil = books.store.setting(`down:${account}`)
  if (downUntil !== undefined && Number(downUntil) > nowMs) return 'refused'
  if (!struck.before || !books.store.spendFault(account, request.operation_id)) return undefined
  if (struck.before === 'account_down') {
    books.store.setSetting(`down:${account}`, String(nowMs + (plan.down_ms ?? DEFAULT_DOWN_MS)))
  }
  if (struck.before === 'lost_before') return 'lost'
  return struck.before === 'http5xx_before' ? 'broken' : 'refused'
}

function transportAfter(struck: Struck, plan: FaultPlan): { transport: Transport; delay_ms: number } {
  if (struck.after === 'lost_after') return { transport: 'lost', delay_ms: 0 }
  if (struck.after === 'http5xx_after') return { transport: 'broken', delay_ms: 0 }
  if (struck.after === 'slow') return { transport: 'slow', delay_ms: plan.slow_ms ?? DEFAULT_SLOW_MS }
  return { transport: 'delivered', delay_ms: 0 }
}
