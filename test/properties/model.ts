// What a payment should look like, worked out from the facts alone: the instructions that were given and the evidence that
// came in, in the order in which it came. Written from docs/testing.md and the design ("status is a function of evidence"),
// and on purpose in another way than the program: amounts are added up from operations here, while SQL keeps counters.

import type { EvidenceFact, Kind, OperationFact, PaymentFact, TenderFact } from './model-facts.ts'

type State = 'dispatched' | 'pending' | 'unknown' | 'succeeded' | 'declined' | 'no_effect' | 'reversed'
/** What has an amount on its way; a void and an extension only change what is held. */
const MONEY: readonly Kind[] = ['sale', 'authorize', 'increment', 'capture', 'refund', 'credit']
/** What an amount can be at most, in minor units. */
const MOST = 999_999_999_999
const OPEN: readonly State[] = ['dispatched', 'pending', 'unknown']

interface Operation extends OperationFact {
  state: State
  effective: number
  occurredAt: string | null
}

interface Tender extends TenderFact {
  authorized: number
  held: number
  captured: number
  /** Captured before anything was taken back. */
  capturedEver: number
  refunded: number
  /** Taken back by the provider for disputes that are open or lost. */
  disputed: number
  credited: number
  /** Given back of what was approved: it says that a payment was called off rather than refused. */
  released: number
  isExpired: boolean
  hasAction: boolean
}

export interface ExpectedPayment {
  status: string
  amount_authorized: number
  amount_capturable: number
  amount_captured: number
  amount_refundable: number
  amount_refunded: number
  amount_disputed: number
  amount_in_flight: number
  states: Record<string, State>
}

export class PaymentModel {
  readonly #fact: PaymentFact
  readonly #operations: Map<string, Operation>
  readonly #tenders: Map<string, Tender>
  readonly #disputes = new Map<string, { stage: string; amount: number }>()
  #amount: number
  #isCanceled = false
  /** The moment of the evidence being learnt: what is instructed later is not on its way yet. */
  #now: string | undefined

  constructor(fact: PaymentFact) {
    this.#fact = fact
    this.#amount = fact.amount
    this.#operations = new Map(
      fact.operations.map((o) => [o.id, { ...o, state: 'dispatched' as const, effective: 0, occurredAt: null }]),
    )
    const nothing = {
      authorized: 0,
      held: 0,
      captured: 0,
      capturedEver: 0,
      refunded: 0,
      credited: 0,
      released: 0,
      disputed: 0,
    }
    this.#tenders = new Map(fact.tenders.map((t) => [t.id, { ...t, ...nothing, isExpired: false, hasAction: false }]))
    const cancels = [...fact.cancels]
    for (const evidence of fact.evidence) {
      while (cancels[0] !== undefined && cancels[0] < evidence.received_at)
        this.#isCanceled = cancels.shift() !== undefined
      this.#now = evidence.received_at
      this.#learn(evidence)
    }
    this.#now = undefined
    this.#isCanceled ||= cancels.length > 0
  }

  get isCharge(): boolean {
    return this.#fact.direction === 'charge'
  }

  expected(): ExpectedPayment {
    const tenders = [...this.#tenders.values()]
    const sum = (of: (tender: Tender) => number) => tenders.reduce((total, tender) => total + of(tender), 0)
    return {
      status: this.#status(),
      amount_authorized: sum((t) => t.authorized),
      amount_capturable: sum((t) => this.#capturable(t)),
      amount_captured: sum((t) => t.captured),
      amount_refundable: sum((t) => this.#refundable(t)),
      amount_refunded: sum((t) => t.refunded),
      amount_disputed: sum((t) => t.disputed),
      amount_in_flight: sum((t) => this.#open(t, MONEY)),
      states: Object.fromEntries([...this.#operations.values()].map((o) => [o.id, o.state])),
    }
  }

  // ---- What may be asked. Each answers the status a caller should see, 200 standing for every acceptance. -------------

  capture(amount?: number, isFinal = false): number {
    const held = [...this.#tenders.values()].filter((tender) => tender.held > 0)
    const capturable = held.reduce((sum, tender) => sum + this.#capturable(tender), 0)
    if (capturable === 0) return 409
    let rest = amount ?? capturable
    if (rest > capturable) return 422
    if (this.#isCanceled) return 409
    for (const tender of held) {
      const part = Math.min(rest, this.#capturable(tender))
      rest -= part
      if (part > 0 && (tender.isExpired || this.#waitsForLastCapture(tender, isFinal))) return 409
      // A last capture gives back the tenders it does not touch, and what will be held there must be known too.
      const isGivenBack = isFinal && part === 0 && this.#capturable(tender) === tender.held
      if (isGivenBack && this.#open(tender, ['increment']) > 0) return 409
    }
    return 200
  }

  /** What a last capture releases is only known when no other capture and no increment is on its way. */
  #waitsForLastCapture(tender: Tender, isFinal: boolean): boolean {
    if (this.#open(tender, ['capture', 'increment']) === 0) return false
    return isFinal || !tender.is_multi_capture || this.#isLastCaptureOpen(tender)
  }

  #isLastCaptureOpen(tender: Tender): boolean {
    return [...this.#operations.values()].some(
      (o) =>
        o.tender_id === tender.id &&
        o.kind === 'capture' &&
        OPEN.includes(o.state) &&
        (o.is_final || !tender.is_multi_capture),
    )
  }

  /** One at a time, and never beside what ends the hold. */
  increment(amount: number): number {
    const [tender] = [...this.#tenders.values()].filter(({ held }) => held > 0)
    if (!tender || this.#isCanceled) return 409
    if (this.#amount + amount > MOST) return 422
    const mustWait = this.#open(tender, ['increment', 'void']) > 0 || this.#isLastCaptureOpen(tender)
    return mustWait || tender.isExpired ? 409 : 200
  }

  extend(): number {
    const [tender] = [...this.#tenders.values()].filter(({ held }) => held > 0)
    if (!tender || this.#isCanceled || tender.isExpired) return 409
    return this.#open(tender, ['void']) > 0 ? 409 : 200
  }

  refund(amount?: number, tenderId?: string): number {
    const taken = [...this.#tenders.values()].filter(
      (tender) => tender.capturedEver > 0 && (tenderId === undefined || tender.id === tenderId),
    )
    if (taken.length === 0) return 409
    const refundable = taken.reduce((sum, tender) => sum + this.#refundable(tender), 0)
    return refundable === 0 || (amount ?? refundable) > refundable ? 422 : 200
  }

  cancel(): number {
    const status = this.#status()
    if (!this.isCharge || this.#isCanceled || status === 'captured') return 409
    const tenders = [...this.#tenders.values()]
    const waits = (tender: Tender) =>
      this.#open(tender, ['capture', 'void', 'increment']) > 0 ||
      (this.#open(tender, ['sale', 'authorize']) > 0 && !tender.hasAction)
    if (tenders.some(waits)) return 409
    const canGoBack = ['requires_payment', 'requires_action', 'failed', 'expired'].includes(status)
    return canGoBack || tenders.some((tender) => this.#capturable(tender) > 0) ? 200 : 409
  }

  tender(amount?: number): number {
    const due = this.due()
    if (!this.isCharge || this.#isCanceled || due <= 0) return 409
    if ((amount ?? due) > due) return 422
    // What was paid in full is not paid again when it was given back.
    return this.#status() === 'captured' ? 409 : 200
  }

  /** What no tender covers yet, counting what is on its way in; what was given back covers nothing. */
  due(): number {
    return [...this.#tenders.values()].reduce(
      (due, tender) =>
        due - tender.captured - tender.held + tender.refunded - this.#open(tender, ['sale', 'authorize']),
      this.#amount,
    )
  }

  /** True while it has money of its order, or may still get some or lose some. */
  claimsOrder(): boolean {
    const tenders = [...this.#tenders.values()]
    const kept = tenders.reduce((sum, tender) => sum + tender.captured - tender.refunded, 0)
    return kept !== 0 || tenders.some((tender) => tender.held > 0 || this.#open(tender, MONEY) > 0)
  }

  #capturable(tender: Tender): number {
    return Math.max(0, tender.held - this.#open(tender, ['capture', 'void']))
  }

  #refundable(tender: Tender): number {
    const out = this.isCharge ? this.#open(tender, ['refund', 'credit']) : 0
    return Math.max(0, tender.captured - tender.refunded - out - tender.disputed)
  }

  #open(tender: Tender, kinds: readonly Kind[]): number {
    let sum = 0
    for (const operation of this.#operations.values()) {
      if (this.#now !== undefined && operation.created_at > this.#now) continue
      if (operation.tender_id === tender.id && kinds.includes(operation.kind) && OPEN.includes(operation.state)) {
        sum += operation.amount
      }
    }
    return sum
  }

  #status(): string {
    const tenders = [...this.#tenders.values()]
    const sum = (of: (tender: Tender) => number) => tenders.reduce((total, tender) => total + of(tender), 0)
    const charging = sum(
      (t) => this.#open(t, ['sale', 'authorize', 'credit']) - (this.isCharge ? this.#open(t, ['credit']) : 0),
    )
    if (!this.isCharge) {
      if (sum((t) => t.credited) > 0) return 'captured'
      return charging > 0 ? 'processing' : 'failed'
    }
    const captured = sum((t) => t.captured)
    const held = sum((t) => t.held)
    if (captured >= this.#amount) return 'captured'
    if (captured > 0) return 'partially_captured'
    if (tenders.some((t) => t.hasAction && this.#open(t, ['sale', 'authorize']) > 0)) return 'requires_action'
    if (charging > 0) return 'processing'
    if (this.#isCanceled) return 'canceled'
    if (held >= this.#amount) return 'authorized'
    if (held > 0 || tenders.length === 0) return 'requires_payment'
    if (tenders.some((t) => t.isExpired)) return 'expired'
    // Taken, and taken back: nobody gave it up.
    if (tenders.some((t) => t.capturedEver > t.captured)) return 'failed'
    return tenders.some((t) => t.released > 0) ? 'canceled' : 'failed'
  }

  // ---- What evidence means ---------------------------------------------------------------------------------------

  #learn(evidence: EvidenceFact): void {
    const operation = this.#operations.get(evidence.operation_id)
    if (!operation) return
    const tender = this.#tenders.get(operation.tender_id) as Tender
    if (evidence.outcome.startsWith('dispute_')) {
      this.#learnDispute(evidence, tender)
      return
    }
    if (evidence.outcome === 'expired') {
      if (operation.kind !== 'authorize' || operation.state !== 'succeeded') return
      tender.isExpired = true
      this.#release(tender)
      return
    }
    // Of another currency than instructed: nothing can be concluded but that somebody should be asked.
    if (evidence.currency !== null && evidence.currency !== this.#fact.currency) return
    const isOpen = OPEN.includes(operation.state)
    const isOlder =
      evidence.occurred_at !== null && operation.occurredAt !== null && evidence.occurred_at < operation.occurredAt
    switch (evidence.outcome) {
      case 'succeeded':
        this.#learnSuccess(operation, tender, evidence, isOpen, isOlder)
        return
      case 'declined':
      case 'no_effect':
      case 'reversed':
        this.#learnFailure(operation, tender, evidence, isOpen, isOlder)
        return
      case 'pending':
        if (!isOpen) return
        operation.state = 'pending'
        operation.occurredAt = evidence.occurred_at ?? operation.occurredAt
        if (evidence.has_action && isCharge(operation.kind)) tender.hasAction = true
        return
      case 'unknown':
        if (operation.state === 'dispatched') operation.state = 'unknown'
    }
  }

  /** Opened and lost it is gone, won it is back. An end that comes first opens the dispute and ends it. */
  #learnDispute({ outcome, reference, amount }: EvidenceFact, tender: Tender): void {
    const stage = outcome.replace('dispute_', '')
    const known = this.#disputes.get(reference ?? '')
    if (!known) {
      const dispute = { stage, amount: amount ?? 0 }
      this.#disputes.set(reference ?? '', dispute)
      // It may be about more than is left.
      if (stage !== 'won') tender.disputed = Math.min(tender.captured, tender.disputed + dispute.amount)
      return
    }
    if (known.stage !== 'opened' || stage === 'opened') return
    known.stage = stage
    if (stage === 'won') tender.disputed -= Math.min(tender.disputed, known.amount)
  }

  #learnSuccess(operation: Operation, tender: Tender, evidence: EvidenceFact, isOpen: boolean, isOlder: boolean): void {
    if (operation.state === 'succeeded' || operation.state === 'reversed') return
    const amount = evidence.amount ?? operation.amount
    // More than instructed was not instructed, and a notification may not change an amount at all.
    if (amount > operation.amount || amount <= 0 || (evidence.source === 'webhook' && amount !== operation.amount))
      return
    if (!isOpen && isOlder) return
    operation.state = 'succeeded'
    operation.effective = amount
    operation.occurredAt = evidence.occurred_at ?? operation.occurredAt
    this.#take(operation, tender, amount)
  }

  #learnFailure(operation: Operation, tender: Tender, evidence: EvidenceFact, isOpen: boolean, isOlder: boolean): void {
    if (isOpen) {
      // A success taken back before it was heard of: when it comes after all, it is known to be over.
      operation.state = evidence.outcome as 'declined' | 'no_effect' | 'reversed'
      operation.occurredAt = evidence.occurred_at ?? operation.occurredAt
      if (isCharge(operation.kind)) tender.hasAction = false
      // A void that is refused gives nothing up.
      if (operation.kind === 'void' && tender.held > 0) this.#isCanceled = false
      return
    }
    // Of the same moment the success stands, unless it is expressly taken back.
    const isTie = evidence.occurred_at !== null && evidence.occurred_at === operation.occurredAt
    if (isTie && evidence.outcome !== 'reversed') return
    // A released hold does not come back by being told so: that is for a person to look at.
    if (operation.state !== 'succeeded' || isOlder || operation.kind === 'void' || operation.kind === 'extend') return
    operation.state = 'reversed'
    operation.occurredAt = evidence.occurred_at ?? operation.occurredAt
    this.#takeBack(operation, tender, operation.effective)
    operation.effective = 0
  }

  #take(operation: Operation, tender: Tender, amount: number): void {
    if (isCharge(operation.kind)) tender.hasAction = false
    switch (operation.kind) {
      case 'sale':
        tender.authorized += amount
        tender.captured += amount
        tender.capturedEver += amount
        return
      case 'authorize':
        tender.authorized += amount
        tender.held += amount
        return
      case 'increment':
        tender.authorized += amount
        tender.held += amount
        this.#amount += amount
        return
      case 'capture': {
        tender.authorized += Math.max(0, amount - tender.held)
        tender.captured += amount
        tender.capturedEver += amount
        tender.held = Math.max(0, tender.held - amount)
        if (operation.is_final || !tender.is_multi_capture) this.#release(tender)
        return
      }
      case 'void':
        this.#callOff(tender)
        this.#release(tender)
        return
      case 'refund':
        this.#giveBack(tender, amount)
        return
      case 'credit':
        if (this.isCharge) this.#giveBack(tender, amount)
        else tender.credited += amount
    }
  }

  /** A refund that was given up, made again and then found to have happened is more than was asked for; it counts once. */
  #giveBack(tender: Tender, amount: number): void {
    tender.refunded += Math.min(
      amount,
      tender.capturedEver - tender.refunded - this.#open(tender, ['refund', 'credit']),
    )
  }

  #takeBack(operation: Operation, tender: Tender, amount: number): void {
    switch (operation.kind) {
      case 'sale':
        tender.captured -= amount
        tender.released += amount
        return
      case 'capture':
        tender.captured -= amount
        tender.held += amount
        return
      case 'authorize':
      case 'increment': {
        const back = Math.min(amount, tender.held)
        tender.held -= back
        tender.released += back
        return
      }
      case 'refund':
        tender.refunded -= amount
        return
      case 'credit':
        if (this.isCharge) tender.refunded -= amount
        else tender.credited -= amount
    }
  }

  #release(tender: Tender): void {
    tender.released += tender.held
    tender.held = 0
  }

  /** A void that came before the customer had decided ends the charge itself. */
  #callOff(tender: Tender): void {
    for (const operation of this.#operations.values()) {
      if (operation.tender_id === tender.id && isCharge(operation.kind) && operation.state === 'pending') {
        operation.state = 'declined'
        tender.hasAction = false
      }
    }
  }
}

function isCharge(kind: Kind): boolean {
  return kind === 'sale' || kind === 'authorize'
}
