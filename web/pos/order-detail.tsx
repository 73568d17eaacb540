// One order, whole: how it stands, its lines, where its goods are, how it was paid, and what happened.

import { fill } from '../shared/fill.ts'
import { datesFor } from './dates.ts'
import { Icon, type IconName } from './icon.tsx'
import { channelIcon, OrderChip } from './order-parts.tsx'
import type { Happened, OrderWhole } from './order-whole.ts'
import { tenderName } from './tender-list.tsx'
import { methodIcon } from './tender-screen.tsx'
import { quantityText, useTill } from './till.tsx'

const MODE_ICONS: Readonly<Record<string, IconName>> = {
  take_away: 'bag',
  collect: 'store',
  ship_to_store: 'store',
  ship: 'truck',
  digital: 'mail',
}

export function OrderDetail({ order }: { order: OrderWhole }) {
  const { texts, language } = useTill()
  const words = texts.service.orders
  const dates = datesFor(language)
  const money = (amount: number) => dates.money(amount, order.currency)
  const sums: [string, number][] = [
    [words.amounts.paid, order.amount_paid],
    [words.amounts.back, order.amount_refunded],
    [words.amounts.due, order.amount_due],
  ]
  return (
    <div className="order-one">
      <header className="order-head">
        <h2>{fill(texts.order, { number: order.number })}</h2>
        <OrderChip order={order} />
      </header>
      <p className="quiet order-from">
        <Icon name={channelIcon(order.channel)} />
        {words.channels[order.channel] ?? order.channel} · {dates.full(order.placed_at)}
      </p>
      {order.shipping_address?.name || order.email ? (
        <p className="own">{[order.shipping_address?.name, order.email].filter(Boolean).join(' · ')}</p>
      ) : null}
      <ul className="brief order-lines">
        {order.lines.map((line) => (
          <li key={line.id}>
            <span className="figure">
              {quantityText(line.quantity - line.quantity_cancelled, line.unit, language)} ×
            </span>
            <span className="own">
              {line.name}
              {line.quantity_returned > 0 ? (
                <span className="quiet line-note">{fill(words.returned, { n: line.quantity_returned })}</span>
              ) : null}
              {line.quantity_cancelled > 0 ? (
                <span className="quiet line-note">{fill(words.lineCancelled, { n: line.quantity_cancelled })}</span>
              ) : null}
            </span>
            <span className="figure">{money(line.total)}</span>
          </li>
        ))}
      </ul>
      <dl className="figures">
        <div className="sum-total">
          <dt>{texts.ticket.total}</dt>
          <dd className="figure">{money(order.total)}</dd>
        </div>
        {sums
          .filter(([, amount]) => amount > 0)
          .map(([name, amount]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="figure">{money(amount)}</dd>
            </div>
          ))}
      </dl>
      <Goods order={order} />
      <Payments order={order} money={money} />
      <History order={order} />
    </div>
  )
}

function Goods({ order }: { order: OrderWhole }) {
  const { texts, language, info } = useTill()
  const words = texts.service.orders
  const dates = datesFor(language)
  if (order.fulfilments.length === 0) return null
  return (
    <>
      <h3>{words.goods}</h3>
      <ul className="facts-list">
        {order.fulfilments.map((each) => (
          <li key={each.id}>
            <Icon name={MODE_ICONS[each.mode] ?? 'box'} />
            <span>
              <strong>{words.modes[each.mode] ?? each.mode}</strong>
              <span className="quiet">
                {[
                  each.pickup_store_id === info.store.id ? info.store.name : null,
                  each.state === 'ready' && each.expires_at !== null
                    ? fill(texts.service.pickup.keptUntil, { at: dates.moment(each.expires_at) })
                    : null,
                  each.tracking ? `${each.tracking.carrier} ${each.tracking.number}` : null,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </span>
            <span className="status grey">{texts.service.pickup.states[each.state] ?? each.state}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

function Payments({ order, money }: { order: OrderWhole; money(amount: number): string }) {
  const { texts } = useTill()
  const words = texts.service.orders
  const tenders = order.payments.flatMap((payment) =>
    payment.tenders.map((tender) => ({ ...tender, isUnknown: payment.attention === 'unknown_outcome' })),
  )
  if (tenders.length === 0) return null
  return (
    <>
      <h3>{words.payments}</h3>
      <ul className="facts-list">
        {tenders.map((tender) => (
          <li key={tender.id}>
            {methodIcon(tender.method)}
            <span>
              <strong>{tenderName(texts, tender)}</strong>
              <span className="quiet">
                {tender.decline ? (texts.declines[tender.decline.code] ?? words.tenders['failed']) : ''}
              </span>
            </span>
            <span className="figure">{money(tender.amount)}</span>
            <span className={tender.isUnknown ? 'status warn pulse' : 'status grey'}>
              {tender.isUnknown ? words.tenders['unknown'] : (words.tenders[tender.status] ?? tender.status)}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

function History({ order }: { order: OrderWhole }) {
  const { texts, language, info } = useTill()
  const words = texts.service.orders
  const dates = datesFor(language)
  // What has no words is the office's business.
  const told = order.history.filter(({ type }) => words.events[type] !== undefined)
  const whoOf = ({ by }: Happened) => info.staff.find(({ id }) => id === by)?.name
  return (
    <>
      <h3>{words.history}</h3>
      <ol className="happened">
        {told.map((each) => (
          <li key={each.id}>
            <time className="quiet figure" dateTime={each.created_at}>
              {dates.moment(each.created_at)}
            </time>
            <span className="own">{[words.events[each.type], whoOf(each)].filter(Boolean).join(' · ')}</span>
          </li>
        ))}
      </ol>
    </>
  )
}
