// Carries out a plan: many invoices at once, in order of time, cancellations after the sales they refund. What goes wrong
// with one invoice is noted and does not stop the others; a server that stays away stops the run.

import type { Clock } from '../lib/clock.ts'
import { methodsOffered } from './api.ts'
import { type Client, NoAnswer } from './client.ts'
import { type GivenBack, giveBack, type SoldBefore } from './give-back.ts'
import type { Done, Journal } from './journal.ts'
import type { Places } from './mix.ts'
import type { ReplayName } from './name.ts'
import type { Cancellation, Plan, Sale } from './plan.ts'
import { type Sold, sell } from './sell.ts'
import type { Wallet } from './wallet.ts'

export interface RunDeps {
  client: Client
  clock: Clock
  places: Places
  wallet: Wallet
  name: ReplayName
  journal: Journal
  /** Called after every finished step, and now and then while none finishes. */
  onStep(progress: Progress): void
}

export interface RunOptions {
  /** Requests at once; the client's pool keeps to it. */
  concurrency: number
  /** How long one payment may stay unknown. */
  patienceMs: number
}

export interface Progress {
  done: number
  /** Of these, done by an earlier run. */
  known: number
  /** Begun and not finished. */
  open: number
  all: number
}

export interface Failure {
  invoice: string
  reason: string
}

export interface RunResult {
  /** By place in the trade's invoices. */
  sold: Map<number, Sold>
  given: Map<number, GivenBack>
  failures: Failure[]
  progress: Progress
  /** Set when the run ended before its plan: why. */
  stopped: string | undefined
}

/** Steps that wait for a customer or an unknown outcome hold no connection, so more are open than requests run. */
const STEPS_PER_REQUEST = 4
const TELL_MS = 10_000
/** So many refused invoices are not the invoices' fault. */
const MOST_FAILURES = 100

/** Runs all steps of a plan and answers what became of each. Never throws for a single invoice. */
export async function runPlan(deps: RunDeps, plan: Plan, options: RunOptions): Promise<RunResult> {
  const result: RunResult = {
    sold: new Map(),
    given: new Map(),
    failures: [],
    progress: { done: 0, known: 0, open: 0, all: plan.steps.length },
    stopped: undefined,
  }
  const stepDeps = { ...deps, patienceMs: options.patienceMs, offered: methodsOffered(deps.client) }
  /** Sales under way or done; a cancellation waits for those it refunds, all of which began before it. */
  const sales = new Map<number, { invoice: string; outcome: Promise<Sold | undefined> }>()
  const gate = createGate(options.concurrency * STEPS_PER_REQUEST)

  async function carryOut<T extends Sold | GivenBack>(
    step: Sale | Cancellation,
    kind: Done['kind'],
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    const known = deps.journal.done.get(step.invoice.number)
    try {
      if (known?.kind === kind) {
        result.progress.known++
        return known as unknown as T
      }
      const outcome = await work()
      deps.journal.note(step.invoice.number, { kind, ...outcome } as unknown as Done)
      return outcome
    } catch (error) {
      result.failures.push({ invoice: step.invoice.number, reason: (error as Error).message })
      // A refusal concerns one invoice; no answer at all concerns every one that follows.
      if (error instanceof NoAnswer) result.stopped ??= error.message
      if (result.failures.length > MOST_FAILURES) result.stopped ??= `more than ${MOST_FAILURES} invoices were refused`
      return undefined
    } finally {
      result.progress.done++
      result.progress.open--
      deps.onStep(result.progress)
    }
  }

  async function cancel(step: Cancellation): Promise<void> {
    const before = new Map<number, SoldBefore>()
    const missing: string[] = []
    for (const { sale } of step.refunds) {
      const asked = sales.get(sale)
      const outcome = await asked?.outcome
      if (asked && outcome)
        before.set(sale, { invoice: asked.invoice, paymentId: outcome.paymentId, channel: outcome.channel })
      else missing.push(asked?.invoice ?? String(sale))
    }
    const back = await carryOut(step, 'cancellation', async () => {
      if (missing.length > 0) throw new Error(`its sale ${missing.join(', ')} was not paid`)
      return giveBack(stepDeps, step, (place) => before.get(place) as SoldBefore)
    })
    if (back) result.given.set(step.place, back)
  }

  const ended = new AbortController()
  const telling = tellNowAndThen(deps, result.progress, ended.signal)
  const underWay: Promise<void>[] = []
  for (const step of plan.steps) {
    await gate.enter()
    if (result.stopped !== undefined) break
    result.progress.open++
    if (step.kind === 'sale') {
      const outcome = carryOut(step, 'sale', () => sell(stepDeps, step)).finally(gate.leave)
      sales.set(step.place, { invoice: step.invoice.number, outcome })
      underWay.push(outcome.then((sold) => void (sold && result.sold.set(step.place, sold))))
    } else {
      underWay.push(cancel(step).finally(gate.leave))
    }
  }
  await Promise.all(underWay)
  ended.abort()
  await telling
  return result
}

/** While the last steps wait for an unknown outcome nothing finishes for minutes; silence would look like a hang. */
async function tellNowAndThen(deps: RunDeps, progress: Progress, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await deps.clock.sleep(TELL_MS, signal)
    if (!signal.aborted) deps.onStep(progress)
  }
}

/** Lets `most` in at once; the others wait in line. */
function createGate(most: number): { enter(): Promise<void>; leave(): void } {
  let inside = 0
  const line: (() => void)[] = []
  return {
    async enter() {
      if (inside >= most) await new Promise<void>((resolve) => line.push(resolve))
      inside++
    },
    leave() {
      inside--
      line.shift()?.()
    },
  }
}
