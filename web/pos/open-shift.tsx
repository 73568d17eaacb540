// No shift is open: what is in the drawer, and the day begins.

import { useState } from 'react'
import { isRefused } from './api.ts'
import { useKeys } from './keys.ts'
import { Banner, digitKeys, Numpad, withDigits } from './parts.tsx'
import { useLink, useTill } from './till.tsx'

const MOST_DIGITS = 8

export function OpenShift() {
  const { texts, api, money, refresh } = useTill()
  const link = useLink(api)
  const [digits, setDigits] = useState('')
  const [wrong, setWrong] = useState('')
  const [isBusy, setBusy] = useState(false)
  const amount = Number(digits)
  const open = async () => {
    if (isBusy) return
    setBusy(true)
    setWrong('')
    try {
      await api.call('POST', '/shifts', { body: { float: amount } })
      await refresh()
    } catch (error) {
      // Somebody opened it from another device of the register.
      if (isRefused(error, 'shift-running')) return void refresh()
      setWrong(
        isRefused(error, 'no-answer')
          ? texts.noAnswer
          : (texts.refusals[isRefused(error) ? error.code : ''] ?? texts.failed),
      )
    }
    setBusy(false)
  }
  useKeys({ ...digitKeys(setDigits, MOST_DIGITS), Enter: () => void open() })
  return (
    <main className="gate inner">
      <div className="gate-card">
        <h1>{texts.shift.openHeading}</h1>
        <p className="lead">{texts.shift.openLead}</p>
        <div className="amount-entry">
          <p className="typed" role="status">
            <span className="quiet">{texts.shift.float}</span>
            <strong className="figure">{money(amount)}</strong>
          </p>
          <Numpad
            onDigit={(more) => setDigits(withDigits(digits, more, MOST_DIGITS))}
            onBack={() => setDigits(digits.slice(0, -1))}
          />
          <button type="button" className="button primary big" disabled={isBusy} onClick={() => void open()}>
            {texts.shift.open}
          </button>
        </div>
        <div className="said" role="alert">
          {wrong === '' && !link.isOn ? <Banner kind="warn">{texts.offline.shiftWaits}</Banner> : null}
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
      </div>
    </main>
  )
}
