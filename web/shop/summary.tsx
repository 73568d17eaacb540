// What a cart comes to, line by line or in sums.

import { fill } from '../shared/fill.ts'
import type { Cart, CartLine, Product } from './api.ts'
import { percent, useLoaded, useShop } from './shop.ts'

export interface Delivery {
  variant_id: string
  name: string
}

/** The ways of delivery: articles of the kind `shipping`, which go into the cart as lines. Null until they are known. */
export function useDeliveries(): Delivery[] | null {
  const { api } = useShop()
  const loaded = useLoaded('deliveries', async () => {
    const { data } = await api.get<{ data: Product[] }>('/products?limit=100')
    return data
      .filter(({ kind }) => kind === 'shipping')
      .flatMap(({ variants }) => variants)
      .map(({ id, name, options }) => ({ variant_id: id, name: Object.values(options)[0] ?? name }))
  })
  return loaded.is === 'there' ? loaded.data : null
}

/** The way of delivery is a line of its own, shown apart. */
export function isDelivery({ kind }: CartLine): boolean {
  return kind === 'shipping'
}

export function Sums({ cart }: { cart: Cart }) {
  const { texts, money, language } = useShop()
  const fees = cart.lines.filter(isDelivery)
  const fee = fees.reduce((sum, { total }) => sum + total, 0)
  const goods = cart.list - fees.reduce((sum, { list }) => sum + list, 0)
  return (
    <dl class="sums">
      <Row name={texts.goods} amount={money(goods)} />
      {cart.promotions.applied.map(({ label, amount }) => (
        <Row key={label} name={label} amount={`−${money(amount)}`} tone="good" />
      ))}
      {fees.length === 0 ? null : <Row name={texts.delivery} amount={fee === 0 ? texts.free : money(fee)} />}
      <Row name={texts.total} amount={money(cart.total)} tone="big" />
      {cart.taxes
        .filter(({ tax }) => tax !== 0)
        .map(({ tax_rate_bp, tax }) => (
          <Row
            key={tax_rate_bp}
            name={fill(texts.vat, { rate: percent(tax_rate_bp, language) })}
            amount={money(tax)}
            tone="quiet"
          />
        ))}
    </dl>
  )
}

function Row({ name, amount, tone }: { name: string; amount: string; tone?: string }) {
  return (
    <div class={tone}>
      <dt class="own">{name}</dt>
      <dd class="figure">{amount}</dd>
    </div>
  )
}
