// The page of a link: how much, or why there is nothing to pay. A plain form, drawn by the server alone.

import type { ComponentChildren } from 'preact'
import type { LinkPageView } from '../../server/links/page-view.ts'
import { Mark } from '../checkout/marks.tsx'
import type { Texts } from '../checkout/texts/texts.ts'
import { fill } from '../shared/fill.ts'
import type { LinkTexts } from './texts.ts'

interface Words {
  own: LinkTexts
  texts: Texts
  language: string
}

export function LinkPage({ view, ...words }: Words & { view: LinkPageView | null }) {
  const { texts } = words
  if (view === null)
    return (
      <div class="page">
        <main class="sheet">
          <section class="step">
            <h1 class="state">{texts.unknownPageTitle}</h1>
            <p>{texts.unknownPageLead}</p>
          </section>
        </main>
      </div>
    )
  return (
    <div class="page">
      <header class="top">
        {view.merchant.logo === null ? null : <img class="logo" src={view.merchant.logo} alt="" />}
        <p class="merchant">{view.merchant.name}</p>
        {view.is_test ? <p class="test">{texts.test}</p> : null}
      </header>
      <main class="sheet">
        <Summary view={view} {...words} />
        <section class="step">
          <Step view={view} {...words} />
        </section>
      </main>
      <Foot view={view} {...words} />
    </div>
  )
}

type Props = Words & { view: LinkPageView }

function Summary({ view, own, texts }: Props) {
  const { amount, parts } = view
  return (
    <section class="sum">
      <h1 class={amount === null ? 'what headline' : 'what'}>
        {view.description ?? fill(own.title, { merchant: view.merchant.name })}
      </h1>
      {amount === null ? null : (
        <p class={`amount ${amount.length <= 10 ? '' : amount.length <= 14 ? 'long' : 'longer'}`}>{amount}</p>
      )}
      {view.reference === null ? null : (
        <p class="reference">
          {texts.reference}: <span class="own">{view.reference}</span>
        </p>
      )}
      {parts === null || amount === null ? null : (
        <dl class="parts">
          <div>
            <dt>{own.inAll}</dt>
            <dd>{parts.total}</dd>
          </div>
          <div>
            <dt>{own.paidSoFar}</dt>
            <dd>{parts.paid}</dd>
          </div>
          <div class="rest">
            <dt>{texts.rest}</dt>
            <dd>{amount}</dd>
          </div>
        </dl>
      )}
    </section>
  )
}

/** As on the checkout page: where a part was paid, nobody may read that nothing was charged. */
const partOr = ({ is_part_paid }: LinkPageView, part: string, none: string) => (is_part_paid ? part : none)

function Step(props: Props) {
  const { view, own, texts } = props
  const merchant = view.merchant.name
  switch (view.phase) {
    case 'pay':
    case 'choose':
      return <PayForm {...props} />
    case 'paid':
      return (
        <Told
          icon="check"
          tone="good"
          title={texts.paidTitle}
          lead={fill(texts.paidLead, { merchant, amount: view.amount ?? '' })}
        >
          <p class="quiet">{texts.close}</p>
        </Told>
      )
    case 'paid_elsewhere':
      return (
        <Told icon="check" tone="good" title={texts.elsewhereTitle} lead={texts.elsewhereLead}>
          <p class="quiet">{texts.close}</p>
        </Told>
      )
    case 'paused':
      return (
        <Told
          icon="info"
          tone="warn"
          title={texts.pausedTitle}
          lead={fill(partOr(view, texts.endedPart, texts.pausedLead), { merchant })}
        />
      )
    case 'expired':
      return (
        <Told
          icon="info"
          tone="info"
          title={texts.expiredTitle}
          lead={fill(partOr(view, texts.endedPart, texts.expiredLead), { merchant })}
        />
      )
    case 'canceled':
      return (
        <Told
          icon="info"
          tone="info"
          title={texts.canceledTitle}
          lead={fill(partOr(view, texts.endedPart, texts.canceledLead), { merchant })}
        />
      )
    case 'used_up':
      return <Told icon="info" tone="info" title={own.usedUpTitle} lead={fill(own.usedUpLead, { merchant })} />
    case 'busy':
      return (
        <Told icon="info" tone="warn" title={own.busyTitle} lead={own.busyLead}>
          <PayForm {...props} />
        </Told>
      )
  }
}

function Told(props: { icon: string; tone: string; title: string; lead: string; children?: ComponentChildren }) {
  return (
    <div class="told">
      <h2 class={`state ${props.tone}`}>
        <Mark kind={props.icon} />
        {props.title}
      </h2>
      <p>{props.lead}</p>
      {props.children}
    </div>
  )
}

function PayForm({ view, own, texts, language }: Props) {
  const { field } = view
  return (
    <form method="post" action={`${view.path}?lang=${language}`}>
      {field === null ? null : <AmountField field={field} isPart={view.amount !== null} own={own} />}
      <button type="submit" class="button primary pay">
        {own.goOn}
      </button>
      <p class="trust">
        <Mark kind="lock" />
        <span>{texts.trust}</span>
      </p>
    </form>
  )
}

function AmountField({
  field,
  isPart,
  own,
}: {
  field: NonNullable<LinkPageView['field']>
  isPart: boolean
  own: LinkTexts
}) {
  const { least, most, problem } = field
  const bounds =
    least !== null && most !== null
      ? fill(own.between, { least, most })
      : least !== null
        ? fill(own.atLeast, { least })
        : most !== null
          ? fill(own.atMost, { most })
          : ''
  return (
    <div class="field">
      <label class="ask" for="amount">
        {isPart ? own.howMuchNow : own.howMuch}
      </label>
      <div class="typed">
        <span>{field.currency}</span>
        <input
          id="amount"
          name="amount"
          inputMode="decimal"
          autocomplete="off"
          maxLength={24}
          defaultValue={field.value}
          required
          autofocus={problem !== null}
          aria-invalid={problem === null ? undefined : 'true'}
          aria-describedby="amount-hint"
        />
      </div>
      <p class={problem === null ? 'hint' : 'hint wrong'} id="amount-hint">
        {[problem === null ? '' : own.problems[problem], bounds, isPart ? own.later : ''].filter(Boolean).join(' ')}
      </p>
    </div>
  )
}

function Foot({ view, texts, language }: Props) {
  const { terms_url, privacy_url, support_email } = view.merchant
  const links = [
    ...(terms_url === null ? [] : [{ href: terms_url, text: texts.terms }]),
    ...(privacy_url === null ? [] : [{ href: privacy_url, text: texts.privacy }]),
    ...(support_email === null ? [] : [{ href: `mailto:${support_email}`, text: texts.help }]),
  ]
  return (
    <footer class="foot">
      {view.expires_at === null ? null : <p>{fill(texts.validUntil, { time: view.expires_at })}</p>}
      <nav aria-label={texts.language}>
        {view.languages.map(({ code, name }) => (
          <a
            key={code}
            href={`?lang=${code}`}
            lang={code}
            hreflang={code}
            aria-current={code === language ? 'true' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      {links.length === 0 ? null : (
        <p class="links">
          {links.map(({ href, text }) => (
            <a key={href} href={href} target="_blank" rel="noreferrer">
              {text}
            </a>
          ))}
        </p>
      )}
    </footer>
  )
}
