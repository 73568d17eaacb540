// The bag: what is in it, how much, what it costs, and how it goes on elsewhere.

import { useEffect, useState } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import { Icon } from '../shared/icon.tsx'
import type { Cart, CartLine, Handover, Product } from './api.ts'
import { Go, Skeleton } from './app.tsx'
import { Picture } from './picture.tsx'
import { useLoaded, useShop } from './shop.ts'
import { isDelivery, Sums } from './summary.tsx'

export function CartPage() {
  const { texts, cart, view } = useShop()
  useEffect(() => {
    document.title = `${texts.cart} · ${view.merchant}`
  }, [])
  if (cart.now === null && cart.isReading) return <Skeleton />
  const lines = (cart.now?.lines ?? []).filter((line) => !isDelivery(line))
  if (cart.now === null || lines.length === 0) {
    return (
      <div class="narrow empty">
        <h1>{texts.empty}</h1>
        <p>{texts.emptyLead}</p>
        <Go href="/shop" class="button primary">
          {texts.home}
        </Go>
      </div>
    )
  }
  const isStuck = lines.some(({ is_gone }) => is_gone)
  return (
    <div class="wide columns">
      <section>
        <h1>{texts.cart}</h1>
        {cart.now.changes.length === 0 ? null : (
          <p class="notice">
            <Icon name="info" />
            <span>{texts.changed}</span>
          </p>
        )}
        <ul class="bagged">
          {lines.map((line) => (
            <Line key={line.id} line={line} />
          ))}
        </ul>
        <Continue />
      </section>
      <section class="sheet" aria-label={texts.summary}>
        <Codes cart={cart.now} />
        <Sums cart={cart.now} />
        {isStuck ? (
          <p class="notice bad">
            <Icon name="alert" />
            <span>{texts.gone}</span>
          </p>
        ) : (
          <CheckOut cart={cart.now} />
        )}
      </section>
    </div>
  )
}

/** To the page of ours where it is ordered and paid; the bag stays in this browser until that has happened. */
function CheckOut({ cart }: { cart: Cart }) {
  const { texts, api, language, to } = useShop()
  const [isBusy, setBusy] = useState(false)
  const [isFailed, setFailed] = useState(false)
  const open = () => {
    if (isBusy) return
    setBusy(true)
    setFailed(false)
    const cancel_url = new URL(to('/shop/cart'), location.href).href
    api
      .send<{ url: string }>('POST', '/checkout_sessions', { cart_id: cart.id, language, cancel_url })
      .then(({ url }) => location.assign(url))
      .catch(() => setFailed(true))
      .finally(() => setBusy(false))
  }
  return (
    <>
      <div role="alert">
        {isFailed ? (
          <p class="notice bad">
            <Icon name="alert" />
            <span>{texts.failed}</span>
          </p>
        ) : null}
      </div>
      <button type="button" class="button primary wide" aria-disabled={isBusy} onClick={open}>
        {texts.checkout}
      </button>
    </>
  )
}

function Line({ line }: { line: CartLine }) {
  const { texts, cart, money, api } = useShop()
  const name = line.name ?? ''
  const picture = useLoaded(line.variant_id, () => pictured(api, line.variant_id))
  const [isBusy, setBusy] = useState(false)
  const run = (work: () => Promise<void>) => {
    if (isBusy) return
    setBusy(true)
    work()
      .catch(() => {})
      .finally(() => setBusy(false))
  }
  const stepOf = line.unit === 'gram' ? 50 : 1
  const isShort = line.availability !== null && !line.availability.is_enough
  return (
    <li>
      <div class="thumb">
        <Picture {...(picture.is === 'there' ? picture.data : { reference: line.sku, image_url: null, options: {} })} />
      </div>
      <div class="what">
        <p class="title own">{name}</p>
        {line.is_gone ? <p class="wrong">{texts.gone}</p> : null}
        {isShort && !line.is_gone ? (
          <p class="wrong">{fill(texts.short, { n: line.availability?.available ?? 0 })}</p>
        ) : null}
        <fieldset class="stepper">
          <legend class="hidden">{fill(texts.quantity, { name })}</legend>
          <button
            type="button"
            aria-label={fill(texts.fewer, { name })}
            aria-disabled={line.quantity <= stepOf || line.is_gone}
            onClick={() => {
              if (line.quantity > stepOf) run(() => cart.setQuantity(line.id, line.quantity - stepOf))
            }}
          >
            −
          </button>
          <output aria-live="polite">{line.unit === 'gram' ? `${line.quantity} g` : line.quantity}</output>
          <button
            type="button"
            aria-label={fill(texts.more1, { name })}
            aria-disabled={line.is_gone}
            onClick={() => run(() => cart.setQuantity(line.id, line.quantity + stepOf))}
          >
            +
          </button>
        </fieldset>
      </div>
      <div class="worth">
        <p class="figure">
          {line.discount > 0 ? <s class="quiet">{money(line.list)}</s> : null} {money(line.total)}
        </p>
        <button
          type="button"
          class="icon"
          aria-label={fill(texts.remove, { name })}
          onClick={() => run(() => cart.remove(line.id))}
        >
          <Icon name="cross" />
        </button>
      </div>
    </li>
  )
}

/** What a line of the cart does not tell: how its article looks. */
export async function pictured(api: ReturnType<typeof useShop>['api'], variantId: string) {
  const variant = await api.get<{ product_id: string; options: Record<string, string> }>(`/variants/${variantId}`)
  const { reference, image_url } = await api.get<Product>(`/products/${variant.product_id}`)
  return { reference, image_url, options: variant.options }
}

function Codes({ cart: { codes, promotions } }: { cart: Cart }) {
  const { texts, cart } = useShop()
  const [typed, setTyped] = useState('')
  const use = (next: string[]) => cart.change({ codes: next }).catch(() => {})
  const refused = promotions.refused.filter(({ code }) => code !== null && codes.includes(code))
  const unknown = codes.filter(
    (code) =>
      !promotions.applied.some((each) => each.code?.toLowerCase() === code.toLowerCase()) &&
      !refused.some((each) => each.code === code),
  )
  return (
    <form
      class="codes"
      onSubmit={(event) => {
        event.preventDefault()
        const code = typed.trim()
        if (code !== '' && !codes.includes(code)) void use([...codes, code].slice(-10))
        setTyped('')
      }}
    >
      <div class="field">
        <label for="code">{texts.code}</label>
        <div class="row">
          <input
            id="code"
            autocomplete="off"
            maxLength={64}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" class="button">
            {texts.useCode}
          </button>
        </div>
      </div>
      <div role="status">
        {[...refused.map(({ code }) => code as string), ...unknown].map((code) => (
          <p key={code} class="wrong own">
            {fill(texts.codeRefused, { code })}
          </p>
        ))}
      </div>
      {codes.length === 0 ? null : (
        <ul class="used">
          {codes.map((code) => (
            <li key={code}>
              <span class="own">{code}</span>
              <button
                type="button"
                class="icon"
                aria-label={fill(texts.removeCode, { code })}
                onClick={() => use(codes.filter((each) => each !== code))}
              >
                <Icon name="cross" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  )
}

function Continue() {
  const { texts, api, cart, language } = useShop()
  const [shown, setShown] = useState<Handover | null>(null)
  const [isFailed, setFailed] = useState(false)
  if (shown === null) {
    return (
      <div class="continue">
        <button
          type="button"
          class="button"
          onClick={() =>
            api.send<Handover>('POST', `/carts/${cart.now?.id ?? ''}/handover`).then(setShown, () => setFailed(true))
          }
        >
          <Icon name="phone" />
          {texts.handover}
        </button>
        {isFailed ? <p class="wrong">{texts.failed}</p> : null}
      </div>
    )
  }
  const until = new Date(shown.expires_at).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' })
  return (
    <section class="sheet handed" aria-labelledby="handover">
      <img
        src={`data:image/svg+xml,${encodeURIComponent(shown.qr_svg)}`}
        width="168"
        height="168"
        alt={texts.handoverQr}
      />
      <div class="handed-words">
        <h2 id="handover">{texts.handover}</h2>
        <p>{texts.handoverLead}</p>
        <p>
          {texts.handoverCode}: <strong class="digits">{shown.code}</strong>
        </p>
        <p class="quiet">{fill(texts.handoverUntil, { time: until })}</p>
        <button type="button" class="link" onClick={() => setShown(null)}>
          {texts.close}
        </button>
      </div>
    </section>
  )
}
