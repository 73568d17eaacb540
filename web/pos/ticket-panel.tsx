// The ticket: whose it is, its lines, what is done to the one that is marked, and what it comes to.

import { useEffect, useRef } from 'react'
import { fill } from '../shared/fill.ts'
import type { Customer } from './answers.ts'
import { useExchange } from './exchange.ts'
import { ExchangeSums } from './exchange-sums.tsx'
import { Icon } from './icon.tsx'
import { LineWay } from './line-way.tsx'
import type { ShownLine } from './ticket-view.ts'
import { percent, quantityText, useLoaded, useTicket, useTill } from './till.tsx'

export function TicketPanel(props: {
  onCustomer(): void
  onQuantity(): void
  onPrice(): void
  onRemove(): void
  onStep(by: number): void
  onClose(): void
}) {
  const { texts, ticket, say } = useTill()
  const shown = useTicket()
  const line = shown.lines.find(({ key }) => key === shown.selected)
  const isPieces = line !== undefined && line.unit !== 'gram'
  const clear = () => {
    ticket.clear()
    say({ kind: 'info', text: texts.ticket.cleared, undo: ticket.undo })
  }
  return (
    <section className="ticket" aria-label={texts.ticket.heading}>
      <header className="ticket-head">
        <CustomerKey onPress={props.onCustomer} />
        <button
          type="button"
          className="icon-key"
          onClick={clear}
          disabled={shown.lines.length === 0}
          aria-label={texts.ticket.clear}
          title={texts.ticket.clear}
        >
          <Icon name="trash" />
        </button>
        <button type="button" className="icon-key sheet-close" onClick={props.onClose} aria-label={texts.close}>
          <Icon name="cross" />
        </button>
      </header>
      <Refusal />
      <Lines />
      <fieldset className="line-keys" aria-label={texts.ticket.lineKeys}>
        <button
          type="button"
          disabled={!isPieces}
          onClick={() => props.onStep(-1)}
          aria-label={line ? fill(texts.ticket.fewer, { name: line.name }) : texts.ticket.fewerNone}
        >
          <Icon name="minus" />
        </button>
        <button type="button" disabled={!line} onClick={props.onQuantity} aria-keyshortcuts="F6">
          {texts.ticket.quantity}
        </button>
        <button
          type="button"
          disabled={!isPieces}
          onClick={() => props.onStep(1)}
          aria-label={line ? fill(texts.ticket.more, { name: line.name }) : texts.ticket.moreNone}
        >
          <Icon name="plus" />
        </button>
        <button type="button" disabled={!line} onClick={props.onPrice} aria-keyshortcuts="F7">
          <Icon name="percent" />
          {texts.ticket.price}
        </button>
        <button
          type="button"
          disabled={!line}
          onClick={props.onRemove}
          aria-keyshortcuts="Delete"
          aria-label={line ? fill(texts.ticket.remove, { name: line.name }) : texts.ticket.removeNone}
        >
          <Icon name="trash" />
        </button>
      </fieldset>
      <Sums />
    </section>
  )
}

function CustomerKey({ onPress }: { onPress(): void }) {
  const { isAlone } = useTill()
  return isAlone ? <AloneHead /> : <KnownCustomer onPress={onPress} />
}

/** Without the server nobody can be looked up; whoever was on the ticket stays on it. */
function AloneHead() {
  const { texts } = useTill()
  const { cart } = useTicket()
  return (
    <p className="customer-key alone">
      <Icon name="offline" />
      <span className="own">{cart?.customer_id ? texts.offline.ticketOfCustomer : texts.offline.ticket}</span>
    </p>
  )
}

function KnownCustomer({ onPress }: { onPress(): void }) {
  const { texts, api } = useTill()
  const { cart } = useTicket()
  const id = cart?.customer_id ?? null
  const customer = useLoaded(`customer ${id}`, async () =>
    id === null ? null : await api.get<Customer>(`/customers/${id}`),
  )
  const known = customer.is === 'there' ? customer.data : null
  return (
    <button type="button" className="customer-key" onClick={onPress} aria-keyshortcuts="F3">
      <Icon name="person" />
      <span className="own">
        {id === null ? texts.ticket.noCustomer : (known?.name ?? known?.email ?? texts.ticket.customer)}
      </span>
      <span className="hint" aria-hidden="true">
        F3
      </span>
    </button>
  )
}

function Refusal() {
  const { texts } = useTill()
  const { refusal } = useTicket()
  if (!refusal) return null
  return (
    <p className="ticket-said" role="alert">
      <Icon name="alert" />
      {texts.refusals[refusal.code] ?? texts.failed}
    </p>
  )
}

function Lines() {
  const { texts, ticket } = useTill()
  const { lines, selected } = useTicket()
  const list = useRef<HTMLUListElement>(null)
  const marked = lines.find(({ key }) => key === selected)
  // The line that was touched last is in sight, however long the ticket.
  useEffect(() => {
    list.current?.querySelector('[data-marked]')?.scrollIntoView({ block: 'nearest' })
  }, [marked?.key, marked?.quantity, lines.length])
  if (lines.length === 0) {
    return (
      <div className="lines-empty">
        <Icon name="bag" />
        <p>{texts.ticket.empty}</p>
        <p className="quiet">{texts.ticket.emptyLead}</p>
      </div>
    )
  }
  return (
    <ul className="lines" ref={list} aria-label={texts.ticket.lines}>
      {lines.map((line) => (
        <li key={line.key} data-marked={line.key === selected ? '' : undefined}>
          <button
            type="button"
            className="line"
            aria-pressed={line.key === selected}
            onClick={() => ticket.select(line.key)}
          >
            <Line line={line} />
          </button>
          <LineWay line={line} />
        </li>
      ))}
    </ul>
  )
}

function Line({ line }: { line: ShownLine }) {
  const { texts, money, price, language } = useTill()
  const isWeighed = line.unit === 'gram'
  const each =
    line.unitPrice === null
      ? ''
      : isWeighed
        ? fill(texts.perKilo, { price: price(String(Number(line.unitPrice) * 1000)) })
        : price(line.unitPrice)
  return (
    <>
      <span className={line.isGone ? 'line-name own gone' : 'line-name own'}>{line.name}</span>
      <strong className={line.isWaiting ? 'line-total figure waits' : 'line-total figure'}>{money(line.total)}</strong>
      <span className="line-facts">
        <span className="line-count figure">
          {quantityText(line.quantity, line.unit, language)} × {each}
        </span>
        {line.reason !== null ? <span className="tag">{line.reason}</span> : null}
        {line.isGone ? <span className="tag bad">{texts.ticket.gone}</span> : null}
        {line.short !== null ? <span className="tag warn">{fill(texts.ticket.short, { n: line.short })}</span> : null}
      </span>
      {line.adjustments.map(({ label, amount, source }) => (
        <span key={source} className="line-off">
          <span className="own">{label}</span>
          <span className="figure">{money(-amount)}</span>
        </span>
      ))}
    </>
  )
}

/** What it comes to. The rows are always there, so that the total never moves. */
export function Sums() {
  const { texts, money, language } = useTill()
  const shown = useTicket()
  const exchange = useExchange()
  const rates = shown.taxes.filter(({ tax }) => tax > 0).map(({ tax_rate_bp }) => percent(tax_rate_bp, language))
  return (
    <dl className="sums">
      <div>
        <dt>{texts.ticket.discount}</dt>
        <dd className="figure">{shown.discount === 0 ? '–' : money(-shown.discount)}</dd>
      </div>
      <div>
        <dt>
          {texts.ticket.vat} {rates.length > 0 ? <span className="quiet">{rates.join(' + ')}</span> : null}
        </dt>
        <dd className={shown.isWaiting ? 'figure waits' : 'figure'}>
          {shown.lines.length === 0 ? '–' : money(shown.tax)}
        </dd>
      </div>
      <div className={exchange ? 'sum-part' : 'sum-total'}>
        <dt>{texts.ticket.total}</dt>
        <dd className={shown.isWaiting ? 'figure waits' : 'figure'} data-total={shown.total}>
          {money(shown.total)}
        </dd>
      </div>
      <ExchangeSums />
    </dl>
  )
}
