// The checkout page. The server draws it and the script takes it over as it stands: the same components on both sides.

import type { ComponentChildren } from 'preact'
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { CheckoutView } from '../../server/checkout/page-view.ts'
import { fill } from '../shared/fill.ts'
import { Account } from './account.tsx'
import { BagForm } from './bag-form.tsx'
import { BagSummary, Changes, Chosen } from './bag-parts.tsx'
import { Mark } from './marks.tsx'
import { Notice } from './notice.tsx'
import { PayForm } from './pay-form.tsx'
import { look, type PageState, withdraw } from './state.ts'
import type { Texts } from './texts/texts.ts'

/** How long the page waits before it asks what has become of it: at first as long as a message takes, then less and less often. */
const LOOKS_MS = [300, 600, 1_000, 2_000]

export function Checkout({ state }: { state: PageState }) {
  const { texts, language } = state
  const [view, setView] = useState(state.view)
  const waits = view !== null && ['action', 'processing', 'unknown', 'bag_held'].includes(view.phase)
  const path = view?.path

  useEffect(() => {
    if (!waits || view === null) return
    let timer = 0
    let isOver = false
    let looks = 0
    const refresh = () => {
      clearTimeout(timer)
      if (isOver) return
      timer = setTimeout(refresh, LOOKS_MS[Math.min(looks++, LOOKS_MS.length - 1)])
      // A sleeping phone asks at once when it wakes.
      if (looks === 1 || document.visibilityState === 'hidden') return
      look(view, language).then(
        (now) => {
          if (!isOver) setView(now)
        },
        // No answer: the next look tells.
        () => {},
      )
    }
    refresh()
    document.addEventListener('visibilitychange', refresh)
    return () => {
      isOver = true
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', refresh)
    }
  }, [waits, path])

  // A page brought back by the browser's history shows what was, not what is.
  useEffect(() => {
    const back = (event: PageTransitionEvent) => {
      if (event.persisted) location.reload()
    }
    addEventListener('pageshow', back)
    return () => removeEventListener('pageshow', back)
  }, [])

  // Whoever embeds the page learns its height and where the customer stands; nothing they say is listened to.
  useEffect(() => {
    if (window.parent === window) return
    window.parent.postMessage(
      { onetill: 'checkout', phase: view?.phase ?? 'unknown', height: document.documentElement.scrollHeight },
      '*',
    )
  })

  if (view === null) return <End texts={texts} title={texts.unknownPageTitle} lead={texts.unknownPageLead} />
  return (
    <div class="page">
      <header class="top">
        {view.merchant.logo === null ? null : <img class="logo" src={view.merchant.logo} alt="" />}
        <p class="merchant">{view.merchant.name}</p>
        {view.is_test ? <p class="test">{texts.test}</p> : null}
      </header>
      <main class={isWide(view) ? 'sheet two' : 'sheet'}>
        <Summary view={view} texts={texts}>
          {view.bag === null || !HAS_BAG.has(view.phase) ? null : (
            <BagSummary view={view} bag={view.bag} texts={texts} language={language} onView={setView} />
          )}
        </Summary>
        <section class="step">
          <Account view={view} texts={texts} language={language} onView={setView} />
          <Phase view={view} texts={texts} language={language} onView={setView} />
        </section>
      </main>
      <Foot view={view} texts={texts} language={language} />
    </div>
  )
}

/** Where the cart stands beside what is asked. */
const HAS_BAG: ReadonlySet<string> = new Set(['details', 'pay'])

function isWide({ phase, lines }: CheckoutView): boolean {
  return HAS_BAG.has(phase) || lines.length > 0
}

function Summary({ view, texts, children }: { view: CheckoutView; texts: Texts; children: ComponentChildren }) {
  const isPart = view.paid.length > 0 && view.phase !== 'paid'
  return (
    <section class="sum" aria-labelledby="amount">
      <h1 class="what">
        {view.description ?? fill(texts.title, { amount: view.total, merchant: view.merchant.name })}
      </h1>
      <p class={`amount ${sizeOf(view.phase === 'paid' ? view.total : view.due)}`} id="amount">
        {view.phase === 'pay' || view.phase === 'action' ? view.due : view.total}
      </p>
      {view.reference === null ? null : (
        <p class="reference">
          {texts.reference}: <span class="own">{view.reference}</span>
        </p>
      )}
      {view.lines.length === 0 ? null : (
        <ul class="lines">
          {view.lines.map((line, i) => (
            <li key={i}>
              <span class="own">
                {line.quantity === 1 ? '' : `${fill(texts.quantity, { n: line.quantity })} `}
                {line.name}
              </span>
              <span class="figure">{line.amount}</span>
            </li>
          ))}
        </ul>
      )}
      {children}
      {isPart ? (
        <dl class="parts">
          {view.paid.map((part, i) => (
            <div key={i}>
              <dt>{fill(texts.paidSoFar, { name: part.name })}</dt>
              <dd>{part.amount}</dd>
            </div>
          ))}
          <div class="rest">
            <dt>{texts.rest}</dt>
            <dd>{view.left}</dd>
          </div>
        </dl>
      ) : null}
    </section>
  )
}

/** Of a page that takes nothing more nobody may read that nothing was charged when a part was. */
const partOr = ({ paid }: CheckoutView, part: string, none: string) => (paid.length > 0 ? part : none)

/** The amount never wraps: the longer it is, the smaller it stands. */
function sizeOf(amount: string): string {
  return amount.length <= 10 ? '' : amount.length <= 14 ? 'long' : 'longer'
}

interface StepProps {
  view: CheckoutView
  texts: Texts
  language: string
  onView(view: CheckoutView): void
}

function Phase(props: StepProps) {
  const { view, texts } = props
  const merchant = view.merchant.name
  switch (view.phase) {
    case 'details':
      return view.bag === null ? null : (
        <>
          <Changes {...props} bag={view.bag} />
          <BagForm {...props} bag={view.bag} />
        </>
      )
    case 'bag_empty':
      return (
        <Told icon="info" tone="info" title={texts.bag.emptyTitle} lead={texts.bag.emptyLead}>
          <Onward url={view.cancel_url} texts={texts} merchant={merchant} />
        </Told>
      )
    case 'bag_moved':
      return (
        <Told icon="info" tone="info" title={texts.bag.movedTitle} lead={texts.bag.movedLead}>
          <Onward url={view.cancel_url} texts={texts} merchant={merchant} />
        </Told>
      )
    case 'bag_held':
      return <Told icon="info" tone="warn" title={texts.bag.heldTitle} lead={texts.bag.heldLead} isLive />
    case 'pay':
      return (
        <>
          {view.bag === null ? null : <Chosen {...props} bag={view.bag} />}
          <PayForm {...props} />
        </>
      )
    case 'action':
      return <Action {...props} />
    case 'processing':
      return <Told icon="info" tone="info" title={texts.processingTitle} lead={texts.processingLead} isLive />
    case 'unknown':
      return <Told icon="alert" tone="warn" title={texts.unknownTitle} lead={texts.unknownLead} isLive />
    case 'paid':
      return (
        <Told
          icon="check"
          tone="good"
          title={view.is_free ? texts.bag.placedTitle : texts.paidTitle}
          lead={fill(view.is_free ? texts.bag.placedLead : texts.paidLead, { merchant, amount: view.total })}
        >
          {view.paid_at === null ? null : <p class="quiet">{fill(texts.paidAt, { time: view.paid_at })}</p>}
          <Onward url={view.success_url} texts={texts} merchant={merchant} />
        </Told>
      )
    case 'paid_elsewhere':
      return (
        <Told icon="check" tone="good" title={texts.elsewhereTitle} lead={texts.elsewhereLead}>
          <Onward url={view.success_url} texts={texts} merchant={merchant} />
        </Told>
      )
    case 'expired':
      return (
        <Told
          icon="info"
          tone="info"
          title={texts.expiredTitle}
          lead={fill(partOr(view, texts.endedPart, texts.expiredLead), { merchant })}
        >
          <Onward url={view.cancel_url} texts={texts} merchant={merchant} />
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
    case 'canceled':
      return (
        <Told
          icon="info"
          tone="info"
          title={texts.canceledTitle}
          lead={fill(partOr(view, texts.endedPart, texts.canceledLead), { merchant })}
        >
          <Onward url={view.cancel_url} texts={texts} merchant={merchant} />
        </Told>
      )
  }
}

/** What happened, what it means for the money, what to do next. */
function Told(props: {
  icon: string
  tone: string
  title: string
  lead: string
  isLive?: boolean
  children?: ComponentChildren
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { title } = props
  const first = useRef(true)
  // A step that replaced another is read out; the first sight is read by the reader.
  useEffect(() => {
    if (!first.current) heading.current?.focus()
    first.current = false
  }, [title])
  return (
    <div class="told" role={props.isLive ? 'status' : undefined}>
      <h2 class={`state ${props.tone}`} ref={heading} tabIndex={-1}>
        <Mark kind={props.icon} />
        {title}
      </h2>
      <p>{props.lead}</p>
      {props.isLive ? <div class="progress" aria-hidden="true" /> : null}
      {props.children}
    </div>
  )
}

function Onward({ url, texts, merchant }: { url: string | null; texts: Texts; merchant: string }) {
  if (url === null) return <p class="quiet">{texts.close}</p>
  return (
    <a class="button primary" href={url} target="_top" rel="noreferrer">
      {fill(texts.backToShop, { merchant })}
    </a>
  )
}

function Action({ view, texts, language, onView }: StepProps) {
  const [isBusy, setBusy] = useState(false)
  const { action } = view
  const takeBack = useCallback(
    (event: Event) => {
      event.preventDefault()
      if (isBusy) return
      setBusy(true)
      withdraw(view, language)
        .then(onView, () => {})
        .finally(() => setBusy(false))
    },
    [view, isBusy],
  )
  if (action === null) return null
  const method = action.method ?? texts.action.yourBank
  const isRedirect = action.type === 'redirect'
  return (
    <div class="told">
      <h2 class="state">{fill(isRedirect ? texts.action.redirectTitle : texts.action.waitTitle, { method })}</h2>
      <p>
        {isRedirect ? texts.action.redirectLead : action.qr === null ? texts.action.appLead : texts.action.waitLead}
      </p>
      {view.notice === null ? null : <Notice view={view} texts={texts} />}
      {action.type === 'wait' && action.qr !== null ? (
        <img class="qr" src={action.qr} width="200" height="200" alt={fill(texts.action.qr, { method })} />
      ) : null}
      {action.type === 'wait' && action.code !== null ? (
        <p class="code">
          {texts.action.code}: <strong>{action.code}</strong>
        </p>
      ) : null}
      {action.url === null ? null : (
        <a class="button primary" href={action.url} target={isRedirect ? '_top' : '_blank'} rel="noreferrer">
          {fill(isRedirect ? texts.action.redirectButton : texts.action.waitOpen, { method })}
        </a>
      )}
      <p class="quiet" role="status">
        {texts.action.waiting}
        {action.type === 'wait' && action.until !== null ? ` ${fill(texts.action.until, { time: action.until })}.` : ''}
      </p>
      {view.can_withdraw ? (
        <form method="post" action={`${view.path}?lang=${language}`} onSubmit={takeBack}>
          <button type="submit" class="button" name="act" value="withdraw" aria-disabled={isBusy}>
            {texts.action.other}
          </button>
        </form>
      ) : null}
    </div>
  )
}

function Foot({ view, texts, language }: { view: CheckoutView; texts: Texts; language: string }) {
  const { terms_url, privacy_url, support_email } = view.merchant
  return (
    <footer class="foot">
      {HAS_BAG.has(view.phase) ? <p>{fill(texts.validUntil, { time: view.expires_at })}</p> : null}
      {view.phase === 'pay' && view.part_url !== null ? (
        <p>
          <a href={view.part_url}>{texts.otherPart}</a>
        </p>
      ) : null}
      {HAS_BAG.has(view.phase) && view.cancel_url !== null ? (
        <p>
          <a href={view.cancel_url} target="_top" rel="noreferrer">
            {texts.notNow}
          </a>
        </p>
      ) : null}
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
      {terms_url === null && privacy_url === null && support_email === null ? null : (
        <p class="links">
          {terms_url === null ? null : (
            <a href={terms_url} target="_blank" rel="noreferrer">
              {texts.terms}
            </a>
          )}
          {privacy_url === null ? null : (
            <a href={privacy_url} target="_blank" rel="noreferrer">
              {texts.privacy}
            </a>
          )}
          {support_email === null ? null : <a href={`mailto:${support_email}`}>{texts.help}</a>}
        </p>
      )}
    </footer>
  )
}

function End({ title, lead }: { texts: Texts; title: string; lead: string }) {
  return (
    <div class="page">
      <main class="sheet">
        <section class="step">
          <h1 class="state">{title}</h1>
          <p>{lead}</p>
        </section>
      </main>
    </div>
  )
}
