// What was ordered and what it comes to, on the page and on the receipt.

import { fill } from '../shared/fill.ts'
import type { Shown } from './order.tsx'

export function Sums({ order, texts }: Shown) {
  const notes = ({ cancelled, returned, return_requested }: (typeof order.lines)[number]) =>
    [
      cancelled > 0 ? fill(texts.cancelledUnits, { n: cancelled }) : null,
      returned > 0 ? fill(texts.returnedUnits, { n: returned }) : null,
      return_requested > 0 ? fill(texts.askedUnits, { n: return_requested }) : null,
    ].filter((note): note is string => note !== null)
  return (
    <>
      <ul class="lines">
        {order.lines.map((line) => (
          <li key={line.id}>
            <span>
              <span class="own">
                {line.quantity} × {line.name}
              </span>
              {notes(line).map((note) => (
                <span key={note} class="quiet note">
                  {note}
                </span>
              ))}
            </span>
            <span class="figure">
              {line.was === null ? null : <s class="quiet">{line.was}</s>} {line.amount}
            </span>
          </li>
        ))}
      </ul>
      <dl class="sums">
        {order.discount === null ? null : <Row name={texts.discount} amount={`−${order.discount}`} />}
        {order.delivery === null ? null : <Row name={texts.delivery} amount={order.delivery} />}
        <Row name={texts.total} amount={order.total} isBig />
        {order.taxes.map(({ rate, amount }) => (
          <Row key={rate} name={fill(texts.vat, { rate })} amount={amount} isQuiet />
        ))}
        {order.paid === null ? null : <Row name={texts.paid} amount={order.paid} />}
        {order.held === null ? null : <Row name={texts.held} amount={order.held} />}
        {order.refunded === null ? null : <Row name={texts.refunded} amount={order.refunded} />}
        {order.due === null ? null : <Row name={texts.due} amount={order.due} />}
      </dl>
    </>
  )
}

function Row({ name, amount, isBig, isQuiet }: { name: string; amount: string; isBig?: boolean; isQuiet?: boolean }) {
  return (
    <div class={isBig ? 'big' : isQuiet ? 'quiet' : undefined}>
      <dt>{name}</dt>
      <dd class="figure">{amount}</dd>
    </div>
  )
}
