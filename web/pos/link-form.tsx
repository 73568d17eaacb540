// A new payment link: what is paid, how often, for how long, and where it goes. One press makes it.

import { type FormEvent, useEffect, useRef, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Order, Page } from './answers.ts'
import { isRefused, newKey } from './api.ts'
import { datesFor } from './dates.ts'
import { Banner } from './parts.tsx'
import {
  type Draft,
  exampleAmount,
  linkBody,
  newDraft,
  type PaymentLink,
  TIMES,
  type Time,
  type WrongField,
} from './payment-links.ts'
import { soundBad, soundOk } from './sound.ts'
import { useLoaded, useTill } from './till.tsx'

/** The form of the key that sends it, wherever that stands. */
export const LINK_FORM = 'new-link'
const SEARCH_AFTER_MS = 300

export function LinkForm(props: {
  orderNumber?: string
  onBusy(isBusy: boolean): void
  onMade(link: PaymentLink): void
}) {
  const { texts, api, place, language, languages, say } = useTill()
  const words = texts.service.links
  const [draft, setDraft] = useState<Draft>(() => newDraft(language, props.orderNumber))
  const [wrong, setWrong] = useState<WrongField | 'email' | null>(null)
  const [failed, setFailed] = useState('')
  // The same words sent again are the same link; other words are another.
  const key = useRef(newKey())
  const isSending = useRef(false)
  const order = useOrder(draft.kind === 'order' ? draft.orderNumber : '')
  const currency = place.currency.code
  const set = (change: Partial<Draft>) => {
    key.current = newKey()
    setDraft((now) => ({ ...now, ...change }))
    setWrong(null)
    setFailed('')
  }
  const refuse = (field: WrongField | 'email') => {
    soundBad()
    setWrong(field)
    document.getElementById(`link-${field}`)?.focus()
  }
  const make = async (event: FormEvent) => {
    event.preventDefault()
    if (isSending.current) return
    const asked = linkBody(draft, { storeId: place.storeId, currency }, order.due?.id ?? null)
    if ('wrong' in asked) return refuse(asked.wrong)
    isSending.current = true
    props.onBusy(true)
    try {
      const link = await api.call<PaymentLink>('POST', '/payment_links', { body: asked.body, key: key.current })
      soundOk()
      props.onMade(link)
      say({ kind: 'good', text: link.email === null ? words.made : fill(words.mailed, { email: link.email }) })
    } catch (error) {
      if (isRefused(error) && error.fields.some(({ pointer }) => pointer === '/email')) refuse('email')
      else setFailed(isRefused(error, 'no-answer') ? texts.noAnswer : words.wrong.other)
    } finally {
      isSending.current = false
      props.onBusy(false)
    }
  }
  const amountWords = fill(words.wrong.amount, { example: exampleAmount(currency, language) })
  return (
    <form id={LINK_FORM} className="link-form" onSubmit={(event) => void make(event)} noValidate>
      <h2>{words.fresh}</h2>
      <fieldset className="choice">
        <legend>{words.kind}</legend>
        {(['fixed', 'open', 'order'] as const).map((kind) => (
          <button
            key={kind}
            type="button"
            className="chip"
            aria-pressed={draft.kind === kind}
            onClick={() => set({ kind })}
          >
            {words.kinds[kind]}
          </button>
        ))}
      </fieldset>
      {draft.kind === 'fixed' ? (
        <Field
          name="amount"
          label={fill(words.amount, { currency })}
          value={draft.amount}
          isAmount
          wrong={wrong === 'amount' ? amountWords : ''}
          onType={(amount) => set({ amount })}
        />
      ) : null}
      {draft.kind === 'open' ? (
        <div className="link-range">
          <Field
            name="least"
            label={fill(words.least, { currency })}
            value={draft.least}
            isAmount
            isOptional
            wrong={wrong === 'least' ? amountWords : ''}
            onType={(least) => set({ least })}
          />
          <Field
            name="most"
            label={fill(words.most, { currency })}
            value={draft.most}
            isAmount
            isOptional
            wrong={wrong !== 'most' ? '' : draft.least.trim() === '' ? amountWords : words.wrong.range}
            onType={(most) => set({ most })}
          />
        </div>
      ) : null}
      {draft.kind === 'order' ? (
        <Field
          name="orderNumber"
          label={words.order}
          value={draft.orderNumber}
          wrong={wrong === 'orderNumber' ? order.says || words.orderNone : ''}
          note={wrong === 'orderNumber' ? '' : order.says}
          onType={(orderNumber) => set({ orderNumber })}
        />
      ) : null}
      <Field
        name="description"
        label={words.description}
        value={draft.description}
        isOptional
        note={words.descriptionHint}
        most={200}
        onType={(description) => set({ description })}
      />
      {draft.kind === 'order' ? null : (
        <fieldset className="choice">
          <legend>{words.usage}</legend>
          {[false, true].map((isMany) => (
            <button
              key={String(isMany)}
              type="button"
              className="chip"
              aria-pressed={draft.isMany === isMany}
              onClick={() => set({ isMany })}
            >
              {isMany ? words.usages.multi : words.usages.single}
            </button>
          ))}
        </fieldset>
      )}
      {draft.isMany && draft.kind !== 'order' ? (
        <Field
          name="maxUses"
          label={words.maxUses}
          value={draft.maxUses}
          isAmount
          isOptional
          wrong={wrong === 'maxUses' ? words.wrong.uses : ''}
          onType={(maxUses) => set({ maxUses })}
        />
      ) : null}
      {draft.kind === 'order' || (draft.kind === 'fixed' && !draft.isMany) ? (
        <label className="tick">
          <input
            type="checkbox"
            checked={draft.isInParts}
            onChange={(event) => set({ isInParts: event.target.checked })}
          />
          {words.parts}
        </label>
      ) : null}
      <fieldset className="choice">
        <legend>{words.lasts}</legend>
        {(Object.keys(TIMES) as Time[]).map((time) => (
          <button
            key={time}
            type="button"
            className="chip"
            aria-pressed={draft.lasts === time}
            onClick={() => set({ lasts: time })}
          >
            {words.times[time]}
          </button>
        ))}
      </fieldset>
      <Field
        name="email"
        label={words.email}
        value={draft.email}
        type="email"
        isOptional
        wrong={wrong === 'email' ? words.wrong.email : ''}
        onType={(email) => set({ email })}
      />
      <label htmlFor="link-language">{words.language}</label>
      <select
        id="link-language"
        className="field-in"
        value={draft.language}
        onChange={(event) => set({ language: event.target.value })}
      >
        {languages.map(({ code, name }) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
      <div className="said" role="alert">
        {failed === '' ? null : <Banner kind="bad">{failed}</Banner>}
      </div>
    </form>
  )
}

function Field(props: {
  name: string
  label: string
  value: string
  type?: 'text' | 'email'
  isAmount?: boolean
  isOptional?: boolean
  note?: string
  wrong?: string
  most?: number
  onType(text: string): void
}) {
  const { texts } = useTill()
  const id = `link-${props.name}`
  const told = props.wrong || props.note
  return (
    <div className="link-field">
      <label htmlFor={id}>
        {props.label}
        {props.isOptional ? <span className="quiet"> ({texts.service.links.optional})</span> : null}
      </label>
      <input
        id={id}
        className="field-in"
        type={props.type ?? 'text'}
        inputMode={props.isAmount ? 'decimal' : props.type === 'email' ? 'email' : 'text'}
        value={props.value}
        maxLength={props.most ?? (props.type === 'email' ? 254 : 24)}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={props.wrong ? 'true' : undefined}
        aria-describedby={told ? `${id}-told` : undefined}
        onChange={(event) => props.onType(event.target.value)}
      />
      <p id={`${id}-told`} className={props.wrong ? 'link-told is-wrong' : 'link-told quiet'} role="status">
        {told}
      </p>
    </div>
  )
}

/** The order of a number, once nobody has typed for a while, and what is to be said of it. */
function useOrder(typed: string): { due: Order | null; says: string } {
  const { texts, api, language } = useTill()
  const [number, setNumber] = useState(typed.trim())
  useEffect(() => {
    const timer = setTimeout(() => setNumber(typed.trim()), SEARCH_AFTER_MS)
    return () => clearTimeout(timer)
  }, [typed])
  const found = useLoaded(`due ${number}`, async () =>
    number === '' ? [] : (await api.get<Page<Order>>(`/orders?${new URLSearchParams({ number })}`)).data,
  )
  if (number === '' || number !== typed.trim() || found.is !== 'there') return { due: null, says: '' }
  const order = found.data[0]
  if (!order) return { due: null, says: texts.service.links.orderNone }
  if (order.amount_due <= 0) return { due: null, says: fill(texts.service.links.orderPaid, { number }) }
  const amount = datesFor(language).money(order.amount_due, order.currency)
  return { due: order, says: fill(texts.service.links.orderDue, { number, amount }) }
}
