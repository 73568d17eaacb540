// Finds out what became of operations without a final answer. Nothing is ever assumed: the provider is asked by our own
// reference, on a ladder without an end, and after its steep part a person is asked too. Only a provider whose lookup is
// authoritative, that has said `not found` several times over a while, may turn doubt into `no_effect`.

import { callConnector } from '../connectors/call.ts'
import type { Connector, Lookup, Outcome } from '../connectors/connector.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import { merchantConfig } from '../merchants/index.ts'
import { apply } from './apply.ts'
import { type Candidate, candidateOf } from './choose.ts'
import type { PaymentDeps } from './deps.ts'
import { eachAlone } from './each-alone.ts'
import { followUp, instruct, terminalOf } from './instruct.ts'
import { closeAsk } from './operation-store.ts'
import type { PaymentView, Reply, ResolutionInput } from './payment.ts'
import { sendAgain } from './send-again.ts'
import {
  claimDueAsks,
  closeTask,
  listOpenReversals,
  merchantsWithDueAsks,
  type OpenOperation,
  type OpenReversal,
  openTask,
  readOperation,
  renderPayment,
  rescheduleAsk,
} from './store.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** Waits between asks: quick while a customer may be standing there, then patient; the last is repeated for ever. */
export const LADDER_MS = [5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, 24 * HOUR] as const

/** A customer stands at the terminal: its memory is asked every five seconds for a minute and a half, then as everybody's. */
const TERMINAL_LADDER_MS = [...Array<number>(18).fill(5 * SECOND), ...LADDER_MS.slice(2)]

/** `not found` may mean "not yet". It is believed after this many answers and this much time since the instruction. */
const NOT_FOUND_TIMES = 3
const NOT_FOUND_AGE_MS = 15 * MINUTE
/** Another worker may ask about the same operation only after this. */
const LEASE_MS = MINUTE
/** Asked about at once, so that a provider that lets every lookup time out is through with a batch well within the lease. */
const BATCH = 20

/** One round over everything due. Returns how many operations were asked about, so that a worker goes on at once. */
export async function resolveDue(deps: PaymentDeps): Promise<number> {
  const now = deps.clock.now()
  let asked = 0
  for (const merchantId of await merchantsWithDueAsks(deps.db, now)) {
    const due = await claimDueAsks(deps.db, merchantId, now, new Date(now.getTime() + LEASE_MS), BATCH)
    await eachAlone(
      deps,
      due,
      (operation) => ask(deps, merchantId, operation),
      (operation) => ({ merchant_id: merchantId, operation_id: operation.id }),
    )
    asked += due.length
  }
  return asked
}

/** Asks the provider about one operation and applies what it says. */
export async function ask(deps: PaymentDeps, merchantId: string, operation: OpenOperation): Promise<void> {
  const candidate = await candidateFor(deps, merchantId, operation)
  await applyLookup(deps, merchantId, operation, candidate.connector, await lookUp(deps, candidate, operation))
}

async function candidateFor(deps: PaymentDeps, merchantId: string, operation: OpenOperation): Promise<Candidate> {
  const merchant = await merchantConfig(deps, merchantId)
  if (!merchant) throw new Error('an operation of a merchant that does not exist')
  return candidateOf(deps, merchant, operation.connector_account_id)
}

async function lookUp(deps: PaymentDeps, { account, connector }: Candidate, operation: OpenOperation): Promise<Lookup> {
  const merchant = await merchantConfig(deps, account.merchant_id)
  const terminal = merchant ? terminalOf(merchant, operation.terminal_id) : undefined
  return callConnector(
    deps.call,
    connector,
    'lookup',
    {
      account,
      currency: operation.currency,
      tip: operation.tip ?? undefined,
      terminal,
      operation_id: operation.id,
      kind: operation.kind,
      amount: operation.amount,
      psp_reference: operation.psp_reference ?? undefined,
    },
    { timeoutMs: deps.timeouts.call_ms },
  )
}

/** Sends an operation of a repeated command once more, under its own id; undefined for what must not be. */
export type SendAgain = (operation: OpenOperation) => Promise<Outcome | undefined>

/**
 * Takes up a command whose process died between writing the intent and hearing an answer. Only for the client that repeats
 * the command with its key, never in the background: it alone says that the effect is still wanted. The provider is asked
 * first; what it does not know is sent again under the same operation id, and only to a provider for which the same id
 * twice has one effect. Anything else is left to the asking. `again` sends what the books alone do not say how to send: where
 * money goes out to is known from the command.
 */
export async function takeUp(
  deps: PaymentDeps,
  merchantId: string,
  operation: OpenOperation,
  again: SendAgain = async () => undefined,
): Promise<void> {
  const candidate = await candidateFor(deps, merchantId, operation)
  const found = await lookUp(deps, candidate, operation)
  const mayBeSent = found.outcome === 'not_found' && !operation.was_answered && candidate.connector.facts.idempotent
  const outcome = mayBeSent
    ? ((await sendAgain(deps, merchantId, operation, candidate)) ?? (await again(operation)))
    : undefined
  if (outcome === undefined) {
    // Asked beside the ladder: an impatient client must neither climb it nor push the next ask away.
    return applyLookup(deps, merchantId, operation, candidate.connector, found, { isExtra: true })
  }
  await apply(deps, {
    merchantId,
    paymentId: operation.payment_id,
    operationId: operation.id,
    source: 'reply',
    outcome,
  })
}

async function applyLookup(
  deps: PaymentDeps,
  merchantId: string,
  operation: OpenOperation,
  connector: Connector,
  outcome: Lookup,
  { isExtra = false } = {},
): Promise<void> {
  const now = deps.clock.now()
  const attempt = isExtra ? operation.attempt : operation.attempt + 1
  const ladder = operation.terminal_id === null ? LADDER_MS : TERMINAL_LADDER_MS
  // Who has told of another amount will not tell otherwise soon: a person decides.
  const isContradiction = outcome.outcome === 'unknown' && outcome.amount !== undefined
  const rung = isContradiction ? ladder.length - 1 : Math.min(attempt, ladder.length - 1)
  const onLadder = new Date(now.getTime() + (ladder[rung] as number))
  const askAt = isExtra && operation.ask_at !== null && operation.ask_at > now ? operation.ask_at : onLadder
  const evidence = { merchantId, paymentId: operation.payment_id, operationId: operation.id, source: 'poll' as const }
  if (outcome.outcome === 'not_found') {
    const notFound = operation.not_found + 1
    const age = now.getTime() - operation.created_at.getTime()
    if (connector.facts.lookup_by_our_reference && notFound >= NOT_FOUND_TIMES && age >= NOT_FOUND_AGE_MS) {
      await apply(deps, { ...evidence, outcome: { outcome: 'no_effect', reason: `not found ${notFound} times` } })
      return
    }
    // Where nothing is known, `dispatched` becomes `unknown`, so that it shows.
    await apply(deps, {
      ...evidence,
      outcome: { outcome: 'unknown', reason: 'not found yet' },
      askAt,
      askAttempt: attempt,
      notFound,
    })
  } else {
    await apply(deps, { ...evidence, outcome, askAt, askAttempt: attempt, notFound: operation.not_found })
  }
  if (outcome.outcome === 'succeeded' && operation.state === 'succeeded') {
    // Asked because its approval was provisional: until the issuer has spoken.
    if (!outcome.is_provisional) return closeAsk(deps.db, merchantId, operation.id)
    // A terminal that has kept it for so long is asked daily, and may keep nothing more.
    return rescheduleAsk(deps.db, merchantId, operation.id, askAt, attempt, 0)
  }
  // The end of the steep part: from here on a person should know, and the daily asking goes on.
  if (attempt >= ladder.length - 1 && outcome.outcome !== 'succeeded' && outcome.outcome !== 'declined') {
    await openTask(deps.db, merchantId, {
      id: deps.newId('tsk'),
      kind: 'unknown_outcome',
      payment_id: operation.payment_id,
      operation_id: operation.id,
      at: now,
    })
  }
  await rescheduleAsk(
    deps.db,
    merchantId,
    operation.id,
    askAt,
    attempt,
    outcome.outcome === 'not_found' ? operation.not_found + 1 : operation.not_found,
  )
}

/**
 * Gives back money that arrived for a payment that was given up, or twice for one order: a refund of a captured charge, a
 * void of an authorised one. The task's id is the key, so it happens once, whoever runs it. Returns how many were handled.
 */
export async function reverseDuplicates(deps: PaymentDeps): Promise<number> {
  const reversals = await listOpenReversals(deps.db)
  await eachAlone(
    deps,
    reversals,
    (reversal) => reverseOne(deps, reversal),
    ({ merchant_id, payment_id }) => ({ merchant_id, payment_id }),
  )
  return reversals.length
}

async function reverseOne(deps: PaymentDeps, reversal: OpenReversal): Promise<void> {
  const { merchant_id, task_id, payment_id, operation_id, tender_id } = reversal
  // A space cannot stand in a client's key, so this can never meet one.
  const idempotency: Idempotency = { key: `auto ${task_id}`, fingerprint: task_id }
  const wasGivenBack = await giveBack(deps, merchant_id, payment_id, tender_id, idempotency)
  const at = deps.clock.now()
  // What the machine could not give back, a person must look at.
  if (!wasGivenBack) {
    await openTask(deps.db, merchant_id, { id: deps.newId('tsk'), kind: 'late_success', payment_id, operation_id, at })
  }
  await closeTask(deps.db, merchant_id, task_id, deps.newId('evt'), at)
}

async function giveBack(
  deps: PaymentDeps,
  merchantId: string,
  paymentId: string,
  tenderId: string,
  idempotency: Idempotency,
): Promise<boolean> {
  try {
    const reply = await instruct(deps, merchantId, idempotency, paymentId, (context) => {
      const tender = context.payment.tenders.find((candidate) => candidate.id === tenderId)
      if (!tender) throw new Problem('invalid-state')
      const planned =
        tender.hold > 0n
          ? followUp(deps, context, tender, 'void', tender.hold)
          : followUp(deps, context, tender, 'refund', tender.refundable, {
              reason: 'paid twice or after it was cancelled',
              ...(tender.tip > 0n && { tip: tender.tip }),
            })
      return { eventType: 'payment.duplicate_reversed', operations: [planned], status: 201 }
    })
    const { operations } = JSON.parse(reply.body) as PaymentView
    return operations?.every((operation) => operation.state !== 'declined' && operation.state !== 'no_effect') ?? false
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // The next round tries again.
    if (error.code === 'terminal-busy') throw error
    deps.log.warn('a duplicate payment could not be given back automatically', {
      merchant_id: merchantId,
      payment_id: paymentId,
      code: error.code,
    })
    return false
  }
}

/**
 * A person's decision about an operation that nobody could find out about. Kept as evidence of source `operator`; evidence
 * from the provider that says otherwise later is booked as late. Throws not-found, invalid-state when it is final already.
 */
export async function decide(
  deps: PaymentDeps,
  merchantId: string,
  paymentId: string,
  operationId: string,
  input: ResolutionInput,
): Promise<Reply> {
  const operation = await readOperation(deps.db, merchantId, operationId)
  if (!operation || operation.payment_id !== paymentId) throw new Problem('not-found')
  if (operation.state !== 'unknown' && operation.state !== 'pending') throw new Problem('invalid-state')
  const { effect } = await apply(deps, {
    merchantId,
    paymentId,
    operationId,
    source: 'operator',
    outcome:
      input.outcome === 'succeeded'
        ? { outcome: 'succeeded', amount: operation.amount, psp_reference: operation.psp_reference ?? operation.id }
        : { outcome: 'declined', code: 'operator_decision', message: 'Decided by a person', is_retryable: true },
    body: { note: input.note },
  })
  // Meanwhile it was found out, or somebody else has decided.
  if (effect === 'none:settled') throw new Problem('invalid-state')
  return { status: 201, body: (await renderPayment(deps.db, merchantId, paymentId)) as string }
}
