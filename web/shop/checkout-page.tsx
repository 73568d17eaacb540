// From the bag to the order: who it is for, how they get it, and what it comes to. Each choice goes into the cart at once, so that the
// total beside it is always that of the order. How it is paid is asked on the checkout page.

import { useEffect, useRef, useState } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import { Icon } from '../shared/icon.tsx'
import { type Address, type Cart, type PlacedOrder, Refused } from './api.ts'
import { Go, Skeleton } from './app.tsx'
import { AddressFields, Field } from './fields.tsx'
import { rememberOrder } from './orders-page.tsx'
import { recall, remember, useShop } from './shop.ts'
import { StoreChoice } from './store-choice.tsx'
import { type Delivery, isDelivery, Sums, useDeliveries } from './summary.tsx'

/** What was typed, for next time on this device. */
const TYPED = 'onetill.shop.contact'
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/

export interface Typed {
  email: string
  name: string
  line1: string
  postal_code: string
  city: string
}

export function CheckoutPage() {
  const shop = useShop()
  const { texts, cart, view } = shop
  const deliveries = useDeliveries()
  useEffect(() => {
    document.title = `${texts.checkout} · ${view.merchant}`
  }, [])
  if ((cart.now === null && cart.isReading) || deliveries === null) return <Skeleton />
  if (cart.now === null || cart.now.lines.every(isDelivery)) {
    return (
      <div class="narrow empty">
        <h1>{texts.empty}</h1>
        <Go href="/shop" class="button primary">
          {texts.home}
        </Go>
      </div>
    )
  }
  return <Form cart={cart.now} deliveries={deliveries} />
}

function Form({ cart: now, deliveries }: { cart: Cart; deliveries: readonly Delivery[] }) {
  const shop = useShop()
  const { texts, cart, country, money } = shop
  const goods = now.lines.filter((line) => !isDelivery(line))
  const things = goods.filter(({ fulfilment }) => fulfilment.mode !== 'digital')
  const [typed, setTyped] = useState<Typed>(() => ({
    ...{ email: '', name: '', line1: '', postal_code: '', city: '' },
    ...recall<Partial<Typed>>(TYPED),
  }))
  const isCollected = things.length > 0 && things.every(({ fulfilment }) => fulfilment.mode === 'collect')
  const [way, setWay] = useState<'ship' | 'collect'>(isCollected ? 'collect' : 'ship')
  const [wrong, setWrong] = useState<ReadonlySet<keyof Typed | 'store'>>(new Set())
  const [notice, setNotice] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  // What was pressed is shown pressed; whether it holds, the total says.
  const [speed, setSpeed] = useState<string | null>(null)
  const store = isCollected ? (things[0]?.fulfilment.store_id ?? null) : null
  const fee = now.lines.find(isDelivery)

  /** One choice after the other, each on what the one before it has left; the summary shows each as soon as it holds. */
  const turns = useRef<Promise<unknown>>(Promise.resolve())
  const run = (work: () => Promise<void>): Promise<void> => {
    const done = turns.current.then(async () => {
      setNotice(null)
      setBusy(true)
      try {
        await work()
      } catch (error) {
        setNotice(noticeOf(error))
      } finally {
        setBusy(false)
      }
    })
    turns.current = done
    return done
  }
  const noticeOf = (error: unknown): string => {
    const code = error instanceof Refused ? error.code : ''
    if (code === 'price-changed' || code === 'version-conflict') return texts.priceChanged
    if (code === 'out-of-stock') return texts.outOfStock
    return code === 'no-answer' ? texts.noAnswer : texts.failed
  }

  const linesNow = () => cart.latest()?.lines ?? []
  const thingsNow = () => linesNow().filter((line) => !isDelivery(line) && line.fulfilment.mode !== 'digital')
  const ship = (choice: Delivery | undefined) =>
    run(async () => {
      for (const line of thingsNow().filter(({ fulfilment }) => fulfilment.mode !== 'ship'))
        await cart.changeLine(line.id, { fulfilment: { mode: 'ship' } })
      const fees = linesNow().filter(isDelivery)
      for (const line of fees.filter(({ variant_id }) => variant_id !== choice?.variant_id)) await cart.remove(line.id)
      const kept = fees.find(({ variant_id }) => variant_id === choice?.variant_id)
      if (kept && kept.quantity > 1) await cart.setQuantity(kept.id, 1)
      if (!kept && choice) await cart.add(choice.variant_id, 1)
    })
  const collect = (storeId: string) =>
    run(async () => {
      const fulfilment = { mode: 'collect', store_id: storeId }
      for (const line of thingsNow()) await cart.changeLine(line.id, { fulfilment })
      for (const line of linesNow().filter(isDelivery)) await cart.remove(line.id)
    })
  // Delivery costs something: it is in the total from the first sight on.
  const hasThings = things.length > 0
  useEffect(() => {
    const chosen = deliveries.find(({ variant_id }) => variant_id === fee?.variant_id)
    if (way === 'ship' && hasThings) void ship(chosen ?? deliveries[0])
  }, [way, hasThings])

  const place = async (): Promise<void> => {
    const missing = missingIn(typed, { way, store, needsAddress: things.length > 0 })
    setWrong(missing)
    if (missing.size > 0) {
      const [first] = missing
      document.getElementById(first === 'store' ? 'stores' : (first as string))?.focus()
      return
    }
    await run(async () => {
      remember(TYPED, typed)
      const { email, ...rest } = typed
      const address: Address = { ...rest, country }
      const isShipped = way === 'ship' && things.length > 0
      await cart.change({ email, ...(isShipped ? { shipping_address: address } : {}) })
      const order = await shop.api.send<PlacedOrder>('POST', '/orders', {
        cart_id: now.id,
        email,
        expected_total: now.total,
        ...(isShipped ? { shipping_address: address } : {}),
      })
      rememberOrder(order)
      if (order.amount_due === 0) return leadTo(`${order.page_url}?lang=${shop.language}`)
      const { url } = await shop.api.send<{ url: string }>('POST', `/orders/${order.id}/checkout`, {
        language: shop.language,
      })
      leadTo(url)
    })
  }
  const leadTo = (url: string) => {
    cart.leave()
    location.assign(url)
  }

  const set = (name: keyof Typed) => (value: string) => {
    setTyped({ ...typed, [name]: value })
    if (wrong.has(name)) setWrong(new Set([...wrong].filter((each) => each !== name)))
  }
  return (
    <form
      class="wide columns"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy) void place()
      }}
    >
      <div>
        <p class="crumb">
          <Go href="/shop/cart">{texts.backToCart}</Go>
        </p>
        <h1>{texts.checkout}</h1>
        <section class="sheet">
          <h2>{texts.contact}</h2>
          <Field
            id="email"
            inputMode="email"
            label={texts.email}
            hint={texts.emailHint}
            autocomplete="email"
            value={typed.email}
            onValue={set('email')}
            wrong={wrong.has('email') ? texts.emailWrong : null}
          />
        </section>
        {things.length === 0 ? null : (
          <section class="sheet">
            <fieldset class="ways">
              <legend>{texts.how}</legend>
              <Way
                is="ship"
                now={way}
                title={texts.deliver}
                lead={texts.deliverLead}
                onChoose={() => {
                  setSpeed(null)
                  setWay('ship')
                }}
              />
              <Way
                is="collect"
                now={way}
                title={texts.collect}
                lead={texts.collectLead}
                onChoose={() => setWay('collect')}
              />
            </fieldset>
            {way === 'ship' ? (
              <>
                <AddressFields typed={typed} set={set} wrong={wrong} />
                {deliveries.length < 2 ? null : (
                  <fieldset class="options speed">
                    <legend>{texts.speed}</legend>
                    {deliveries.map((each) => (
                      <label key={each.variant_id} class="option">
                        <input
                          type="radio"
                          name="speed"
                          checked={(speed ?? fee?.variant_id) === each.variant_id}
                          onChange={() => {
                            setSpeed(each.variant_id)
                            void ship(each)
                          }}
                        />
                        <span>
                          {texts.speeds[each.name] ?? each.name}
                          {fee?.variant_id === each.variant_id ? ` · ${money(fee.total)}` : ''}
                        </span>
                      </label>
                    ))}
                  </fieldset>
                )}
              </>
            ) : (
              <StoreChoice lines={things} chosen={store} onChoose={collect} isWrong={wrong.has('store')} />
            )}
          </section>
        )}
      </div>
      <section class="sheet side" aria-labelledby="summary">
        <h2 id="summary">{texts.summary}</h2>
        <ul class="brief">
          {goods.map((line) => (
            <li key={line.id}>
              <span class="own">
                {line.unit === 'gram' ? `${line.quantity} g` : `${line.quantity} ×`} {line.name}
              </span>
              <span class="figure">{money(line.total)}</span>
            </li>
          ))}
        </ul>
        <Sums cart={now} />
        <div role="alert">
          {notice === null ? null : (
            <p class="notice bad">
              <Icon name="alert" />
              <span>{notice}</span>
            </p>
          )}
        </div>
        <button type="submit" class="button primary wide" aria-disabled={isBusy}>
          {now.total === 0 ? texts.place : fill(texts.pay, { amount: money(now.total) })}
        </button>
        <p class="quiet">{texts.payLead}</p>
      </section>
    </form>
  )
}

function Way(props: { is: string; now: string; title: string; lead: string; onChoose(): void }) {
  return (
    <label class="way">
      <input type="radio" name="way" value={props.is} checked={props.is === props.now} onChange={props.onChoose} />
      <Icon name={props.is === 'ship' ? 'truck' : 'store'} />
      <span>
        {props.title} <span class="quiet">{props.lead}</span>
      </span>
    </label>
  )
}

function missingIn(
  typed: Typed,
  { way, store, needsAddress }: { way: string; store: string | null; needsAddress: boolean },
): Set<keyof Typed | 'store'> {
  const missing = new Set<keyof Typed | 'store'>()
  if (!EMAIL.test(typed.email.trim())) missing.add('email')
  if (!needsAddress) return missing
  if (way === 'collect') {
    if (store === null) missing.add('store')
    return missing
  }
  for (const name of ['name', 'line1', 'postal_code', 'city'] as const) if (typed[name].trim() === '') missing.add(name)
  return missing
}
