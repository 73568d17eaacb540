// One pickup: whose it is, what belongs to it, and whether it is paid.

import { fill } from '../shared/fill.ts'
import { datesFor } from './dates.ts'
import { type Fulfilment, openOf } from './fulfilments.ts'
import { Icon } from './icon.tsx'
import { Banner } from './parts.tsx'
import { AgeChip } from './pickup-age.tsx'
import { quantityText, useTill } from './till.tsx'

export function PickupDetail({ each, now }: { each: Fulfilment; now: number }) {
  const { texts, language } = useTill()
  const words = texts.service.pickup
  const dates = datesFor(language)
  const { order } = each
  const isDone = each.state === 'collected'
  return (
    <div className="order-one">
      <header className="order-head">
        <h2>{fill(texts.order, { number: order.number })}</h2>
        <AgeChip each={each} now={now} />
      </header>
      <p className="profile-name own">{order.name ?? order.email ?? texts.customer.unnamed}</p>
      {order.name !== null && order.email !== null ? <p className="quiet own">{order.email}</p> : null}
      <p className="quiet">
        {texts.service.orders.channels[order.channel] ?? order.channel}
        {order.placed_at === null ? '' : ` · ${dates.full(order.placed_at)}`}
      </p>
      <ul className="brief order-lines">
        {each.lines
          .filter(({ quantity, dropped }) => quantity > dropped)
          .map((line) => (
            <li key={line.line_id}>
              <strong className="figure">
                {quantityText(isDone ? line.handed_over : openOf(line), line.unit, language)} ×
              </strong>
              <span>
                <span className="own">{line.name}</span>
                <span className="quiet line-note">{line.sku}</span>
              </span>
              <span />
            </li>
          ))}
      </ul>
      <p className="order-from">
        <Icon name={order.charge === 'on_collection' ? 'coins' : 'check'} />
        {order.charge === 'on_collection' ? words.paysHere : words.paidBefore}
      </p>
      {each.state === 'rejected' ? <Banner kind="warn">{words.rejectedLead}</Banner> : null}
      {each.charge.state === 'unknown' || each.charge.state === 'intent' ? (
        <Banner kind="warn">
          <strong>{texts.tender.unknown}</strong> {texts.tender.unknownLead}
        </Banner>
      ) : null}
      {each.charge.state === 'reversed' ? <Banner kind="bad">{words.reversed}</Banner> : null}
    </div>
  )
}
