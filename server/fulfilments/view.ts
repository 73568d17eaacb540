// A fulfilment as the API and its events show it.

import type { Fulfilment, FulfilmentLine } from './fulfilment.ts'

/** With its lines; the code itself is never in it. */
export function viewOf(row: Fulfilment, lines: readonly FulfilmentLine[]) {
  return {
    id: row.id,
    object: 'fulfilment' as const,
    order_id: row.order_id,
    group_no: row.group_no,
    part: row.part,
    mode: row.mode,
    state: row.state,
    store_id: row.store_id,
    destination_store_id: row.destination_store_id,
    address: row.address,
    transfer_id: row.transfer_id,
    score: row.score,
    reason: row.reason,
    needs_code: row.code_hash !== null,
    collected_by: row.collected_by,
    promised_at: row.promised_at?.toISOString() ?? null,
    expires_at: row.expires_at?.toISOString() ?? null,
    tracking: row.tracking,
    charge: {
      state: row.charge_state,
      amount: Number(row.charge_amount),
      payment_id: row.charge_plan?.payment_id ?? null,
      decline: row.charge_decline,
    },
    lines: lines
      .filter(({ fulfilment_id }) => fulfilment_id === row.id)
      .map(({ line_id, quantity, handed_over, dropped }) => ({
        line_id,
        quantity: Number(quantity),
        handed_over: Number(handed_over),
        dropped: Number(dropped),
      })),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
export type FulfilmentView = ReturnType<typeof viewOf>
