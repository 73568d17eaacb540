// Tickets set aside, and taken up again: those of this store, and those that come over from a phone.

import { type FormEvent, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Cart, CartSummary, Page } from './answers.ts'
import { isRefused } from './api.ts'
import { useScan } from './keys.ts'
import { Banner, Dialog, Failed } from './parts.tsx'
import { useClaim } from './sell-screen.tsx'
import { useLoaded, useTicket, useTill } from './till.tsx'

export function ParkDialog({ onClose }: { onClose(): void }) {
  const { texts, api, ticket, say } = useTill()
  const [name, setName] = useState('')
  const [wrong, setWrong] = useState('')
  const park = async (event: FormEvent) => {
    event.preventDefault()
    try {
      const cart = await ticket.settled()
      if (!cart) return onClose()
      await api.call('POST', `/carts/${cart.id}/park`, { body: name.trim() === '' ? {} : { name: name.trim() } })
      ticket.leave()
      say({ kind: 'good', text: texts.park.parked })
      onClose()
    } catch (error) {
      setWrong(isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed)
    }
  }
  return (
    <Dialog title={texts.park.heading} onClose={onClose}>
      <form onSubmit={(event) => void park(event)}>
        <label htmlFor="park-name">{texts.park.name}</label>
        <input
          id="park-name"
          data-first=""
          className="field-in"
          value={name}
          maxLength={80}
          autoComplete="off"
          placeholder={texts.park.hint}
          onChange={(event) => setName(event.target.value)}
        />
        <div className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
        <button type="submit" className="button primary big">
          {texts.park.park}
        </button>
      </form>
    </Dialog>
  )
}

export function RecallDialog({ onClose }: { onClose(): void }) {
  const { texts, api, info, ticket, time, say } = useTill()
  const shown = useTicket()
  const [code, setCode] = useState('')
  const [wrong, setWrong] = useState('')
  const claim = useClaim()
  const parked = useLoaded('parked', () =>
    api.get<Page<CartSummary>>(`/carts?state=parked&store_id=${info.store.id}&limit=50`),
  )
  const takeCode = async (text: string) => {
    const why = await claim(text)
    if (why === null) onClose()
    else setWrong(why)
  }
  const take = async ({ id }: CartSummary) => {
    if (shown.lines.length > 0) return setWrong(texts.recall.ticketOpen)
    try {
      ticket.hold(await api.call<Cart>('POST', `/carts/${id}/resume`, { body: { register_id: info.register.id } }))
      say({ kind: 'good', text: texts.recall.resumed })
      onClose()
    } catch (error) {
      setWrong(isRefused(error, 'invalid-state', 'cart-closed') ? texts.recall.gone : texts.failed)
      if (parked.is === 'there') parked.again()
    }
  }
  useScan((text) => void takeCode(text.split('/').at(-1) ?? text))
  return (
    <Dialog title={texts.recall.heading} onClose={onClose}>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault()
          if (code !== '') void takeCode(code)
        }}
      >
        <label htmlFor="recall-code" className="grow">
          {texts.recall.code}
          <input
            id="recall-code"
            data-first=""
            className="field-in code"
            value={code}
            maxLength={6}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            onChange={(event) => setCode(event.target.value.toUpperCase())}
          />
        </label>
        <button type="submit" className="button primary big">
          {texts.recall.take}
        </button>
      </form>
      <div className="said" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
      </div>
      <h3>{texts.recall.parked}</h3>
      {parked.is === 'failed' ? <Failed again={parked.again} /> : null}
      {parked.is === 'there' && parked.data.data.length === 0 ? <p className="quiet">{texts.recall.none}</p> : null}
      <ul className="rows">
        {(parked.is === 'there' ? parked.data.data : []).map((each) => (
          <li key={each.id}>
            <button type="button" className="row-key" onClick={() => void take(each)}>
              <strong className="own">{each.name ?? texts.recall.unnamed}</strong>
              <span className="quiet">{fill(texts.recall.lines, { n: each.line_count })}</span>
              <span className="quiet figure">{time(each.updated_at)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
