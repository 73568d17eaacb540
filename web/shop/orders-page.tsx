// What was ordered on this device: links to the orders' own pages, kept by the browser alone.

import { useEffect, useState } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import { Icon } from '../shared/icon.tsx'
import type { PlacedOrder } from './api.ts'
import { Go } from './app.tsx'
import { recall, remember, useShop } from './shop.ts'

interface KnownOrder {
  number: string
  path: string
  at: string
}
const NAME = 'onetill.shop.orders'
const MOST = 20

export function rememberOrder({ number, page_url }: PlacedOrder): void {
  const known = recall<KnownOrder[]>(NAME) ?? []
  const path = new URL(page_url).pathname
  remember(
    NAME,
    [{ number, path, at: new Date().toISOString() }, ...known.filter((each) => each.path !== path)].slice(0, MOST),
  )
}

export function OrdersPage() {
  const { texts, language, view, cart } = useShop()
  const [orders, setOrders] = useState<KnownOrder[]>([])
  useEffect(() => {
    document.title = `${texts.orders} · ${view.merchant}`
    setOrders(recall<KnownOrder[]>(NAME) ?? [])
    // The bag may turn out to have become one.
  }, [cart.isReading, cart.now === null])
  return (
    <div class="narrow">
      <h1>{texts.orders}</h1>
      {orders.length === 0 ? (
        <div class="empty">
          <p>{texts.noOrders}</p>
          <Go href="/shop" class="button primary">
            {texts.home}
          </Go>
        </div>
      ) : (
        <>
          <p class="quiet">{texts.ordersLead}</p>
          <ul class="orders">
            {orders.map(({ number, path, at }) => (
              <li key={path}>
                <a href={`${path}?lang=${language}`}>
                  <Icon name="box" />
                  <span>{fill(texts.order, { number })}</span>
                  <span class="quiet">{new Date(at).toLocaleDateString(language, { dateStyle: 'medium' })}</span>
                </a>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
