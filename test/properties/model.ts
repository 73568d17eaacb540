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
  /** What took effect before it was taken back; 0 when nothing ever did. */
  undone: number
  occurredAt: string | null
  /** When it first was known to have succeeded. */
  succeededAt: string | null
}

interface Tender extends TenderFact {
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
  /** Of what can be asked for, what does not depend on the connector. */
  actions: string[]
  states: Record<string, State>
}

export class PaymentModel {
  readonly #fact: PaymentFact
  readonly #operations: Map<string, Operation>
  readonly #tenders: Map<string, Tender>
  readonly #disputes = new Map<string, { stage: string; amount: number; tender_id: string }>()
  #amount: number
  /** Of the amount: what increments have added. */
  #raised = 0
  #isCanceled = false
  /** The moment of the evidence being learnt: what is instructed later is not on its way yet. */
  #now: string | undefined

  constructor(fact: PaymentFact) {
    this.#fact = fact
    this.#amount = fact.amount
    this.#operations = new Map(
      fact.operations.map((o) => [
        o.id,
        { ...o, state: 'dispatched' as const, effective: 0, undone: 0, occurredAt: null, succeededAt: null },
      ]),
    )
    this.#tenders = new Map(fact.tenders.map((t) => [t.id, { ...t, isExpired: false, hasAction: false }]))
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
    return {
      status: this.#status(),
      amount_authorized: this.#sum((t) => this.#authorized(t)),
      amount_capturable: this.#sum((t) => this.#capturable(t)),
      amount_captured: this.#sum((t) => this.#captured(t)),
      amount_refundable: this.#sum((t) => this.#refundable(t)),
      amount_refunded: this.#sum((t) => this.#refunded(t)),
      amount_disputed: this.#sum((t) => Math.min(this.#captured(t), this.#disputed(t))),
      amount_in_flight: this.#sum((t) => this.#open(t, MONEY)),
      actions: [
        ...(this.tender() === 200 && this.due() > 0 ? ['tenders'] : []),
        ...(this.isCharge && this.cancel() === 200 ? ['cancel'] : []),
        ...(this.refund() === 200 ? ['refunds'] : []),
      ],
      states: Object.fromEntries([...this.#operations.values()].map((o) => [o.id, o.state])),
    }
  }

  // ---- What may be asked. Each answers the status a caller should see, 200 standing for every acceptance. -------------

  capture(amount?: number, isFinal = false): number {
    const held = [...this.#tenders.values()].filter((tender) => this.#held(tender) > 0)
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
      const isGivenBack = isFinal && part === 0 && this.#capturable(tender) === this.#held(tender)
      if (isGivenBack && this.#open(tender, ['increment']) > 0) return 409
    }
    return this.#waitsForIncrement(amount ?? capturable) ? 409 : 200
  }

  /** What takes the last of what is owed, and what raises it, wait for each other. */
  #waitsForIncrement(capturing: number, isRaising = false): boolean {
    if (!isRaising && this.#sum((t) => this.#open(t, ['increment'])) === 0) return false
    return this.#sum((t) => this.#captured(t) + this.#open(t, ['capture'])) + capturing >= this.#amount
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
    const [tender] = [...this.#tenders.values()].filter((tender) => this.#held(tender) > 0)
    if (!tender || this.#isCanceled) return 409
    if (this.#amount + amount > MOST) return 422
    const mustWait =
      this.#open(tender, ['increment', 'void']) > 0 ||
      this.#isLastCaptureOpen(tender) ||
      this.#waitsForIncrement(0, true)
    return mustWait || tender.isExpired ? 409 : 200
  }

  extend(): number {
    const [tender] = [...this.#tenders.values()].filter((tender) => this.#held(tender) > 0)
    if (!tender || this.#isCanceled || tender.isExpired) return 409
    return this.#open(tender, ['void']) > 0 ? 409 : 200
  }

  refund(amount?: number, tenderId?: string): number {
    const taken = [...this.#tenders.values()].filter(
      (tender) => this.#capturedEver(tender) > 0 && (tenderId === undefined || tender.id === tenderId),
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
    // What was paid or is held in full is not paid again when some was given back.
    return ['captured', 'authorized'].includes(this.#status()) ? 409 : 200
  }

  /** What no tender covers yet, counting what is on its way in; what was given back covers nothing. */
  due(): number {
    return [...this.#tenders.values()].reduce(
      (due, tender) =>
        due -
        Math.max(0, this.#captured(tender) + this.#held(tender) - this.#refunded(tender)) -
        this.#open(tender, ['sale', 'authorize']),
      this.#amount,
    )
  }

  /** True while it has money of its order, or may still get some or lose some. */
  claimsOrder(): boolean {
    const tenders = [...this.#tenders.values()]
    const kept = this.#sum((tender) => this.#captured(tender) - this.#refunded(tender))
    return kept !== 0 || tenders.some((tender) => this.#held(tender) > 0 || this.#open(tender, MONEY) > 0)
  }

  // ---- Figures, each added up from the operations --------------------------------------------------------------------

  #sum(of: (tender: Tender) => number): number {
    return [...this.#tenders.values()].reduce((total, tender) => total + of(tender), 0)
  }

  #of(tender: Tender, kinds: readonly Kind[]): Operation[] {
    return [...this.#operations.values()].filter((o) => o.tender_id === tender.id && kinds.includes(o.kind))
  }

  #captured(tender: Tender): number {
    return total(this.#of(tender, ['sale', 'capture']), 'effective')
  }

  /** Also what was taken back. */
  #capturedEver(tender: Tender): number {
    return this.#captured(tender) + total(this.#of(tender, ['sale', 'capture']), 'undone')
  }

  /** What stands of what was approved, and never less than what was taken or is being taken. */
  #authorized(tender: Tender): number {
    const approved = total(this.#of(tender, ['sale', 'authorize', 'increment']), 'effective')
    return Math.max(approved, this.#captured(tender) + Math.max(this.#held(tender), this.#open(tender, ['capture'])))
  }

  /** What can still be captured or is being captured. */
  #held(tender: Tender): number {
    const captures = this.#of(tender, ['capture'])
    const approved = this.#of(tender, ['authorize', 'increment']).filter((o) => !this.#isLetGo(tender, o))
    let left = Math.max(0, total(approved, 'effective') - total(captures, 'effective'))
    // A last capture leaves only what it gave back.
    if (captures.some((o) => this.#isLast(tender, o) && o.effective + o.undone > 0))
      left = Math.min(left, total(captures, 'undone'))
    return Math.max(left, this.#open(tender, ['capture']))
  }

  /** By a void that is not older, by the provider's time where it tells one, or by the end of its time. */
  #isLetGo(tender: Tender, approval: Operation): boolean {
    if (tender.isExpired) return true
    return this.#of(tender, ['void']).some(
      ({ state, occurredAt }) =>
        state === 'succeeded' &&
        (occurredAt === null || approval.occurredAt === null || occurredAt >= approval.occurredAt),
    )
  }

  #isLast(tender: Tender, capture: Operation): boolean {
    return capture.is_final || !tender.is_multi_capture
  }

  #given(tender: Tender): Operation[] {
    return this.#of(tender, this.isCharge ? ['refund', 'credit'] : ['refund'])
  }

  /** What was given up, done again and then found to have happened is more than there was; it does not count. */
  #refunded(tender: Tender): number {
    const open = this.isCharge ? this.#open(tender, ['refund', 'credit']) : 0
    return Math.min(total(this.#given(tender), 'effective'), this.#capturedEver(tender) - open)
  }

  #credited(tender: Tender): number {
    return this.isCharge ? 0 : total(this.#of(tender, ['credit']), 'effective')
  }

  /** What disputes that are open or lost are about. */
  #disputed(tender: Tender): number {
    return [...this.#disputes.values()]
      .filter(({ tender_id, stage }) => tender_id === tender.id && stage !== 'won')
      .reduce((sum, { amount }) => sum + amount, 0)
  }

  #capturable(tender: Tender): number {
    return Math.max(0, this.#held(tender) - this.#open(tender, ['capture', 'void']))
  }

  #refundable(tender: Tender): number {
    const out = this.isCharge ? this.#open(tender, ['refund', 'credit']) : 0
    return Math.max(0, this.#captured(tender) - this.#refunded(tender) - out - this.#disputed(tender))
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
    const charging = this.#sum(
      (t) => this.#open(t, ['sale', 'authorize', 'credit']) - (this.isCharge ? this.#open(t, ['credit']) : 0),
    )
    if (!this.isCharge) {
      if (this.#sum((t) => this.#credited(t)) > 0) return 'captured'
      return charging > 0 ? 'processing' : 'failed'
    }
    const captured = this.#sum((t) => this.#captured(t))
    const held = this.#sum((t) => this.#held(t))
    if (captured >= this.#amount) return 'captured'
    if (captured > 0) return 'partially_captured'
    if (tenders.some((t) => t.hasAction && this.#open(t, ['sale', 'authorize']) > 0)) return 'requires_action'
    if (charging > 0) return 'processing'
    if (this.#isCanceled) return 'canceled'
    if (held >= this.#amount) return 'authorized'
    if (held > 0 || tenders.length === 0) return 'requires_payment'
    if (tenders.some((t) => t.isExpired)) return 'expired'
    // Taken, and taken back: nobody gave it up.
    if (tenders.some((t) => this.#capturedEver(t) > this.#captured(t))) return 'failed'
    return tenders.some((t) => this.#authorized(t) > this.#captured(t) + this.#held(t)) ? 'canceled' : 'failed'
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

  /** An end that comes first opens the dispute and ends it. */
  #learnDispute({ outcome, reference, amount }: EvidenceFact, tender: Tender): void {
    const stage = outcome.replace('dispute_', '')
    const known = this.#disputes.get(reference ?? '')
    if (!known) this.#disputes.set(reference ?? '', { stage, amount: amount ?? 0, tender_id: tender.id })
    else if (known.stage === 'opened') known.stage = stage
  }

  #learnSuccess(operation: Operation, tender: Tender, evidence: EvidenceFact, isOpen: boolean, isOlder: boolean): void {
    if (operation.state === 'succeeded') return
    const amount = evidence.amount ?? operation.amount
    // More than instructed was not instructed, and a notification may not change an amount at all.
    if (amount > operation.amount || amount <= 0 || (evidence.source === 'webhook' && amount !== operation.amount))
      return
    const isFinalAnyway = operation.kind === 'void' || operation.kind === 'extend'
    if (!isFinalAnyway && (operation.state === 'reversed' || (!isOpen && isOlder))) {
      // Told of only after it was over.
      if (operation.undone === 0) operation.undone = amount
      operation.state = 'reversed'
      return
    }
    operation.state = 'succeeded'
    operation.effective = amount
    operation.succeededAt ??= evidence.received_at
    operation.occurredAt = evidence.occurred_at ?? operation.occurredAt
    if (isCharge(operation.kind)) tender.hasAction = false
    if (operation.kind === 'void') this.#callOff(tender)
    // What was paid in full is not unpaid by an approval that nobody waited for.
    if (operation.kind === 'increment' && this.#sum((t) => this.#captured(t)) < this.#amount) {
      this.#amount += amount
      this.#raised += amount
    }
  }

  #learnFailure(operation: Operation, tender: Tender, evidence: EvidenceFact, isOpen: boolean, isOlder: boolean): void {
    if (isOpen) {
      // A success taken back before it was heard of: when it comes after all, it is known to be over.
      operation.state = evidence.outcome as 'declined' | 'no_effect' | 'reversed'
      operation.occurredAt = evidence.occurred_at ?? operation.occurredAt
      if (isCharge(operation.kind)) tender.hasAction = false
      if (operation.kind === 'void' && !operation.is_automatic && this.#wasHeld(operation)) this.#isCanceled = false
      return
    }
    // Of the same moment the success stands, unless it is expressly taken back.
    const isTie = evidence.occurred_at !== null && evidence.occurred_at === operation.occurredAt
    if (isTie && evidence.outcome !== 'reversed') return
    // A released hold does not come back by being told so: that is for a person to look at.
    if (operation.state !== 'succeeded' || isOlder || operation.kind === 'void' || operation.kind === 'extend') return
    operation.state = 'reversed'
    operation.occurredAt = evidence.occurred_at ?? operation.occurredAt
    if (operation.kind === 'increment') {
      const back = Math.min(this.#raised, operation.effective)
      this.#amount -= back
      this.#raised -= back
    }
    operation.undone = operation.effective
    operation.effective = 0
  }

  /** A cancel that is refused gives nothing up, if there was something; what was withdrawn before it was paid stays so. */
  #wasHeld(theVoid: Operation): boolean {
    return [...this.#operations.values()].some(
      ({ tender_id, kind, succeededAt }) =>
        tender_id === theVoid.tender_id && isCharge(kind) && succeededAt !== null && succeededAt <= theVoid.created_at,
    )
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

function total(operations: readonly Operation[], of: 'effective' | 'undone'): number {
  return operations.reduce((sum, operation) => sum + operation[of], 0)
}
