// What a cart comes to, line by line or in sums.

import { fill } from '../shared/fill.ts'
import type { Cart, CartLine } from './api.ts'
import { percent, useShop } from './shop.ts'

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
