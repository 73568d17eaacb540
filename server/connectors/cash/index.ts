// Cash in a drawer, as a connector: the clerk's declaration is the fact, so every instruction succeeds at once and for its
// own amount. What was handed over and the change are the till's business; the drawer keeps the amount, rounded where small
// coins are gone.

import type { Connector, ConnectorFacts, Instruction, Outcome } from '../connector.ts'

const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  lookup_by_our_reference: true,
  idempotent: true,
  methods: ['cash'],
}

/** The drawer. It has no memory: our own record of the declaration is the only one there is. */
export const cash: Connector = {
  name: 'cash',
  facts,
  async sale(instruction) {
    const cash = instruction.cash
    // Definitely nothing happened: a drawer cannot take less than the price.
    if (cash && cash.tendered < instruction.amount + (cash.rounding ?? 0n))
      return { outcome: 'no_effect', reason: 'less cash was handed over than the amount' }
    return declared(instruction)
  },
  refund: async (instruction) => declared(instruction),
  credit: async (instruction) => declared(instruction),
  async lookup(instruction) {
    // Asked only after a crash between declaring and booking: the instruction was recorded, so the clerk did it.
    if (instruction.amount === undefined) return { outcome: 'unknown', reason: 'the drawer is asked without an amount' }
    return declared({ operation_id: instruction.operation_id, amount: instruction.amount })
  },
}

function declared(instruction: Pick<Instruction, 'operation_id' | 'amount'>): Outcome {
  return {
    outcome: 'succeeded',
    amount: instruction.amount,
    psp_reference: `cash_${instruction.operation_id}`,
    instrument: { kind: 'cash' },
  }
}
