// The body of X and Z reports, as they are shown and kept: who, where and when, what was sold and given back, how it was paid, what the
// drawer should hold and held, what could not be counted, and what the register has ever sold. Amounts are minor units.

import type { ShiftDeps } from './deps.ts'
import type { Figures } from './figures.ts'
import { namesOfRegister } from './place.ts'
import type { ShiftRow } from './store.ts'

export type ReportKind = 'x' | 'z' | 'supplement'

export interface ReportInput {
  kind: ReportKind
  shift: ShiftRow
  figures: Figures
  /** What the register has ever sold and given back, this shift included. */
  totals: { sales: bigint; returns: bigint }
  /** What the books say the drawer holds now, before a difference is booked. */
  drawerNow: bigint
  at: Date
}

/** Makes the body of a report. */
export async function reportBody(deps: ShiftDeps, merchantId: string, input: ReportInput) {
  const { kind, shift, figures, totals, at } = input
  const { people, names, ...place } = await namesOfRegister(deps, merchantId, shift)
  const { sales, returns } = figures
  return {
    ...{ kind, ...place, currency: shift.currency, created_at: at.toISOString() },
    shift: {
      ...{ id: shift.id, no: shift.no, opened_by: people.opened_by, opened_at: shift.opened_at.toISOString() },
      ...{ closed_by: people.closed_by, closed_at: shift.closed_at?.toISOString() ?? null },
    },
    sales: sumOut(sales),
    returns: sumOut(returns),
    net: Number(sales.amount - returns.amount),
    discounts: sumOut(figures.discounts),
    items: Number(figures.items),
    vat: figures.vat.map(vatOut),
    vat_returned: figures.vat_returned.map(vatOut),
    tenders: figures.tenders.map(tenderOut),
    held: sumOut(figures.held),
    unfinished: sumOut(figures.unfinished),
    copies: sumOut(figures.copies),
    no_sales: figures.movements.filter(({ type }) => type === 'no_sale').length,
    receipts: figures.receipts && { first: Number(figures.receipts.first), last: Number(figures.receipts.last) },
    drawer: kind === 'supplement' ? null : drawerOut(input),
    movements: kind === 'supplement' ? [] : movementsOut(figures, names),
    exceptions: figures.exceptions.map(({ amount, ...rest }) => ({
      ...rest,
      amount: amount === null ? null : Number(amount),
    })),
    totals: {
      ...{ sales: Number(totals.sales), returns: Number(totals.returns) },
      net: Number(totals.sales - totals.returns),
    },
    other_currencies: figures.others.map((other) => ({
      ...{ currency: other.currency, sales: sumOut(other.sales), returns: sumOut(other.returns) },
      net: Number(other.sales.amount - other.returns.amount),
      tenders: other.tenders.map(tenderOut),
    })),
  }
}
export type ReportBody = Awaited<ReturnType<typeof reportBody>>

function sumOut({ count, amount }: { count: number; amount: bigint }) {
  return { count, amount: Number(amount) }
}

function tenderOut({ method, sales, refunds, reversals, rounding, tips }: Figures['tenders'][number]) {
  return {
    ...{ method, sales: sumOut(sales), refunds: sumOut(refunds), reversals: Number(reversals) },
    net: Number(sales.amount - refunds.amount - reversals),
    ...{ rounding: Number(rounding), tips: Number(tips) },
  }
}

function vatOut({ rate_bp, net, tax, gross }: Figures['vat'][number]) {
  return { rate_bp, net: Number(net), tax: Number(tax), gross: Number(gross) }
}

function movementsOut({ movements }: Figures, names: ReadonlyMap<string, string>) {
  return movements
    .filter(({ type }) => type !== 'float')
    .map(({ id, type, amount, reason, by, at }) => ({
      ...{ id, type, amount: Number(amount), reason, by: names.get(by) ?? by, at: at.toISOString() },
    }))
}

/**
 * What the drawer should hold, part by part. `other`: cash that went in or out with no shift running, or of an earlier one. `after_count`:
 * what came in after it was counted.
 */
function drawerOut({ shift, figures, drawerNow }: ReportInput) {
  const cash = figures.tenders.find(({ method }) => method === 'cash')
  const moved = (wanted: string) =>
    figures.movements.filter(({ type }) => type === wanted).reduce((total, { amount }) => total + amount, 0n)
  const taken = cash?.sales.amount ?? 0n
  const given = cash?.refunds.amount ?? 0n
  const rounding = cash?.rounding ?? 0n
  const parts = {
    ...{ float: shift.float, cash_sales: taken, cash_refunds: -given, rounding },
    ...{ paid_in: moved('paid_in'), paid_out: moved('paid_out'), drops: moved('drop') },
    found_at_opening: moved('over_short'),
  }
  const explained = Object.values(parts).reduce((total, amount) => total + amount, 0n)
  const { expected, counted } = shift
  return {
    ...Object.fromEntries(Object.entries(parts).map(([name, amount]) => [name, Number(amount)])),
    other: Number(drawerNow - explained),
    expected: Number(expected ?? drawerNow),
    counted: counted === null ? null : Number(counted),
    variance: counted === null || expected === null ? null : Number(counted - expected),
    after_count: expected === null ? 0 : Number(drawerNow - expected),
    counts: shift.counts,
    reason: shift.variance_reason,
    denominations: shift.denominations,
  }
}
