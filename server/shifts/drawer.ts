// What moves in a drawer besides sales and refunds: the float, cash paid in and out, drops, the difference found by counting. Each is
// a row and an entry of the ledger in one transaction, so that what a drawer should hold is what the books say of `cash:{register}`.

import type { Tx } from '../db/pool.ts'
import { postEntry } from '../ledger/index.ts'
import type { ShiftDeps } from './deps.ts'
import { insertMovement, type MovementRow, type MovementType, type ShiftRow } from './store.ts'

/** Where the money comes from or goes to. */
const OTHER_SIDE: Readonly<Record<Exclude<MovementType, 'no_sale'>, string>> = {
  float: 'cash_safe',
  drop: 'cash_safe',
  paid_in: 'petty_cash',
  paid_out: 'petty_cash',
  over_short: 'cash_over_short',
}

/** The account of a register's drawer. */
export function drawerOf(registerId: string): { account: string } {
  return { account: `cash:${registerId}` }
}

/** Writes a movement of a shift and posts it. `amount` is the change of what the drawer holds. */
export async function move(
  deps: Pick<ShiftDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  shift: ShiftRow,
  what: Pick<MovementRow, 'type' | 'amount' | 'by' | 'at'> & {
    reason?: string | undefined
    reference?: string | undefined
  },
): Promise<MovementRow> {
  const { type, amount, by, at, reason = null, reference = null } = what
  const row: MovementRow = {
    ...{ id: deps.newId('drw'), shift_id: shift.id, register_id: shift.register_id, type, amount },
    ...{ currency: shift.currency, reason, reference, by, at },
  }
  await insertMovement(tx, merchantId, row)
  if (type === 'no_sale' || amount === 0n) return row
  await postEntry(tx, merchantId, at, {
    ...{ sourceId: row.id, event: `drawer_${type}`, currency: shift.currency, channel: 'pos', storeId: shift.store_id },
    lines: [
      { ...drawerOf(shift.register_id), amount },
      { account: OTHER_SIDE[type], amount: -amount },
    ],
  })
  return row
}
