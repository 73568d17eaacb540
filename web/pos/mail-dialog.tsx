// A receipt by e-mail, to the address that is known or another.

import { type FormEvent, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused, newKey } from './api.ts'
import { Banner, Dialog } from './parts.tsx'
import { useTill } from './till.tsx'

/** `id`: of a receipt, or of an order or payment whose sale it is. */
export function MailDialog({ id, email: known, onClose }: { id: string; email: string | null; onClose(): void }) {
  const { texts, api, say, language } = useTill()
  const [email, setEmail] = useState(known ?? '')
  const [wrong, setWrong] = useState('')
  const send = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await api.call('POST', `/receipts/${id}/mail`, { body: { to: email.trim(), language }, key: newKey() })
      onClose()
      say({ kind: 'good', text: fill(texts.finished.mailed, { email: email.trim() }) })
    } catch (error) {
      setWrong(
        isRefused(error, 'validation-error')
          ? texts.finished.mailWrong
          : isRefused(error, 'no-answer')
            ? texts.noAnswer
            : texts.failed,
      )
    }
  }
  return (
    <Dialog title={texts.finished.mail} onClose={onClose}>
      <form onSubmit={(event) => void send(event)}>
        <label htmlFor="receipt-mail">{texts.customer.email}</label>
        <input
          id="receipt-mail"
          type="email"
          data-first=""
          className="field-in"
          value={email}
          maxLength={254}
          autoComplete="off"
          required
          onChange={(event) => setEmail(event.target.value)}
        />
        <div className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
        <button type="submit" className="button primary big">
          {texts.finished.send}
        </button>
      </form>
    </Dialog>
  )
}
