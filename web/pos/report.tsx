// An interim report or a Z, to read and to print.

import { createPortal } from 'react-dom'
import { fill } from '../shared/fill.ts'
import { datesFor } from './dates.ts'
import { Icon } from './icon.tsx'
import { Banner, Dialog } from './parts.tsx'
import type { Report, TenderOfReport } from './shift.ts'
import { percent, useTill } from './till.tsx'

export function ReportDialog({ report, onClose }: { report: Report; onClose(): void }) {
  const { texts } = useTill()
  const title = report.object === 'z_report' ? fill(texts.report.z, { no: report.no ?? 0 }) : texts.report.x
  return (
    <Dialog title={title} onClose={onClose}>
      <Sheet report={report} />
      <div className="row">
        <button type="button" className="button" onClick={() => window.print()}>
          <Icon name="print" />
          {texts.finished.print}
        </button>
        <button type="button" className="button primary big" onClick={onClose}>
          {texts.done}
        </button>
      </div>
      {createPortal(
        <div className="paper">
          <h2>{title}</h2>
          <Sheet report={report} />
        </div>,
        document.body,
      )}
    </Dialog>
  )
}

function Sheet({ report }: { report: Report }) {
  const { texts, money, language } = useTill()
  const { drawer, shift, totals } = report
  const at = (iso: string) =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'medium', timeStyle: 'short' }).format(
      new Date(iso),
    )
  const rows = (list: readonly (readonly [string, string])[]) =>
    list.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd className="figure">{value}</dd>
      </div>
    ))
  const nameOf = ({ method }: TenderOfReport) => texts.methods[method] ?? method
  const named = (of: TenderOfReport) => `${nameOf(of)} · ${of.sales.count + of.refunds.count}`
  const taken = report.tenders.filter(({ reversals }) => reversals !== 0)
  const dates = datesFor(language)
  return (
    <div className="report">
      <p className="own">
        <strong>{report.seller.name}</strong>
        <br />
        {report.store.name} · {report.register.name}
        <br />
        {fill(texts.drawer.shiftNo, { no: shift.no })} · {at(shift.opened_at)}
        {shift.closed_at === null ? '' : ` – ${at(shift.closed_at)}`}
      </p>
      <dl className="figures">
        {rows([
          [fill(texts.report.sales, { n: report.sales.count }), money(report.sales.amount)],
          [fill(texts.report.returns, { n: report.returns.count }), money(-report.returns.amount)],
          [texts.report.net, money(report.net)],
          [fill(texts.report.discounts, { n: report.discounts.count }), money(-report.discounts.amount)],
        ])}
      </dl>
      <h3>{texts.report.vat}</h3>
      <dl className="figures">
        {rows(
          report.vat.map(({ rate_bp, tax, gross }) => [
            `${rate_bp === null ? '?' : percent(rate_bp, language)} · ${money(gross)}`,
            money(tax),
          ]),
        )}
      </dl>
      <h3>{texts.report.tenders}</h3>
      <dl className="figures">
        {rows([
          // What was taken back stands below, so that the lines add up.
          ...report.tenders.map((of) => [named(of), money(of.net + of.reversals)] as const),
          ...taken.map((of) => [`${texts.report.reversals} · ${nameOf(of)}`, money(-of.reversals)] as const),
        ])}
      </dl>
      {report.other_currencies.map(({ currency, tenders }) => (
        <dl className="figures" key={currency}>
          {rows(tenders.map((of) => [`${currency} · ${named(of)}`, dates.money(of.net, currency)]))}
        </dl>
      ))}
      {drawer === null ? null : (
        <>
          <h3>{texts.report.drawer}</h3>
          <dl className="figures">
            {rows([
              [texts.moves['float'] ?? '', money(drawer.float)],
              [texts.report.cashSales, money(drawer.cash_sales)],
              [texts.report.cashRefunds, money(drawer.cash_refunds)],
              [texts.drawer.paid_in, money(drawer.paid_in)],
              [texts.drawer.paid_out, money(drawer.paid_out)],
              [texts.drawer.drop, money(drawer.drops)],
              [texts.count.expected, money(drawer.expected)],
              [texts.count.counted, drawer.counted === null ? '–' : money(drawer.counted)],
              [texts.count.difference, drawer.variance === null ? '–' : money(drawer.variance)],
              ...(drawer.reason === null ? [] : [[texts.drawer.reason, drawer.reason] as const]),
            ])}
          </dl>
        </>
      )}
      <h3>{texts.report.counters}</h3>
      <dl className="figures">
        {rows([
          [texts.report.copies, String(report.copies.count)],
          [texts.report.noSales, String(report.no_sales)],
          [texts.report.grandSales, money(totals.sales)],
          [texts.report.grandReturns, money(-totals.returns)],
          [texts.report.grandNet, money(totals.net)],
        ])}
      </dl>
      {report.exceptions.length === 0 ? null : (
        <Banner kind="warn">
          {fill(texts.report.exceptions, { n: report.exceptions.length })}
          <ul>
            {report.exceptions.map(({ operation_id, amount, fault }) => (
              <li key={operation_id}>
                {amount === null ? '?' : money(amount)}: {fault}
              </li>
            ))}
          </ul>
        </Banner>
      )}
    </div>
  )
}
