// The frame of the shop: header with search and bag, the page of the address, the footer. Drawn by the server without a page, which the
// script then fills in.

import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import { Icon } from '../shared/icon.tsx'
import { countOf, useCart } from './cart.ts'
import { CartPage } from './cart-page.tsx'
import { JoinPage } from './join-page.tsx'
import { LazyAccount } from './lazy-account.tsx'
import { ListPage } from './list-page.tsx'
import { useLooks } from './looks.ts'
import { OrdersPage } from './orders-page.tsx'
import { ProductPage } from './product-page.tsx'
import { useSession } from './session.ts'
import {
  COUNTRIES,
  countryName,
  moneyIn,
  recall,
  remember,
  type Shop,
  ShopProvider,
  type ShopState,
  useShop,
} from './shop.ts'

const COUNTRY = 'onetill.shop.country'
const COUNTRY_OF: Readonly<Record<string, string>> = { nl: 'NL', sv: 'SE', pl: 'PL', fr: 'FR', de: 'DE' }
/** After the last key; a search of each letter would be thrown away. */
const SEARCH_AFTER_MS = 250

export function App({ state }: { state: ShopState }) {
  const { view, language } = state
  // Null on the server and at the first sight: the address is the browser's business.
  const [path, setPath] = useState<string | null>(null)
  const usual = COUNTRY_OF[language] ?? view.country
  const [country, setCountry] = useState(usual)
  const currency = COUNTRIES[country] ?? view.currency
  const session = useSession()
  const { cart, api } = useCart(view.key, { country, currency, session })
  const looks = useLooks(api, session)

  useEffect(() => {
    const kept = recall<string>(COUNTRY)
    if (kept !== null && Object.hasOwn(COUNTRIES, kept)) setCountry(kept)
    const here = () => setPath(location.pathname + location.search)
    here()
    addEventListener('popstate', here)
    return () => removeEventListener('popstate', here)
  }, [])

  const to = (target: string) => {
    const lang = path === null ? null : new URLSearchParams(path.split('?')[1]).get('lang')
    return lang === null ? target : `${target}${target.includes('?') ? '&' : '?'}lang=${lang}`
  }
  const shop: Shop = {
    ...state,
    country,
    currency,
    api,
    cart,
    session,
    looks,
    to,
    go(target) {
      history.pushState(null, '', to(target))
      setPath(location.pathname + location.search)
      scrollTo(0, 0)
    },
    ...useMemo(() => moneyIn(language, currency), [language, currency]),
  }
  const choose = (next: string) => {
    remember(COUNTRY, next)
    setCountry(next)
  }
  const page = path?.split('?')[0] ?? ''
  return (
    <ShopProvider value={shop}>
      <a class="skip" href="#content">
        {state.texts.skip}
      </a>
      <Header path={path} onSearch={(q) => search(shop, path, q, setPath)} />
      <main id="content" tabIndex={-1}>
        {path === null ? <Skeleton /> : <Routed page={page} path={path} />}
      </main>
      <Footer path={path} country={country} onCountry={choose} />
    </ShopProvider>
  )
}

function Routed({ page, path }: { page: string; path: string }) {
  const { texts } = useShop()
  const query = new URLSearchParams(path.split('?')[1])
  const [, , name = '', id = ''] = page.split('/')
  const isFirst = useRef(true)
  // Whoever goes on by keyboard or hears the page begins at the top of the new one.
  useEffect(() => {
    if (!isFirst.current) document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true })
    isFirst.current = false
  }, [page])
  switch (name) {
    case '':
      return <ListPage q={query.get('q') ?? ''} category={query.get('c') ?? ''} />
    case 'p':
      return <ProductPage key={id} id={id} />
    case 'cart':
      return <CartPage />
    case 'join':
      return <JoinPage code={id} />
    case 'account':
      return <LazyAccount section={id} />
    case 'orders':
      return <OrdersPage />
    default:
      return (
        <div class="narrow empty">
          <h1>{texts.notFound}</h1>
          <Go href="/shop" class="button primary">
            {texts.home}
          </Go>
        </div>
      )
  }
}

function search(shop: Shop, path: string | null, q: string, setPath: (path: string) => void): void {
  const target = shop.to(q === '' ? '/shop' : `/shop?q=${encodeURIComponent(q)}`)
  // One entry in the history for one search, however many letters.
  if (path?.startsWith('/shop?q=') || path?.includes('&q=')) history.replaceState(null, '', target)
  else history.pushState(null, '', target)
  setPath(target)
}

function Header({ path, onSearch }: { path: string | null; onSearch(q: string): void }) {
  const { texts, view, cart, session } = useShop()
  const asked = path === null ? '' : (new URLSearchParams(path.split('?')[1]).get('q') ?? '')
  const [typed, setTyped] = useState('')
  const timer = useRef(0)
  useEffect(() => setTyped(asked), [asked])
  const type = (text: string, waitMs: number) => {
    setTyped(text)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => onSearch(text.trim()), waitMs) as unknown as number
  }
  const count = countOf(cart.now)
  return (
    <>
      {view.is_test ? <aside class="test">{texts.test}</aside> : null}
      <header class="header">
        <Go href="/shop" class="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <path d="M2 26L12 8l6 10 3-4 9 12z" fill="currentColor" />
          </svg>
          <span class="own">{view.merchant}</span>
        </Go>
        <search class="search">
          <form
            action="/shop"
            onSubmit={(event) => {
              event.preventDefault()
              type(typed, 0)
            }}
          >
            <label for="q" class="hidden">
              {texts.search}
            </label>
            <Icon name="search" />
            <input
              id="q"
              name="q"
              type="search"
              autocomplete="off"
              placeholder={texts.searchHint}
              value={typed}
              onInput={(event) => type(event.currentTarget.value, SEARCH_AFTER_MS)}
            />
          </form>
        </search>
        <Go href="/shop/account" class="bag me">
          <Icon name="person" />
          <span class="hidden">{session.isOn ? texts.account : texts.signIn}</span>
        </Go>
        <Go href="/shop/cart" class="bag">
          <Icon name="bag" />
          <span class="hidden">{fill(texts.cartOf, { n: count })}</span>
          {count === 0 ? null : (
            <span class="count" aria-hidden="true">
              {count > 99 ? '99+' : count}
            </span>
          )}
        </Go>
      </header>
    </>
  )
}

function Footer({ path, country, onCountry }: { path: string | null; country: string; onCountry(c: string): void }) {
  const { texts, view, language } = useShop()
  return (
    <footer class="footer">
      <p class="field country">
        <label for="country">{texts.deliverTo}</label>
        <select id="country" value={country} onChange={(event) => onCountry(event.currentTarget.value)}>
          {Object.entries(COUNTRIES).map(([code, currency]) => (
            <option key={code} value={code} selected={code === country}>
              {countryName(code, language)} · {currency}
            </option>
          ))}
        </select>
      </p>
      <nav aria-label={texts.language}>
        {view.languages.map(({ code, name }) => (
          <a
            key={code}
            href={`${(path ?? '/shop').split('?')[0]}?lang=${code}`}
            lang={code}
            hreflang={code}
            aria-current={code === language ? 'true' : undefined}
          >
            {name}
          </a>
        ))}
      </nav>
      <nav class="about" aria-label={view.merchant}>
        <Go href="/shop/orders">{texts.orders}</Go>
        <a href="/docs">{texts.developers}</a>
      </nav>
    </footer>
  )
}

/** A link within the shop: without a new page, unless somebody wants a new tab. */
export function Go(props: { href: string; class?: string; current?: boolean; children: ComponentChildren }) {
  const { to, go } = useShop()
  return (
    <a
      href={to(props.href)}
      class={props.class}
      aria-current={props.current ? 'page' : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        go(props.href)
      }}
    >
      {props.children}
    </a>
  )
}

/** What a list will look like, before it is there: of the same size, so that nothing moves. */
export function Skeleton() {
  const { texts } = useShop()
  return (
    <div class="wide" role="status" aria-label={texts.loading}>
      <div class="hero blank" />
      <div class="grid">
        {Array.from({ length: 8 }, (_, i) => (
          <div key={i} class="card blank" />
        ))}
      </div>
    </div>
  )
}

export function Failed({ again }: { again(): void }) {
  const { texts } = useShop()
  return (
    <div class="narrow empty" role="alert">
      <h1>{texts.noAnswer}</h1>
      <button type="button" class="button primary" onClick={again}>
        {texts.retry}
      </button>
    </div>
  )
}
