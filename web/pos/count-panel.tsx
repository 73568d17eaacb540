// The end of a shift: the drawer is counted before anybody is told what it should hold; then the difference, a reason where it is large,
// and the Z.

import { type FormEvent, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused } from './api.ts'
import { Banner } from './parts.tsx'
import { countedOf } from './place.ts'
import { ReportDialog } from './report.tsx'
import type { Report, Shift } from './shift.ts'
import { useTill } from './till.tsx'

/** The form that the large key below submits. */
export const FORM = 'count-form'

export function CountPanel(props: { shift: Shift; isCounting: boolean; onCounted(): void; onAgain(): void }) {
  const { shift, isCounting, onCounted, onAgain } = props
  return isCounting ? <Count shift={shift} onCounted={onCounted} /> : <Close shift={shift} onAgain={onAgain} />
}

function Count({ shift, onCounted }: { shift: Shift; onCounted(): void }) {
  const { texts, api, money } = useTill()
  const values = countedOf(shift.currency)
  const [counts, setCounts] = useState<Record<number, string>>({})
  const [wrong, setWrong] = useState('')
  const countOf = (value: number) => Number(counts[value] ?? '') || 0
  const sum = values.reduce((so, value) => so + value * countOf(value), 0)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const denominations = values.map((value) => ({ value, count: countOf(value) })).filter(({ count }) => count > 0)
    try {
      await api.call('POST', `/shifts/${shift.id}/counts`, { body: { counted: sum, denominations } })
      onCounted()
    } catch (error) {
      setWrong(isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed)
    }
  }
  return (
    <form id={FORM} className="count" onSubmit={(event) => void save(event)}>
      <h2>{texts.count.heading}</h2>
      <p className="quiet">{texts.count.lead}</p>
      <div className="denominations">
        {values.map((value) => (
          <label key={value}>
            <span className="figure">{money(value)}</span>
            <input
              className="field-in"
              inputMode="numeric"
              value={counts[value] ?? ''}
              maxLength={5}
              autoComplete="off"
              placeholder="0"
              onChange={(event) => setCounts({ ...counts, [value]: event.target.value.replace(/\D/g, '') })}
            />
          </label>
        ))}
      </div>
      <p className="typed" role="status">
        <span className="quiet">{texts.count.counted}</span>
        <strong className="figure" data-counted={sum}>
          {money(sum)}
        </strong>
      </p>
      <div className="said" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
      </div>
    </form>
  )
}

function Close({ shift, onAgain }: { shift: Shift; onAgain(): void }) {
  const { texts, api, money, refresh, go, say } = useTill()
  const [reason, setReason] = useState('')
  const [wrong, setWrong] = useState('')
  const [report, setReport] = useState<Report | null>(null)
  const variance = shift.variance ?? 0
  const close = async (event: FormEvent) => {
    event.preventDefault()
    if (shift.needs_reason && reason.trim() === '') return setWrong(texts.count.why)
    try {
      const body = reason.trim() === '' ? {} : { reason: reason.trim() }
      setReport(await api.call<Report>('POST', `/shifts/${shift.id}/close`, { body }))
    } catch (error) {
      setWrong(isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed)
    }
  }
  return (
    <form id={FORM} className="count" onSubmit={(event) => void close(event)}>
      <h2>{texts.count.result}</h2>
      <dl className="figures">
        <div>
          <dt>{texts.count.counted}</dt>
          <dd className="figure">{money(shift.counted ?? 0)}</dd>
        </div>
        <div>
          <dt>{texts.count.expected}</dt>
          <dd className="figure">{money(shift.expected ?? 0)}</dd>
        </div>
        <div className="sum-total">
          <dt>{texts.count.difference}</dt>
          <dd className="figure" data-variance={variance}>
            {money(variance)}
          </dd>
        </div>
      </dl>
      <Banner kind={variance === 0 ? 'good' : shift.needs_reason ? 'warn' : 'info'}>
        {variance === 0
          ? texts.count.exact
          : fill(variance > 0 ? texts.count.over : texts.count.short, { amount: money(Math.abs(variance)) })}
      </Banner>
      {variance === 0 ? null : (
        <>
          <fieldset className="choice">
            <legend>{shift.needs_reason ? texts.count.why : texts.count.whyMay}</legend>
            {texts.count.reasons.map((each) => (
              <button
                key={each}
                type="button"
                className="chip"
                aria-pressed={reason === each}
                onClick={() => setReason(each)}
              >
                {each}
              </button>
            ))}
          </fieldset>
          <label htmlFor="count-reason">{texts.drawer.reason}</label>
          <input
            id="count-reason"
            className="field-in"
            value={reason}
            maxLength={200}
            autoComplete="off"
            onChange={(event) => setReason(event.target.value)}
          />
        </>
      )}
      <div className="said" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
      </div>
      <div className="row">
        <button type="button" className="button" onClick={onAgain}>
          {texts.count.again}
        </button>
      </div>
      {report ? (
        <ReportDialog
          report={report}
          onClose={() => {
            setReport(null)
            say(null)
            go({ is: 'sell' })
            void refresh()
          }}
        />
      ) : null}
    </form>
  )
}
