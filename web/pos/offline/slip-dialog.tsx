// A terminal that stands alone: the amount is typed on it by hand, and what its slip says is typed here. That is what the money is found by.

import { type FormEvent, useState } from 'react'
import { fill } from '../../shared/fill.ts'
import { Banner, Dialog } from '../parts.tsx'
import type { TenderInput } from '../sale.ts'
import { useTill } from '../till.tsx'
import type { StandAloneTerminal } from './feed.ts'

/** As printed on slips; the server takes no other. */
const CODE = /^[A-Z0-9]{2,12}$/
const LAST4 = /^\d{4}$/

export function SlipDialog(props: {
  terminal: StandAloneTerminal
  amount: number
  onClose(): void
  onPay(input: TenderInput): void
}) {
  const { texts, money } = useTill()
  const words = texts.offline.tender
  const { terminal, amount } = props
  const [code, setCode] = useState('')
  const [last4, setLast4] = useState('')
  const [wrong, setWrong] = useState('')
  const pay = (event: FormEvent) => {
    event.preventDefault()
    if (!CODE.test(code)) return setWrong(words.codeWrong)
    if (last4 !== '' && !LAST4.test(last4)) return setWrong(words.last4Wrong)
    props.onPay({
      ...{ method: terminal.method, terminal_id: terminal.id, amount },
      manual: { approval_code: code, ...(last4 === '' ? {} : { last4 }) },
    })
  }
  return (
    <Dialog title={terminal.name || words.heading} onClose={props.onClose}>
      <form onSubmit={pay}>
        <p>{fill(words.lead, { amount: money(amount) })}</p>
        <label htmlFor="slip-code">{words.code}</label>
        <input
          id="slip-code"
          data-first=""
          className="field-in code"
          value={code}
          maxLength={12}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          onChange={(event) => setCode(event.target.value.toUpperCase().trim())}
        />
        <label htmlFor="slip-last4">{words.last4}</label>
        <input
          id="slip-last4"
          className="field-in code"
          value={last4}
          maxLength={4}
          inputMode="numeric"
          autoComplete="off"
          onChange={(event) => setLast4(event.target.value.trim())}
        />
        <div className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
        <button type="submit" className="button primary big">
          {fill(words.taken, { amount: money(amount) })}
        </button>
      </form>
    </Dialog>
  )
}
