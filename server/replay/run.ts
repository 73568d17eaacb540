// Carries out a plan: many invoices at once, in order of time, cancellations after the sales they refund. What goes wrong
// with one invoice is noted and does not stop the others; a server that stays away stops the run.

import type { Clock } from '../lib/clock.ts'
import { methodsOffered } from './api.ts'
import type { Buyers } from './buyers.ts'
import { type Client, NoAnswer } from './client.ts'
import { type GivenBack, giveBack, giveDiscount, type SoldBefore } from './give-back.ts'
import { adjust, type Goods } from './goods.ts'
import type { Corrected, Done, Journal } from './journal.ts'
import type { Places } from './mix.ts'
import type { ReplayName } from './name.ts'
import type { Cancellation, Correction, Plan, Sale, Step } from './plan.ts'
import { type Sold, sell } from './sell.ts'
import type { Trade } from './trade.ts'
import type { Wallet } from './wallet.ts'

export interface RunDeps {
  client: Client
  clock: Clock
  places: Places
  wallet: Wallet
  trade: Trade
  goods: Goods
  buyers: Buyers
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
  /** Places of the corrections that were made. */
  corrected: Set<number>
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
    corrected: new Set(),
    failures: [],
    progress: { done: 0, known: 0, open: 0, all: plan.steps.length },
    stopped: undefined,
  }
  const stepDeps = { ...deps, patienceMs: options.patienceMs, offered: methodsOffered(deps.client) }
  /** Sales under way or done; a cancellation waits for those it refunds, all of which began before it, and for what came back of
   * them before: what pieces are worth depends on how many went before them. */
  const sales = new Map<
    number,
    { invoice: Sale['invoice']; outcome: Promise<Sold | undefined>; last: Promise<unknown> }
  >()
  const gate = createGate(options.concurrency * STEPS_PER_REQUEST)

  async function carryOut<T extends Sold | GivenBack | Corrected>(
    step: Step,
    kind: Done['kind'],
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    // One invoice may sell and correct.
    const name = kind === 'correction' ? `${step.invoice.number} stock` : step.invoice.number
    const known = deps.journal.done.get(name)
    try {
      if (known?.kind === kind) {
        result.progress.known++
        return known as unknown as T
      }
      const outcome = await work()
      deps.journal.note(name, { kind, ...outcome } as unknown as Done)
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

  /** Sells, and gives back at once what the invoice takes off. */
  async function sellOne(step: Sale): Promise<Sold> {
    const sold = await sell(stepDeps, step)
    if (step.discount > 0n)
      return { ...sold, discount: await giveDiscount(stepDeps, step, soldBefore(step.invoice, sold)) }
    return sold
  }

  async function cancel(step: Cancellation, earlier: Promise<unknown>): Promise<void> {
    const before = new Map<number, SoldBefore>()
    const missing: string[] = []
    for (const { sale } of step.refunds) {
      const asked = sales.get(sale)
      const outcome = await asked?.outcome
      if (asked && outcome) before.set(sale, soldBefore(asked.invoice, outcome))
      else missing.push(asked?.invoice.number ?? String(sale))
    }
    await earlier
    const back = await carryOut(step, 'cancellation', async () => {
      if (missing.length > 0) throw new Error(`its sale ${missing.join(', ')} was not paid`)
      return giveBack(stepDeps, step, (place) => before.get(place) as SoldBefore)
    })
    if (back) result.given.set(step.place, back)
  }

  async function correct(step: Correction): Promise<void> {
    const done = await carryOut(step, 'correction', async (): Promise<Corrected> => {
      const [storeId] = deps.goods.storeIds
      const note = `Invoice ${step.invoice.number}`.slice(0, 200)
      const parts = [
        { step: `found.${step.invoice.number}`, reason: 'found' as const, sign: 1 },
        { step: `lost.${step.invoice.number}`, reason: 'lost' as const, sign: -1 },
      ]
      for (const { sign, reason, step: name } of parts) {
        const lines = step.pieces
          .filter(({ quantity }) => quantity * sign > 0)
          .map(({ article, quantity }) => ({ article, quantity: quantity * sign, reason }))
        if (storeId !== undefined) await adjust(deps.client, deps.goods, { storeId, step: name, lines, note })
      }
      return { isDone: true }
    })
    if (done) result.corrected.add(step.place)
  }

  const ended = new AbortController()
  const telling = tellNowAndThen(deps, result.progress, ended.signal)
  const underWay: Promise<void>[] = []
  for (const step of plan.steps) {
    await gate.enter()
    if (result.stopped !== undefined) break
    result.progress.open++
    if (step.kind === 'sale') {
      const outcome = carryOut(step, 'sale', () => sellOne(step)).finally(gate.leave)
      sales.set(step.place, { invoice: step.invoice, outcome, last: Promise.resolve() })
      underWay.push(outcome.then((sold) => void (sold && result.sold.set(step.place, sold))))
    } else if (step.kind === 'correction') {
      underWay.push(correct(step).finally(gate.leave))
    } else {
      const concerned = step.refunds.flatMap(({ sale }) => sales.get(sale) ?? [])
      const work = cancel(step, Promise.all(concerned.map(({ last }) => last))).finally(gate.leave)
      for (const sale of concerned) sale.last = work
      underWay.push(work)
    }
  }
  await Promise.all(underWay)
  ended.abort()
  await telling
  return result
}

function soldBefore(invoice: Sale['invoice'], sold: Sold): SoldBefore {
  if (sold.paymentId === undefined) throw new Error(`invoice ${invoice.number} was not paid`)
  const { orderId, storeId, paymentId, channel } = sold
  return { invoice: invoice.number, customer: invoice.customer, orderId, storeId, paymentId, channel }
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
