// A card that nobody is known by: whose it is, and that they agree to be known by it. Without their yes nothing of the card is kept.

import { type FormEvent, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Customer } from './answers.ts'
import { isRefused, newKey } from './api.ts'
import { findCustomer } from './find-customer.ts'
import { Banner } from './parts.tsx'
import type { TappedCard } from './tap-card.tsx'
import { tenderName } from './tender-list.tsx'
import { useTill } from './till.tsx'

export function EnrolCard({ card, onEnrolled }: { card: TappedCard; onEnrolled(customerId: string): void }) {
  const { texts, api } = useTill()
  const words = texts.service.tap
  const [text, setText] = useState('')
  const [name, setName] = useState('')
  const [isAgreed, setAgreed] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')
  const { brand, last4, alias } = card
  const title = tenderName(texts, { method: 'card', instrument: { kind: 'card', brand, last4 } })
  const enrol = async (event: FormEvent) => {
    event.preventDefault()
    if (alias === null || !isAgreed || isBusy) return
    setBusy(true)
    setWrong('')
    const asked = text.trim()
    try {
      const known = await findCustomer(api, asked)
      const told = asked.includes('@') ? { email: asked } : { phone: asked }
      const customer =
        known ??
        (await api.call<Customer>('POST', '/customers', {
          body: { ...told, ...(name.trim() === '' ? {} : { name: name.trim() }) },
          key: newKey(),
        }))
      await api.call('POST', `/customers/${customer.id}/consents`, {
        body: { purpose: 'card_recognition', is_granted: true, channel: 'pos', proof: words.consent },
      })
      await api.call('POST', `/customers/${customer.id}/identities`, {
        body: { type: 'card_alias', value: alias, source: 'terminal', is_verified: true },
      })
      onEnrolled(customer.id)
    } catch (error) {
      setWrong(
        isRefused(error, 'validation-error')
          ? texts.customer.notValid
          : isRefused(error, 'reference-taken')
            ? words.taken
            : isRefused(error, 'no-answer')
              ? texts.noAnswer
              : texts.failed,
      )
      setBusy(false)
    }
  }
  if (alias === null) return <Banner kind="info">{fill(words.noAlias, { card: title })}</Banner>
  return (
    <form className="new-customer" onSubmit={(event) => void enrol(event)}>
      <Banner kind="info">{fill(words.unknown, { card: title })}</Banner>
      <label htmlFor="enrol-who">{words.who}</label>
      <input
        id="enrol-who"
        className="field-in"
        value={text}
        maxLength={254}
        required
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
      />
      <label htmlFor="enrol-name">{texts.customer.name}</label>
      <input
        id="enrol-name"
        className="field-in"
        value={name}
        maxLength={120}
        autoComplete="off"
        onChange={(event) => setName(event.target.value)}
      />
      <label className="agree">
        <input type="checkbox" checked={isAgreed} onChange={(event) => setAgreed(event.target.checked)} />
        <span>{words.consent}</span>
      </label>
      <div className="said-line" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
      </div>
      <button type="submit" className="button primary" disabled={!isAgreed || text.trim() === '' || isBusy}>
        {words.enrol}
      </button>
    </form>
  )
}
