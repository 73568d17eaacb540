// One's orders and returns, of every channel, each leading to the order's own page.

import { useState } from 'preact/hooks'
import { fill } from '../../shared/fill.ts'
import { Go } from '../app.tsx'
import { moneyIn, useShop } from '../shop.ts'
import { dayOf, type OwnOrder, type OwnReturn, pageOf, standingOf } from './own.ts'
import { Listed, type Paged } from './parts.tsx'

export function Orders() {
  const { texts, own } = useShop()
  return (
    <Longer<OwnOrder>
      path="/account/orders"
      draw={(order) => <OrderRow key={order.id} order={order} />}
      empty={
        <div class="empty">
          <p>{own.noOrders}</p>
          <Go href="/shop" class="button primary">
            {texts.home}
          </Go>
        </div>
      }
    />
  )
}

function OrderRow({ order }: { order: OwnOrder }) {
  const { own, language } = useShop()
  const { money } = moneyIn(language, order.currency)
  const standing = standingOf(order)
  const goods = order.lines.filter(({ kind }) => kind !== 'shipping')
  return (
    <li class="sheet">
      <div class="line">
        <h3>
          <a href={pageOf(order, language)} aria-label={fill(own.look, { number: order.number })}>
            {fill(own.order, { number: order.number })}
          </a>
        </h3>
        <span class={`state ${standing}`}>{own.standing[standing]}</span>
        <strong class="figure">{money(order.total)}</strong>
      </div>
      <p class="quiet">
        {dayOf(order.placed_at, language)}
        {order.channel === 'pos' ? ` · ${own.inStore}` : ''}
      </p>
      <p class="own">{goods.map(({ name, quantity }) => `${quantity} × ${name}`).join(', ')}</p>
    </li>
  )
}

export function Returns() {
  const { own } = useShop()
  return (
    <Longer<OwnReturn>
      path="/account/returns"
      draw={(one) => <ReturnRow key={one.id} one={one} />}
      empty={<p class="quiet">{own.noReturns}</p>}
    />
  )
}

function ReturnRow({ one }: { one: OwnReturn }) {
  const { own, language } = useShop()
  const { money } = moneyIn(language, one.currency)
  const title = fill(own.returnOf, { number: one.order_number ?? '–' })
  return (
    <li class="sheet">
      <div class="line">
        <h3>{one.page_url === null ? title : <a href={pageOf({ page_url: one.page_url }, language)}>{title}</a>}</h3>
        <span class="state">{own.returnStates[one.state as keyof typeof own.returnStates] ?? one.state}</span>
        {one.amount_refund > 0 ? (
          <strong class="figure">{fill(own.moneyBack, { amount: money(one.amount_refund) })}</strong>
        ) : null}
      </div>
      <p class="quiet">{dayOf(one.created_at, language)}</p>
      <p class="own">{one.lines.map(({ name, requested }) => `${requested} × ${name}`).join(', ')}</p>
    </li>
  )
}

/** A list that goes on when somebody asks for more. */
function Longer<T>(props: { path: string; draw(row: T): preact.ComponentChild; empty: preact.ComponentChild }) {
  const { own, api } = useShop()
  const [more, setMore] = useState<T[]>([])
  const [cursor, setCursor] = useState<string | null | undefined>(undefined)
  return (
    <Listed<Paged<T>> path={`${props.path}?limit=20`}>
      {(first) => {
        const rows = [...first.data, ...more]
        const next = cursor === undefined ? first.next_cursor : cursor
        const load = async () => {
          const page = await api.get<Paged<T>>(`${props.path}?limit=20&cursor=${next}`)
          setMore([...more, ...page.data])
          setCursor(page.next_cursor)
        }
        if (rows.length === 0) return props.empty
        return (
          <>
            <ul class="rows">{rows.map(props.draw)}</ul>
            {next === null ? null : (
              <button type="button" class="button" onClick={() => void load().catch(() => {})}>
                {own.more}
              </button>
            )}
          </>
        )
      }}
    </Listed>
  )
}
