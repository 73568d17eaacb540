// Closing: the Z report is written, the difference booked, the shift ended for good. One bad document never stands in the way: it is
// listed on the Z as an exception, and what becomes of it later is a supplement that names the Z it adds to.

import { type Tx, transact } from '../db/pool.ts'
import { lockBalance } from '../ledger/index.ts'
import type { JsonValue } from '../lib/json.ts'
import { Problem } from '../lib/problem.ts'
import { lockTotals, putInReport, shiftsNotReported, writeWaiting } from '../receipts/index.ts'
import type { By, ShiftDeps, Waiting } from './deps.ts'
import { drawerOf, move } from './drawer.ts'
import { type Figures, figuresOf } from './figures.ts'
import { type ReportBody, type ReportInput, type ReportKind, reportBody } from './report.ts'
import { lockHere, shiftFor, tell } from './shift.ts'
import {
  closedAmong,
  insertReport,
  lockShift,
  nextReportNo,
  type ReportRow,
  reportsOf,
  type ShiftRow,
  updateShift,
} from './store.ts'
import { asksForReason } from './variance.ts'

/** Who writes supplements: nobody at a till. */
const NOBODY: By = { id: 'onetill', registerId: null }

/**
 * Closes a counted shift and answers its Z report; once closed, the same report. Throws not-found, other-till, shift-not-counted,
 * validation-error for a difference without a reason.
 */
export async function closeShift(
  deps: ShiftDeps,
  merchantId: string,
  { shiftId, reason, by }: { shiftId: string; reason?: string | undefined; by: By },
): Promise<ReportRow> {
  const before = await shiftFor(deps, merchantId, shiftId, by)
  if (before.state !== 'closed') await writeWaiting(deps, merchantId, { shift_id: shiftId })
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift = await lockHere(tx, merchantId, shiftId, by)
    if (shift.state === 'closed') return zOf(await reportsOf(tx, merchantId, shiftId))
    if (shift.counted === null || shift.expected === null) throw new Problem('shift-not-counted')
    const variance = shift.counted - shift.expected
    if (reason === undefined && asksForReason(variance, shift.currency))
      throw new Problem('validation-error', {
        detail: 'The difference is too large to go without a reason.',
        errors: [{ pointer: '/reason', detail: `is needed: the drawer differs by ${variance}` }],
      })
    const closed: ShiftRow = {
      ...{ ...shift, state: 'closed', closed_by: by.id, closed_at: at, variance_reason: reason ?? null },
    }
    const report = await issue(deps, tx, merchantId, { kind: 'z', shift: closed, original: null, by, at })
    if (variance !== 0n)
      await move(deps, tx, merchantId, shift, { type: 'over_short', amount: variance, by: by.id, at, reason })
    return report
  })
}

/** A reading of a shift that runs: the figures of a Z without its consequences. It is written down that it was taken. */
export async function xReport(
  deps: ShiftDeps,
  merchantId: string,
  { shiftId, by }: { shiftId: string; by: By },
): Promise<ReportBody & { offline: Waiting | null }> {
  await shiftFor(deps, merchantId, shiftId, by)
  await writeWaiting(deps, merchantId, { shift_id: shiftId })
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift = await lockHere(tx, merchantId, shiftId, by)
    if (shift.state === 'closed') throw new Problem('invalid-state', { detail: 'The shift is closed: read its Z.' })
    const { counted: _, ...body } = await bodyOf(deps, tx, merchantId, { kind: 'x', shift, at })
    const told = { net: body.net, totals: body.totals }
    const read = await updateShift(tx, merchantId, shift)
    await tell(deps, tx, merchantId, read, { kind: 'x_report', event: 'shift.read', by, at, told })
    return { ...body, offline: await deps.waitingAt(tx, merchantId, shift.register_id) }
  })
}

/** The Z of a closed shift, and its supplements. Throws not-found, other-till, invalid-state while it runs. */
export async function zReports(
  deps: ShiftDeps,
  merchantId: string,
  { shiftId, by }: { shiftId: string; by: By },
): Promise<{ z: ReportRow; supplements: ReportRow[] }> {
  const shift = await shiftFor(deps, merchantId, shiftId, by)
  if (shift.state !== 'closed') throw new Problem('invalid-state', { detail: 'The shift is not closed.' })
  await supplement(deps, merchantId, shiftId)
  const reports = await reportsOf(deps.db, merchantId, shiftId)
  return { z: zOf(reports), supplements: reports.filter(({ kind }) => kind === 'supplement') }
}

/** One step of the worker: supplements of closed shifts to which something came later. */
export async function supplementDue(deps: ShiftDeps): Promise<number> {
  const waiting = Map.groupBy(await shiftsNotReported(deps.db), ({ merchant_id }) => merchant_id)
  let written = 0
  for (const [merchantId, rows] of waiting) {
    const ids = rows.map(({ shift_id }) => shift_id)
    for (const shiftId of await closedAmong(deps.db, merchantId, ids))
      if (await supplement(deps, merchantId, shiftId)) written++
  }
  return written
}

/** Writes what came after the Z into a report of its own; null when nothing did. */
async function supplement(deps: ShiftDeps, merchantId: string, shiftId: string): Promise<ReportRow | null> {
  await writeWaiting(deps, merchantId, { shift_id: shiftId })
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const shift = await lockShift(tx, merchantId, shiftId)
    if (shift?.state !== 'closed') return null
    const { counted } = await figuresOf(tx, merchantId, { shiftId, currency: shift.currency, notReported: true })
    if (Object.values(counted).every((ids) => ids.length === 0)) return null
    const original = zOf(await reportsOf(tx, merchantId, shiftId))
    return issue(deps, tx, merchantId, { kind: 'supplement', shift, original, by: NOBODY, at })
  })
}

interface Issue {
  kind: 'z' | 'supplement'
  shift: ShiftRow
  original: ReportRow | null
  by: By
  at: Date
}

/** Writes a report under the register's next number, counts into it what it counts, and signs it into the journal. */
async function issue(
  deps: ShiftDeps,
  tx: Tx,
  merchantId: string,
  { kind, shift, original, by, at }: Issue,
): Promise<ReportRow> {
  const { counted, ...body } = await bodyOf(deps, tx, merchantId, { kind, shift, at })
  const no = await nextReportNo(tx, merchantId, shift.register_id)
  const id = deps.newId('rpt')
  await putInReport(tx, merchantId, { reportId: id, ...counted })
  const told = { report_id: id, no, original_id: original?.id ?? null, report: body as unknown as JsonValue }
  const journalKind = kind === 'z' ? 'z_report' : 'supplement'
  const event = kind === 'z' ? 'shift.closed' : 'shift.supplemented'
  const next = await updateShift(tx, merchantId, shift)
  const { seq, hash } = await tell(deps, tx, merchantId, next, { kind: journalKind, event, by, at, told })
  const report: ReportRow = {
    ...{ id, register_id: shift.register_id, no, kind, shift_id: shift.id, original_id: original?.id ?? null },
    body: { ...body, journal: { sequence: Number(seq), hash: hash.toString('hex') } },
    created_at: at,
  }
  await insertReport(tx, merchantId, report)
  return report
}

async function bodyOf(
  deps: ShiftDeps,
  tx: Tx,
  merchantId: string,
  { kind, shift, at }: { kind: ReportKind; shift: ShiftRow; at: Date },
): Promise<ReportBody & Pick<Figures, 'counted'>> {
  const totals = await lockTotals(tx, merchantId, shift.register_id)
  const figures = await figuresOf(tx, merchantId, {
    ...{ shiftId: shift.id, currency: shift.currency },
    notReported: kind !== 'x',
  })
  const drawerNow = await lockBalance(tx, merchantId, { ...drawerOf(shift.register_id), currency: shift.currency })
  const input: ReportInput = { kind, shift, figures, totals, drawerNow, at }
  return { ...(await reportBody(deps, merchantId, input)), counted: figures.counted }
}

function zOf(reports: readonly ReportRow[]): ReportRow {
  const z = reports.find(({ kind }) => kind === 'z')
  if (!z) throw new Error('a closed shift without its Z report')
  return z
}
