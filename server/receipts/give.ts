// Giving a receipt to somebody: printed, or by mail. Each is counted; the first print is the original and all further ones are copies,
// which the journal is told of.

import { transact } from '../db/pool.ts'
import { queueMail } from '../mail/index.ts'
import type { ReceiptDeps } from './deps.ts'
import { type Found, findReceipt } from './find.ts'
import { type Addressed, receiptMail } from './mail.ts'
import { countCopies, insertCopy } from './store.ts'
import { type ReceiptView, receiptView } from './view.ts'

/** Counts a print and answers what to print. A gift receipt is no copy: it tells nothing that could be claimed twice. */
export async function printReceipt(
  deps: ReceiptDeps,
  merchantId: string,
  { id, isGift, by }: { id: string; isGift: boolean; by: string },
): Promise<ReceiptView> {
  const found = await findReceipt(deps, merchantId, id)
  const copy = await note(deps, merchantId, { found, way: isGift ? 'gift' : 'print', by })
  return receiptView(deps, merchantId, found, { isGift, copy })
}

/** Leaves the mail in the queue, and answers the receipt it tells of. */
export async function mailReceipt(
  deps: ReceiptDeps,
  merchantId: string,
  { id, by, ...addressed }: { id: string; by: string } & Addressed,
): Promise<ReceiptView> {
  const found = await findReceipt(deps, merchantId, id)
  const view = await receiptView(deps, merchantId, found, { isGift: false, copy: null })
  const mail = await receiptMail(deps, merchantId, { found, view, ...addressed })
  await queueMail(deps.db, merchantId, mail)
  await note(deps, merchantId, { found, way: 'mail', by })
  return view
}

/** How many prints there were before this one; null for what is not counted: no print, or nothing sold at a register. */
async function note(
  deps: ReceiptDeps,
  merchantId: string,
  { found, way, by }: { found: Found; way: 'print' | 'mail' | 'gift'; by: string },
): Promise<number | null> {
  const { row } = found
  if (!row) return way === 'print' ? 0 : null
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift_id = await deps.runningAt(tx, merchantId, row.register_id)
    await insertCopy(tx, merchantId, { receiptId: row.id, way, shift_id, by, at })
    const prints = (await countCopies(tx, merchantId, row.id))['print'] ?? 0
    if (way !== 'print') return null
    if (prints > 1)
      await deps.journal.append(tx, merchantId, {
        ...{ registerId: row.register_id, kind: 'copy', subjectId: row.id, at },
        body: { number: Number(row.number), copy: prints - 1, by },
      })
    return prints - 1
  })
}
