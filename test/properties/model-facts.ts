// The facts that the model works from: instructions and evidence, as the API and the timeline tell them.

export type Kind = 'sale' | 'authorize' | 'capture' | 'void' | 'refund' | 'increment' | 'extend' | 'credit'

export interface OperationFact {
  id: string
  tender_id: string
  kind: Kind
  amount: number
  is_final: boolean
  /** The machine's own: it gives back what came in twice or too late. */
  is_automatic: boolean
  created_at: string
}

export interface EvidenceFact {
  operation_id: string
  source: string
  outcome: string
  amount: number | null
  currency: string | null
  /** The provider's name for what it tells of; of a dispute, the one thing that says which dispute it is. */
  reference: string | null
  occurred_at: string | null
  received_at: string
  has_action: boolean
}

export interface TenderFact {
  id: string
  method: string
  amount: number
  /** Several captures are possible; else the first one ends the hold. */
  is_multi_capture: boolean
}

export interface PaymentFact {
  id: string
  direction: 'charge' | 'credit'
  /** As asked for; increments that succeed add to it. */
  amount: number
  currency: string
  /** When it was given up. A void that is refused undoes that, so there may be several. */
  cancels: string[]
  /** In the order in which they were added. */
  tenders: TenderFact[]
  operations: OperationFact[]
  evidence: EvidenceFact[]
}
