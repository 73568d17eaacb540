// The page of an order: where it stands, what to do now, what was ordered, where it is, what happened.

import type { ComponentChildren } from 'preact'
import type { OrderPageView, OrderStanding, ParcelView } from '../../server/storefront/page-view.ts'
import { fill } from '../shared/fill.ts'
import { Icon, type IconName } from '../shared/icon.tsx'
import { Sums } from './sums.tsx'
import { REASONS, type Texts } from './texts/texts.ts'

export interface Shown {
  order: OrderPageView
  texts: Texts
  language: string
}

const LOOKS: Record<OrderStanding, { icon: IconName; tone: string }> = {
  unpaid: { icon: 'clock', tone: 'warn' },
  paying: { icon: 'clock', tone: 'info' },
  preparing: { icon: 'box', tone: 'info' },
  ready: { icon: 'store', tone: 'good' },
  underway: { icon: 'truck', tone: 'info' },
  partly: { icon: 'box', tone: 'info' },
  done: { icon: 'check', tone: 'good' },
  returned: { icon: 'undo', tone: 'info' },
  cancelled: { icon: 'cross', tone: 'plain' },
  expired: { icon: 'clock', tone: 'plain' },
}

export function Order(shown: Shown) {
  const { order, texts, language } = shown
  const { merchant } = order
  return (
    <div class="page">
      <header class="top">
        {merchant.logo === null ? null : <img class="logo" src={merchant.logo} alt="" />}
        <p class="merchant own">{merchant.name}</p>
        {order.is_test ? <p class="test">{texts.test}</p> : null}
      </header>
      <main class="columns">
        <div class="main">
          {order.notice === null ? null : <Notice order={order} texts={texts} />}
          <Standing {...shown} />
          {order.parcels.length === 0 ? null : (
            <Section title={texts.parcels}>
              {order.parcels.map((parcel, i) => (
                <Parcel key={i} parcel={parcel} texts={texts} />
              ))}
            </Section>
          )}
          {order.returns.length === 0 ? null : <Returns {...shown} />}
          {order.returnable.length === 0 ? null : <GiveBack {...shown} />}
          {order.cancel === null ? null : <Cancel {...shown} />}
        </div>
        <div class="side">
          <Section title={texts.items}>
            <Sums {...shown} />
            {order.has_receipt || order.invoice !== null ? (
              <p class="more">
                {order.has_receipt ? (
                  <a class="button" href={`${order.path}/receipt?lang=${language}`}>
                    <Icon name="print" />
                    {texts.receipt}
                  </a>
                ) : null}
                {order.invoice === null ? null : (
                  <a class="button" href={`${order.path}/invoice`} download={`${order.invoice}.pdf`}>
                    {fill(texts.invoice, { number: order.invoice })}
                  </a>
                )}
              </p>
            ) : null}
          </Section>
          <Section title={texts.history}>
            <ol class="steps">
              {order.timeline.map(({ word, at }, i) => (
                <li key={i}>
                  <span>{texts.steps[word]}</span>
                  <span class="quiet">{at}</span>
                </li>
              ))}
            </ol>
          </Section>
        </div>
      </main>
      <footer class="foot">
        <nav aria-label={texts.language}>
          {order.languages.map(({ code, name }) => (
            <a
              key={code}
              href={`${order.path}?lang=${code}`}
              lang={code}
              hreflang={code}
              aria-current={code === language ? 'true' : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
        {merchant.support_email === null ? null : <a href={`mailto:${merchant.support_email}`}>{texts.help}</a>}
      </footer>
    </div>
  )
}

function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="sheet">
      <h2>{title}</h2>
      {children}
    </section>
  )
}

function Notice({ order, texts }: { order: OrderPageView; texts: Texts }) {
  const notice = order.notice as NonNullable<OrderPageView['notice']>
  const isGood = notice === 'cancelled' || notice === 'return_asked'
  return (
    <div class={`notice ${isGood ? 'good' : 'bad'}`} role={isGood ? 'status' : 'alert'}>
      <Icon name={isGood ? 'check' : 'alert'} />
      <p>{texts.notices[notice]}</p>
    </div>
  )
}

function Standing({ order, texts, language }: Shown) {
  const { icon, tone } = LOOKS[order.standing]
  const { title, lead } = texts.standing[order.standing]
  const ready = order.parcels.find(({ code }) => code !== null)
  return (
    <section class="sheet now">
      <p class="quiet">
        {fill(texts.order, { number: order.number })} · {fill(texts.placedAt, { time: order.placed_at })}
      </p>
      <h1 class={tone}>
        <Icon name={icon} />
        {title}
      </h1>
      <p>{lead}</p>
      {order.due === null ? null : (
        <form method="post" action={`${order.path}?lang=${language}`}>
          <button type="submit" class="button primary wide" name="act" value="pay">
            {fill(texts.payNow, { amount: order.due })}
          </button>
          {order.pay_until === null ? null : <p class="quiet">{fill(texts.payUntil, { time: order.pay_until })}</p>}
        </form>
      )}
      {ready?.code ? (
        <div class="code">
          <img src={ready.code.qr} width="132" height="132" alt={texts.codeQr} />
          <div>
            <p class="quiet">{texts.code}</p>
            <p class="digits">{ready.code.text}</p>
            <p class="quiet">{texts.codeLead}</p>
          </div>
        </div>
      ) : null}
      {order.shop_url === null ? null : (
        <p class="more">
          <a href={`${order.shop_url}?lang=${language}`}>{texts.toShop}</a>
        </p>
      )}
    </section>
  )
}

const WAYS: Record<ParcelView['kind'], IconName> = {
  ship: 'truck',
  collect: 'store',
  digital: 'mail',
  take_away: 'bag',
}

function Parcel({ parcel, texts }: { parcel: ParcelView; texts: Texts }) {
  const { kind, state, store, address, tracking } = parcel
  const isEnd = ['ready', 'delivered', 'collected', 'sent'].includes(state)
  const places = store?.address ?? address ?? []
  return (
    <article class="parcel">
      <Icon name={WAYS[kind]} />
      <div>
        <h3>
          <span class="own">{fill(texts.ways[kind], { store: store?.name ?? '' })}</span>{' '}
          <span class={`chip ${isEnd ? 'good' : state === 'lost' ? 'bad' : 'info'}`}>{texts.states[state]}</span>
        </h3>
        {places.length === 0 ? null : <p class="quiet own">{places.join(', ')}</p>}
        <p class="own">{parcel.lines.map(({ name, quantity }) => `${quantity} × ${name}`).join(' · ')}</p>
        {parcel.promised === null ? null : <p class="quiet">{fill(texts.promised, { time: parcel.promised })}</p>}
        {parcel.until === null ? null : <p>{fill(texts.until, { time: parcel.until })}</p>}
        {parcel.code === null ? null : (
          <p>
            {texts.code}: <strong class="digits small">{parcel.code.text}</strong>
          </p>
        )}
        {tracking === null ? null : (
          <p class="own">
            {tracking.url === null ? (
              fill(texts.track, { number: tracking.number, carrier: tracking.carrier })
            ) : (
              <a href={tracking.url} target="_blank" rel="noreferrer">
                {fill(texts.track, { number: tracking.number, carrier: tracking.carrier })}
              </a>
            )}
          </p>
        )}
      </div>
    </article>
  )
}

function Returns({ order, texts }: Shown) {
  return (
    <Section title={texts.returns}>
      {order.returns.map((each) => (
        <article class="parcel" key={each.id}>
          <Icon name="undo" />
          <div>
            <h3>
              <span class={`chip ${each.state === 'refunded' ? 'good' : 'info'}`}>
                {texts.returnStates[each.state]}
              </span>
              {each.amount === null ? null : <span class="figure"> {each.amount}</span>}
            </h3>
            <p class="own">{each.lines.map(({ name, quantity }) => `${quantity} × ${name}`).join(' · ')}</p>
            {each.state === 'agreed' ? <p class="quiet">{fill(texts.returnHow, { number: order.number })}</p> : null}
          </div>
        </article>
      ))}
    </Section>
  )
}

function GiveBack({ order, texts, language }: Shown) {
  return (
    <details class="sheet" open={order.notice === 'return_empty' || order.notice === 'return_refused'}>
      <summary>{texts.giveBack}</summary>
      <form method="post" action={`${order.path}?lang=${language}`} class="fields">
        <p>
          {fill(texts.returnLead, { time: order.return_until ?? '', stores: order.return_stores.join(', ') })}{' '}
          {order.return_fee === null ? texts.returnFree : fill(texts.returnFee, { amount: order.return_fee })}
        </p>
        <ul class="choose">
          {order.returnable.map(({ line_id, name, quantity }) => (
            <li key={line_id}>
              <span class="own">{name}</span>
              <input type="hidden" name={`left.${line_id}`} value={quantity} />
              <select name={`line.${line_id}`} aria-label={fill(texts.returnQuantity, { name })}>
                {Array.from({ length: Math.min(quantity, 99) + 1 }, (_, n) => (
                  <option key={n} value={n}>
                    {n}
                  </option>
                ))}
              </select>
            </li>
          ))}
        </ul>
        <p class="field">
          <label for="reason">{texts.reason}</label>
          <select id="reason" name="reason">
            {REASONS.map((reason) => (
              <option key={reason} value={reason}>
                {texts.reasons[reason]}
              </option>
            ))}
          </select>
        </p>
        <p class="field">
          <label for="note">{texts.note}</label>
          <input id="note" name="note" maxLength={200} autocomplete="off" />
        </p>
        <button type="submit" class="button primary" name="act" value="return">
          {texts.returnButton}
        </button>
      </form>
    </details>
  )
}

function Cancel({ order, texts, language }: Shown) {
  const amount = order.cancel?.amount ?? null
  return (
    <details class="sheet">
      <summary>{texts.cancel}</summary>
      <form method="post" action={`${order.path}?lang=${language}`} class="fields">
        <p>{amount === null ? texts.cancelFree : fill(texts.cancelLead, { amount })}</p>
        <button type="submit" class="button danger" name="act" value="cancel">
          {texts.cancelButton}
        </button>
      </form>
    </details>
  )
}
