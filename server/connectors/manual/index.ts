// A card terminal that stands alone: the amount is typed in on it by hand, and staff type its result in here. What they say
// is the fact, as with cash; that it is true is found when the provider's settlement is compared. It must never take
// an amount without the approval code of a slip, which is what the money is found by.

import type { Connector, ConnectorFacts, Outcome } from '../connector.ts'

const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  lookup_by_our_reference: true,
  idempotent: true,
  only_at_terminal: true,
  told_by_person: true,
  methods: ['card', 'girocard', 'cartes_bancaires', 'bancontact'],
}

/** Stand-alone terminals. They are not connected: a lookup knows what staff declared, and nothing more. */
export const manual: Connector = {
  name: 'manual',
  facts,
  async sale({ amount, operation_id, slip }) {
    if (!slip) return { outcome: 'no_effect', reason: 'no slip of a terminal was shown' }
    const { approval_code, brand, last4 } = slip
    return {
      ...declared(operation_id, amount),
      instrument: { kind: 'card', approval_code, ...(brand && { brand }), ...(last4 && { last4 }), entry: 'manual' },
    }
  },
  refund: async ({ operation_id, amount }) => declared(operation_id, amount),
  async lookup({ operation_id, amount }) {
    // Asked only after a crash between declaring and booking: the slip was shown, so the terminal had approved.
    if (amount === undefined) return { outcome: 'unknown', reason: 'a stand-alone terminal is asked without an amount' }
    return declared(operation_id, amount)
  },
}

function declared(operationId: string, amount: bigint): Extract<Outcome, { outcome: 'succeeded' }> {
  return { outcome: 'succeeded', amount, psp_reference: `slip_${operationId}` }
}
