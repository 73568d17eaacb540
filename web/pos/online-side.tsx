// What a customer left online: carts that can be put on this ticket, and, where they have agreed, what they looked at.

import { fill } from '../shared/fill.ts'
import type { Cart, CartSummary, Page } from './answers.ts'
import { isRefused } from './api.ts'
import { datesFor } from './dates.ts'
import { soundOk } from './sound.ts'
import { useLoaded, useTicket, useTill } from './till.tsx'

interface Left extends CartSummary {
  state: string
  channel: string
}
interface View {
  id: string
  kind: string
  product_id: string | null
}
const MOST_VIEWS = 6

export function OnlineSide({ customerId, onTaken }: { customerId: string; onTaken(): void }) {
  const { texts, api, ticket, catalogue, place, say, language } = useTill()
  const words = texts.service.tap
  const { cartId } = useTicket()
  const dates = datesFor(language)
  const loaded = useLoaded(`online ${customerId} ${cartId}`, async () => {
    const nothing = { data: [] as never[] }
    const [carts, views] = await Promise.all([
      api.get<Page<Left>>(`/carts?customer_id=${customerId}&limit=20`).catch(() => nothing),
      api.get<Page<View>>(`/customers/${customerId}/views?limit=30`).catch(() => nothing),
    ])
    return { carts: carts.data, views: views.data }
  })
  if (loaded.is !== 'there') return null
  const carts = loaded.data.carts.filter(
    ({ id, state, currency, line_count }: Left) =>
      id !== cartId && state === 'open' && currency === place.currency.code && line_count > 0,
  )
  const names = new Map(catalogue.shelves().map(({ product }) => [product.id, product.name]))
  const seen = [...new Set(loaded.data.views.flatMap(({ product_id }: View) => names.get(product_id ?? '') ?? []))]
  const take = async ({ id }: Left) => {
    try {
      const own = await ticket.settled()
      if (!own) return
      await api.call('POST', `/carts/${own.id}/merge`, { body: { from_cart_id: id, policy: 'sum_capped' } })
      ticket.hold(await api.get<Cart>(`/carts/${own.id}`))
      soundOk()
      onTaken()
      say({ kind: 'good', text: words.cartTaken })
    } catch (error) {
      say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed })
      loaded.again()
    }
  }
  return (
    <>
      {carts.length === 0 ? null : (
        <>
          <h3>{words.carts}</h3>
          <ul className="rows">
            {carts.map((cart: Left) => (
              <li key={cart.id}>
                <button type="button" className="row-key" onClick={() => void take(cart)}>
                  <strong>{words.putOn}</strong>
                  <span className="quiet">{fill(texts.recall.lines, { n: cart.line_count })}</span>
                  <span className="quiet figure">{dates.moment(cart.updated_at)}</span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      {seen.length === 0 ? null : (
        <>
          <h3>{words.lookedAt}</h3>
          <p className="quiet own">{seen.slice(0, MOST_VIEWS).join(', ')}</p>
        </>
      )}
    </>
  )
}
