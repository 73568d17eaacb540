// The drawer: what is put in and taken out beside sales, the interim report, and the way to the end of the shift.

import { useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused, newKey } from './api.ts'
import { CountPanel, FORM } from './count-panel.tsx'
import { useKeys, useScan } from './keys.ts'
import { NoticeBar } from './notice-bar.tsx'
import { Banner, Dialog, digitKeys, Failed, Key, Numpad, withDigits } from './parts.tsx'
import { kickDrawer } from './printer.ts'
import { ReportDialog } from './report.tsx'
import type { Report, Shift } from './shift.ts'
import { soundBad } from './sound.ts'
import { useLoaded, useTicket, useTill } from './till.tsx'

type Kind = 'paid_in' | 'paid_out' | 'drop' | 'no_sale'
const MOST_DIGITS = 8

export function DrawerScreen() {
  const { texts, api, info, go, say, withRight, refresh } = useTill()
  const ticket = useTicket()
  const [open, setOpen] = useState<Kind | null>(null)
  const [report, setReport] = useState<Report | null>(null)
  const [isAgain, setAgain] = useState(false)
  const loaded = useLoaded(`shift ${info.shift?.id} ${info.shift?.state}`, () =>
    api.get<Shift>(`/shifts/${info.shift?.id}`),
  )
  const back = () => go({ is: 'sell' })
  useScan(() => {
    soundBad()
    say({ kind: 'bad', text: texts.drawer.noScan })
  })
  useKeys({ Escape: back })
  const shift = loaded.is === 'there' ? loaded.data : null
  const again = loaded.is === 'loading' ? () => {} : loaded.again
  const isOpen = shift?.state === 'open'
  const isCounting = shift?.counted === null || isAgain
  const look = () =>
    api
      .get<Report>(`/shifts/${shift?.id}/x_report`)
      .then(setReport, (error: unknown) =>
        say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed }),
      )
  const end = async () => {
    try {
      say(null)
      await api.call('POST', `/shifts/${shift?.id}/end`, { body: {} })
      again()
      void refresh()
    } catch (error) {
      say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed })
    }
  }
  return (
    <main className={shift && !isOpen ? 'office is-counting' : 'office'}>
      <section className="office-work">
        {loaded.is === 'failed' ? <Failed again={loaded.again} /> : null}
        {shift && !isOpen ? (
          <CountPanel
            shift={shift}
            isCounting={isCounting}
            onAgain={() => setAgain(true)}
            onCounted={() => {
              setAgain(false)
              again()
            }}
          />
        ) : (
          <div className="drawer-keys">
            <Key
              icon="plus"
              label={texts.drawer.paid_in}
              isOff={!isOpen}
              onPress={() => withRight('paid_in', () => setOpen('paid_in'))}
            />
            <Key
              icon="minus"
              label={texts.drawer.paid_out}
              isOff={!isOpen}
              onPress={() => withRight('paid_out', () => setOpen('paid_out'))}
            />
            <Key
              icon="lock"
              label={texts.drawer.drop}
              isOff={!isOpen}
              onPress={() => withRight('drop', () => setOpen('drop'))}
            />
            <Key
              icon="drawer"
              label={texts.drawer.no_sale}
              isOff={!isOpen}
              onPress={() => withRight('no_sale', () => setOpen('no_sale'))}
            />
            <Key
              icon="report"
              label={texts.drawer.xReport}
              isOff={!isOpen}
              onPress={() => withRight('x_report', async () => void (await look()))}
            />
          </div>
        )}
      </section>
      <section className="ticket office-side" aria-label={texts.drawer.shift}>
        {shift === null ? <div className="blank tall" /> : <ShiftFacts shift={shift} />}
      </section>
      <NoticeBar />
      <nav className="functions" aria-label={texts.sell.functions}>
        <Key icon="back" label={texts.drawer.back} hint="Esc" onPress={back} isOff={shift?.state === 'ended'} />
      </nav>
      <div className="pay-bar">
        {shift && !isOpen ? (
          <button type="submit" form={FORM} className="pay">
            {isCounting ? texts.count.save : texts.count.close}
          </button>
        ) : (
          <button
            type="button"
            className="pay"
            disabled={!isOpen || ticket.lines.length > 0}
            onClick={() => withRight('close_shift', end)}
          >
            {texts.drawer.end}
          </button>
        )}
      </div>
      {open && shift ? (
        <MoveDialog
          kind={open}
          shift={shift}
          onClose={() => setOpen(null)}
          onDone={() => {
            say({ kind: 'good', text: fill(texts.drawer.done, { what: texts.drawer[open] }) })
            setOpen(null)
            again()
          }}
        />
      ) : null}
      {report ? <ReportDialog report={report} onClose={() => setReport(null)} /> : null}
    </main>
  )
}

function ShiftFacts({ shift }: { shift: Shift }) {
  const { texts, money, time } = useTill()
  return (
    <div className="shift-facts">
      <h2>{fill(texts.drawer.shiftNo, { no: shift.no })}</h2>
      <dl className="facts">
        <dt>{texts.drawer.openedAt}</dt>
        <dd className="figure">{time(shift.opened_at)}</dd>
        <dt>{texts.drawer.openedBy}</dt>
        <dd>{shift.opened_by_name ?? '–'}</dd>
        <dt>{texts.shift.float}</dt>
        <dd className="figure">{money(shift.float)}</dd>
      </dl>
      {shift.is_overdrawn ? <Banner kind="warn">{texts.drawer.overdrawn}</Banner> : null}
      <h3>{texts.drawer.movements}</h3>
      <ul className="moves">
        {shift.movements.map(({ id, type, amount, reason, at }) => (
          <li key={id}>
            <span className="figure quiet">{time(at)}</span>
            <span>
              <strong>{texts.moves[type] ?? type}</strong>
              {reason === null ? null : <span className="quiet own">{reason}</span>}
            </span>
            <span className="figure">{type === 'no_sale' ? '' : money(amount)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function MoveDialog(props: { kind: Kind; shift: Shift; onClose(): void; onDone(): void }) {
  const { texts, api, money } = useTill()
  const { kind, shift } = props
  const [digits, setDigits] = useState('')
  const [reason, setReason] = useState('')
  const [wrong, setWrong] = useState('')
  // One movement, however often it has to be sent.
  const [reference] = useState(newKey)
  const hasAmount = kind !== 'no_sale'
  const amount = Number(digits)
  const isReady = reason.trim() !== '' && (!hasAmount || amount > 0)
  const save = async () => {
    if (!isReady) return
    try {
      await api.call('POST', `/shifts/${shift.id}/movements`, {
        body: { type: kind, reason: reason.trim(), reference, ...(hasAmount ? { amount } : {}) },
      })
      kickDrawer(api).catch(() => {})
      props.onDone()
    } catch (error) {
      setWrong(
        isRefused(error, 'no-answer')
          ? texts.noAnswer
          : (texts.refusals[isRefused(error) ? error.code : ''] ?? texts.failed),
      )
    }
  }
  return (
    <Dialog
      title={texts.drawer[kind]}
      onClose={props.onClose}
      keys={
        hasAmount ? { ...digitKeys(setDigits, MOST_DIGITS), Enter: () => void save() } : { Enter: () => void save() }
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        {hasAmount ? (
          <div className="amount-entry">
            <p className="typed" role="status">
              <span className="quiet">{texts.tender.amount}</span>
              <strong className="figure">{money(amount)}</strong>
            </p>
            <Numpad
              onDigit={(more) => setDigits(withDigits(digits, more, MOST_DIGITS))}
              onBack={() => setDigits(digits.slice(0, -1))}
            />
          </div>
        ) : null}
        <fieldset className="choice">
          <legend>{texts.price.why}</legend>
          {texts.drawer.reasons[kind].map((each) => (
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
        <label htmlFor="move-reason">{texts.drawer.reason}</label>
        <input
          id="move-reason"
          className="field-in"
          value={reason}
          maxLength={200}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
        <button type="submit" className="button primary big" disabled={!isReady}>
          {texts.drawer.save}
        </button>
      </form>
    </Dialog>
  )
}
