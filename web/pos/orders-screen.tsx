// Orders of every channel: found by whatever the customer says or shows, those of this store until somebody asks; and what can be done
// with the one that is chosen.

import { useEffect, useRef, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Order, Page } from './answers.ts'
import { useCancelOrder } from './cancel-order.tsx'
import { datesFor } from './dates.ts'
import { Icon } from './icon.tsx'
import { useKeys, useScan } from './keys.ts'
import { MailDialog } from './mail-dialog.tsx'
import { useNarrow } from './narrow.ts'
import { NoticeBar } from './notice-bar.tsx'
import { orderOfAddress } from './order-address.ts'
import { OrderDetail } from './order-detail.tsx'
import { channelIcon, OrderChip } from './order-parts.tsx'
import { readOrder } from './order-whole.ts'
import { Failed, Key, SCROLLED } from './parts.tsx'
import { Slip } from './receipt.tsx'
import { soundBad, soundOk } from './sound.ts'
import { useLoaded, useTill } from './till.tsx'

/** After the last key. */
const SEARCH_AFTER_MS = 250
const MOST = 40
const LEAST_LETTERS = 2

type Where = 'store' | 'all'

export function OrdersScreen({ orderId }: { orderId?: string }) {
  const { texts, api, go, info } = useTill()
  const words = texts.service.orders
  const [asked, setAsked] = useState('')
  const [where, setWhere] = useState<Where>('store')
  const [chosen, setChosen] = useState<string | null>(orderId ?? null)
  const [mailing, setMailing] = useState(false)
  const [printing, setPrinting] = useState<string | null>(null)
  const field = useRef<HTMLInputElement>(null)
  const query = useLate(asked.trim(), SEARCH_AFTER_MS)
  const found = useLoaded(`orders ${where} ${query}`, () => search(query))
  const one = useLoaded(`order ${chosen}`, async () => (chosen === null ? null : readOrder(api, chosen)))
  const order = one.is === 'there' ? one.data : null
  const cancel = useCancelOrder(() => one.is === 'there' && one.again())

  async function search(q: string): Promise<Order[]> {
    if (q.length < LEAST_LETTERS) {
      const here: Record<string, string> = where === 'store' ? { store_id: info.store.id } : {}
      return (await api.get<Page<Order>>(`/orders?${new URLSearchParams({ ...here, limit: String(MOST) })}`)).data
    }
    const [{ data }, byReceipt] = await Promise.all([
      api.get<Page<Order>>(`/orders?${new URLSearchParams({ q, limit: String(MOST) })}`),
      receiptOrders(q),
    ])
    return [...new Map([...byReceipt, ...data].map((each) => [each.id, each])).values()]
  }
  /** A number may be that of a receipt of this store. */
  async function receiptOrders(q: string): Promise<Order[]> {
    if (!/^[1-9]\d{0,9}$/.test(q)) return []
    const of = new URLSearchParams({ store_id: info.store.id, number: q })
    const { data } = await api.get<{ data: { order_id: string | null }[] }>(`/receipts?${of}`)
    const ids = data.flatMap(({ order_id }) => order_id ?? [])
    return Promise.all(ids.map((id) => api.get<Order>(`/orders/${id}`)))
  }
  // On a phone the one that was chosen takes the place of the list.
  const isOne = useNarrow() && chosen !== null
  const leave = () => {
    if (isOne) setChosen(null)
    else go({ is: 'sell' })
  }
  // What lies ready here is what they came for; else it is the receipt.
  const waiting = order?.fulfilments.find(({ state, pickup_store_id }) => {
    return ['ready', 'arrived'].includes(state) && pickup_store_id === info.store.id
  })
  const main = waiting
    ? { text: words.handOver, act: () => go({ is: 'pickup', fulfilmentId: waiting.id }) }
    : order?.hasReceipt
      ? { text: words.print, act: () => setPrinting(order.id) }
      : null
  useScan((code) => {
    const id = orderOfAddress(code)
    if (id !== null) {
      soundOk()
      setChosen(id)
    } else setAsked(code.replace(/^#/, ''))
  })
  useKeys({
    Escape: leave,
    F2: () => field.current?.focus(),
    '/': () => field.current?.focus(),
    F11: () => (order?.hasReceipt ? setPrinting(order.id) : undefined),
    Enter: () => main?.act(),
  })
  useEffect(() => {
    if (found.is === 'there' && found.data.length === 0 && query.length >= LEAST_LETTERS) soundBad()
  }, [found.is, query])
  const canReturn = order?.lines.some(
    ({ quantity_fulfilled, quantity_returned }) => quantity_fulfilled > quantity_returned,
  )
  return (
    <main className={chosen === null ? 'office orders' : 'office orders has-one'}>
      <section className="office-work" aria-label={words.heading}>
        <search className="search">
          <Icon name="search" />
          <input
            ref={field}
            type="search"
            value={asked}
            maxLength={120}
            autoComplete="off"
            spellCheck={false}
            aria-label={words.find}
            aria-keyshortcuts="F2"
            placeholder={words.hint}
            onChange={(event) => setAsked(event.target.value)}
          />
        </search>
        <fieldset className="tabs" aria-label={words.which}>
          {(['store', 'all'] as const).map((each) => (
            <button
              key={each}
              type="button"
              className="chip"
              aria-pressed={query.length < LEAST_LETTERS && where === each}
              onClick={() => {
                setAsked('')
                setWhere(each)
              }}
            >
              {each === 'store' ? info.store.name : words.everywhere}
            </button>
          ))}
        </fieldset>
        <Found found={found} query={query} chosen={chosen} onChoose={setChosen} />
      </section>
      <section className="ticket office-side" aria-label={words.one} {...SCROLLED}>
        {chosen === null ? (
          <div className="lines-empty">
            <Icon name="bag" />
            <p>{words.choose}</p>
            <p className="quiet">{words.chooseLead}</p>
          </div>
        ) : one.is === 'failed' ? (
          <Failed again={one.again} />
        ) : order === null ? (
          <div className="blank tall" />
        ) : (
          <OrderDetail order={order} />
        )}
      </section>
      <NoticeBar />
      <nav className="functions" aria-label={texts.sell.functions}>
        <Key icon="back" label={isOne ? words.back : texts.drawer.back} hint="Esc" onPress={leave} />
        <Key
          icon="print"
          label={words.print}
          hint="F11"
          isOff={!order?.hasReceipt}
          onPress={() => order && setPrinting(order.id)}
        />
        <Key icon="mail" label={texts.finished.mail} isOff={!order?.hasReceipt} onPress={() => setMailing(true)} />
        <Key
          icon="undo"
          label={texts.service.returns.key}
          isOff={!canReturn}
          onPress={() => order && go({ is: 'return', orderId: order.id })}
        />
        <Key
          icon="qr"
          label={texts.service.links.key}
          onPress={() => go({ is: 'links', ...(order && order.amount_due > 0 ? { orderNumber: order.number } : {}) })}
        />
        <Key
          icon="trash"
          label={words.cancel}
          kind="danger"
          isOff={!order?.canCancel}
          onPress={() => order && cancel.ask(order)}
        />
      </nav>
      <div className="pay-bar">
        <button type="button" className="pay" disabled={main === null} onClick={() => main?.act()}>
          {main?.text ?? words.print}
        </button>
      </div>
      {mailing && order ? <MailDialog id={order.id} email={order.email} onClose={() => setMailing(false)} /> : null}
      {printing === null ? null : <Slip id={printing} isGift={false} onDone={() => setPrinting(null)} />}
      {cancel.dialog}
    </main>
  )
}

function Found(props: {
  found: ReturnType<typeof useLoaded<Order[]>>
  query: string
  chosen: string | null
  onChoose(id: string): void
}) {
  const { texts, language } = useTill()
  const words = texts.service.orders
  const { found, query } = props
  const dates = datesFor(language)
  if (found.is === 'failed') return <Failed again={found.again} />
  if (found.is === 'loading') {
    return (
      <ul className="rows order-rows" aria-busy="true">
        {[0, 1, 2, 3, 4, 5].map((i) => (
          <li key={i} className="blank order-blank" />
        ))}
      </ul>
    )
  }
  if (found.data.length === 0) {
    return (
      <p className="quiet tiles-empty">
        {query.length < LEAST_LETTERS ? words.none : fill(words.nothing, { q: query })}
      </p>
    )
  }
  return (
    <ul className="rows order-rows">
      {found.data.map((order) => (
        <li key={order.id}>
          <button
            type="button"
            className="order-row"
            aria-pressed={order.id === props.chosen}
            onClick={() => props.onChoose(order.id)}
          >
            <Icon name={channelIcon(order.channel)} />
            <span className="order-what">
              <strong>{fill(texts.order, { number: order.number })}</strong>
              <span className="quiet own">
                {order.shipping_address?.name ?? order.email ?? words.channels[order.channel]}
              </span>
            </span>
            <span className="order-when">
              <strong className="figure">{dates.money(order.total, order.currency)}</strong>
              <span className="quiet figure">{dates.moment(order.placed_at)}</span>
            </span>
            <OrderChip order={order} />
          </button>
        </li>
      ))}
    </ul>
  )
}

/** A text once nobody has typed for a while. */
function useLate(text: string, afterMs: number): string {
  const [late, setLate] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setLate(text), afterMs)
    return () => clearTimeout(timer)
  }, [text])
  return late
}
