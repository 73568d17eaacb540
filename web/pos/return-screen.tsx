// Goods that come back: the purchase by a scan of its receipt, its number or an address; what of it comes back and why; and the money,
// said before it goes.

import { type FormEvent, useEffect, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused, newKey } from './api.ts'
import { setExchange } from './exchange.ts'
import { Icon } from './icon.tsx'
import { useKeys, useScan } from './keys.ts'
import { NoticeBar } from './notice-bar.tsx'
import { orderOfAddress } from './order-address.ts'
import { Banner, Key } from './parts.tsx'
import { soundBad, soundDone, soundOk } from './sound.ts'
import { TapCard, type TappedCard } from './tap-card.tsx'
import { useTill } from './till.tsx'

interface Returnable {
  order_id: string
  number: string
  currency: string
  total: number
  placed_at: string
  lines: { line_id: string; name: string; sku: string | null; quantity: number; returnable: number }[]
}
interface GoodsReturn {
  id: string
  state: string
  attention: string | null
  amount_goods: number
  amount_refund: number
  amount_refunded: number
  lines: { no: number; requested: number; outstanding: number }[]
  refunds: { n: number; method: string; amount: number; state: string }[]
}
const REASONS = ['size', 'dislike', 'damaged', 'wrong', 'other'] as const
type Reason = (typeof REASONS)[number]
/** Where broken goods go; the rest is for sale again. */
const dispositionOf = (reason: Reason) => (reason === 'damaged' ? 'damaged' : 'restock')

export function ReturnScreen({ orderId, returnId }: { orderId?: string; returnId?: string }) {
  const { texts, api, info, money, go, say, withRight } = useTill()
  const words = texts.service.returns
  const [asked, setAsked] = useState('')
  const [orders, setOrders] = useState<Returnable[] | null>(null)
  const [order, setOrder] = useState<Returnable | null>(null)
  const [counts, setCounts] = useState<Record<string, number>>({})
  const [reason, setReason] = useState<Reason | null>(null)
  const [made, setMade] = useState<GoodsReturn | null>(null)
  const [wrong, setWrong] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [settleKey] = useState(newKey)

  const failed = (error: unknown) => {
    soundBad()
    const code = isRefused(error) ? error.code : ''
    setWrong(code === 'no-answer' ? texts.noAnswer : (words.refusals[code] ?? texts.refusals[code] ?? texts.failed))
  }
  const choose = (found: Returnable) => {
    setOrder(found)
    setCounts({})
  }
  const look = async (text: string, id = orderOfAddress(text)) => {
    setWrong('')
    const by: Record<string, string> =
      id !== null ? { order_id: id } : text.includes('@') ? { email: text } : { number: text.replace(/\D/g, '') }
    if (by['number'] !== '') await find(by)
  }
  const find = async (by: Record<string, string>) => {
    try {
      const { data } = await api.get<{ data: Returnable[] }>(`/returns/lookup?${new URLSearchParams(by)}`)
      setOrders(data)
      if (data.length === 0) soundBad()
      else soundOk()
      if (data.length === 1 && data[0]) choose(data[0])
    } catch (error) {
      if (isRefused(error, 'not-found', 'validation-error', 'reference-not-found')) {
        soundBad()
        setOrders([])
      } else failed(error)
    }
  }
  const chosen = (order?.lines ?? []).flatMap((line) => {
    const quantity = counts[line.line_id] ?? 0
    return quantity > 0 ? [{ ...line, chosen: quantity }] : []
  })
  /** The return is asked for: what it is worth the server says. Nothing has come back yet. */
  const prepare = async () => {
    if (!order || chosen.length === 0 || reason === null || isBusy) return
    setBusy(true)
    setWrong('')
    try {
      const lines = chosen.map(({ line_id, chosen: quantity }) => ({ line_id, quantity }))
      const body = {
        order_id: order.order_id,
        channel: 'pos',
        store_id: info.store.id,
        reason: words.reasons[reason],
        lines,
      }
      const asked = await api.call<GoodsReturn>('POST', '/returns', { body })
      const store = { store_id: info.store.id }
      const received = asked.lines.map(({ no, requested }) => ({
        no,
        quantity: requested,
        disposition: dispositionOf(reason),
      }))
      setMade(
        await api.call<GoodsReturn>('POST', `/returns/${asked.id}/receive`, { body: { ...store, lines: received } }),
      )
    } catch (error) {
      failed(error)
    }
    setBusy(false)
  }
  const settle = async (to?: object) => {
    if (!made || isBusy) return
    setBusy(true)
    setWrong('')
    try {
      const settled = await api.call<GoodsReturn>('POST', `/returns/${made.id}/settle`, {
        body: to === undefined ? {} : { to },
        key: to === undefined ? settleKey : newKey(),
        timeoutMs: 60_000,
      })
      setMade(settled)
      if (settled.attention === null) soundDone()
    } catch (error) {
      failed(error)
    }
    setBusy(false)
  }
  const leave = () => go({ is: 'sell' })
  const cancel = async () => {
    // Received goods stay received; the office settles or gives up what was begun.
    if (made) say({ kind: 'info', text: words.left })
    leave()
  }
  const isSettled = made !== null && ['settling', 'settled'].includes(made.state)
  const main = isSettled
    ? { text: words.done, act: leave, isOff: false }
    : made
      ? {
          text: fill(words.refund, { amount: money(made.amount_refund || made.amount_goods) }),
          act: () => withRight('refund', () => settle()),
          isOff: isBusy,
        }
      : { text: words.prepare, act: () => void prepare(), isOff: isBusy || chosen.length === 0 || reason === null }

  useEffect(() => {
    if (orderId !== undefined) void look('', orderId)
    if (returnId !== undefined) api.get<GoodsReturn>(`/returns/${returnId}`).then(setMade, failed)
  }, [])
  useScan((text) => {
    if (!made) void look(text)
  })
  useKeys({ Escape: () => void cancel(), Enter: () => (main.isOff ? undefined : main.act()) })
  return (
    <main className="office">
      <section className="office-work" aria-label={words.heading}>
        {made ? (
          <Settled
            made={made}
            onStoreCredit={() => settle({ method: 'store_credit' })}
            onCash={() => settle({ method: 'cash', register_id: info.register.id })}
          />
        ) : order ? (
          <Choose order={order} counts={counts} setCounts={setCounts} reason={reason} setReason={setReason} />
        ) : (
          <Look
            asked={asked}
            setAsked={setAsked}
            onLook={(text) => void look(text)}
            orders={orders}
            onChoose={choose}
            onCard={({ alias }) => (alias === null ? setOrders([]) : void find({ card_alias: alias }))}
            onWrong={setWrong}
          />
        )}
        <div className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
      </section>
      <section className="ticket office-side" aria-label={words.coming}>
        <div className="shift-facts">
          <h2>{order ? fill(texts.order, { number: order.number }) : words.coming}</h2>
          <ul className="brief">
            {chosen.map(({ line_id, name, chosen: quantity }) => (
              <li key={line_id}>
                <span className="figure">{quantity} ×</span>
                <span className="own">{name}</span>
                <span />
              </li>
            ))}
          </ul>
          {made ? (
            <dl className="figures">
              <div className="sum-total">
                <dt>{words.worth}</dt>
                <dd className="figure" data-worth={made.amount_goods}>
                  {money(made.amount_goods)}
                </dd>
              </div>
            </dl>
          ) : null}
        </div>
      </section>
      <NoticeBar />
      <nav className="functions" aria-label={texts.sell.functions}>
        <Key icon="back" label={texts.drawer.back} hint="Esc" onPress={() => void cancel()} />
        {made && !isSettled ? (
          <Key
            icon="bag"
            label={texts.service.exchange.key}
            isOff={isBusy}
            onPress={() => {
              setExchange({
                returnId: made.id,
                number: order?.number ?? '',
                worth: made.amount_refund || made.amount_goods,
              })
              go({ is: 'sell' })
            }}
          />
        ) : null}
        {order && !made ? <Key icon="search" label={words.other} onPress={() => setOrder(null)} /> : null}
      </nav>
      <div className="pay-bar">
        <button type="button" className="pay" disabled={main.isOff} onClick={main.act}>
          {main.text}
        </button>
      </div>
    </main>
  )
}

function Look(props: {
  asked: string
  setAsked(text: string): void
  onLook(text: string): void
  orders: Returnable[] | null
  onChoose(order: Returnable): void
  onCard(card: TappedCard): void
  onWrong(text: string): void
}) {
  const { texts, money, language } = useTill()
  const words = texts.service.returns
  const date = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'medium' })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (props.asked.trim() !== '') props.onLook(props.asked.trim())
  }
  return (
    <>
      <h2>{words.find}</h2>
      <form className="row" onSubmit={submit}>
        <label htmlFor="return-find" className="grow">
          {words.by}
          <input
            id="return-find"
            className="field-in"
            value={props.asked}
            maxLength={254}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => props.setAsked(event.target.value)}
          />
        </label>
        <button type="submit" className="button primary">
          {texts.customer.look}
        </button>
      </form>
      {props.orders?.length === 0 ? <p className="quiet">{words.none}</p> : null}
      <TapCard isForLookAlone onCard={props.onCard} onWrong={props.onWrong} />
      <ul className="rows">
        {(props.orders ?? []).map((order) => (
          <li key={order.order_id}>
            <button type="button" className="row-key" onClick={() => props.onChoose(order)}>
              <strong>{fill(texts.order, { number: order.number })}</strong>
              <span className="quiet">{date.format(new Date(order.placed_at))}</span>
              <span className="figure">{money(order.total)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  )
}

function Choose(props: {
  order: Returnable
  counts: Record<string, number>
  setCounts(counts: Record<string, number>): void
  reason: Reason | null
  setReason(reason: Reason): void
}) {
  const { texts } = useTill()
  const words = texts.service.returns
  const { order, counts, setCounts } = props
  return (
    <>
      <h2>{words.what}</h2>
      <ul className="rows">
        {order.lines.map(({ line_id, name, returnable }) => {
          const count = counts[line_id] ?? 0
          const set = (next: number) => setCounts({ ...counts, [line_id]: Math.min(returnable, Math.max(0, next)) })
          return (
            <li key={line_id} className="row-key flat pick">
              <button
                type="button"
                className="pick-name"
                aria-pressed={count > 0}
                disabled={returnable === 0}
                onClick={() => set(count === 0 ? returnable : 0)}
              >
                <strong className="own">{name}</strong>
                <span className="quiet">
                  {returnable === 0 ? words.nothingLeft : fill(words.left_of, { n: returnable })}
                </span>
              </button>
              <span className="stepper">
                <button
                  type="button"
                  className="icon-key"
                  disabled={count === 0}
                  onClick={() => set(count - 1)}
                  aria-label={fill(texts.ticket.fewer, { name })}
                >
                  <Icon name="minus" />
                </button>
                <strong className="figure pick-count">{count}</strong>
                <button
                  type="button"
                  className="icon-key"
                  disabled={count >= returnable}
                  onClick={() => set(count + 1)}
                  aria-label={fill(texts.ticket.more, { name })}
                >
                  <Icon name="plus" />
                </button>
              </span>
            </li>
          )
        })}
      </ul>
      <fieldset className="choice">
        <legend>{texts.price.why}</legend>
        {REASONS.map((code) => (
          <button
            key={code}
            type="button"
            className="chip"
            aria-pressed={props.reason === code}
            onClick={() => props.setReason(code)}
          >
            {words.reasons[code]}
          </button>
        ))}
      </fieldset>
    </>
  )
}

/** What goes back where; and another way, where the first one failed. */
function Settled(props: { made: GoodsReturn; onStoreCredit(): void; onCash(): void }) {
  const { texts, money } = useTill()
  const words = texts.service.returns
  const { made } = props
  const isOpen = !['settling', 'settled'].includes(made.state)
  return (
    <>
      <h2>{isOpen ? words.received : words.given}</h2>
      {made.refunds.length === 0 ? <p className="quiet">{isOpen ? words.receivedLead : words.nothingBack}</p> : null}
      <ul className="rows">
        {made.refunds.map(({ n, method, amount, state }) => (
          <li key={n} className="row-key flat">
            <strong>
              {fill(method === 'cash' ? words.byHand : words.back, {
                amount: money(amount),
                to: texts.methods[method] ?? method,
              })}
            </strong>
            <span className="tag">{words.states[state] ?? state}</span>
          </li>
        ))}
      </ul>
      {made.attention === null ? null : (
        <>
          <Banner kind="warn">{words.failed}</Banner>
          <div className="row">
            <button type="button" className="button" onClick={props.onStoreCredit}>
              {texts.methods['store_credit']}
            </button>
            <button type="button" className="button" onClick={props.onCash}>
              {texts.methods['cash']}
            </button>
          </div>
        </>
      )}
    </>
  )
}
