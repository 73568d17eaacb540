// An article: what it is, what it costs, which of its kinds, and where it is to be had.

import { useEffect, useState } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import { Icon } from '../shared/icon.tsx'
import { type Nearby, type Price, type Product, Refused, type Variant } from './api.ts'
import { Failed, Go, Skeleton } from './app.tsx'
import { perKilo, pricesOf } from './list-page.tsx'
import { useSawProduct } from './looks.ts'
import { Picture } from './picture.tsx'
import { useLoaded, useShop } from './shop.ts'

const WEIGHTS = [100, 250, 500, 1000]

export function ProductPage({ id }: { id: string }) {
  const { api, currency, texts } = useShop()
  const loaded = useLoaded(`${id}|${currency}`, async () => {
    try {
      const product = await api.get<Product>(`/products/${id}`)
      const ids = product.variants.slice(0, 100).map((variant) => variant.id)
      return { product, prices: await pricesOf(api, ids, currency) }
    } catch (error) {
      if (error instanceof Refused && ['not-found', 'validation-error'].includes(error.code)) return null
      throw error
    }
  })
  if (loaded.is === 'failed') return <Failed again={loaded.again} />
  if (loaded.is === 'loading') return <Skeleton />
  if (loaded.data === null) {
    return (
      <div class="narrow empty">
        <h1>{texts.notFound}</h1>
        <Go href="/shop" class="button primary">
          {texts.home}
        </Go>
      </div>
    )
  }
  return <Article {...loaded.data} />
}

function Article({ product, prices }: { product: Product; prices: Map<string, Price> }) {
  const { texts, cart, view } = useShop()
  const { variants } = product
  useSawProduct(product.id)
  const [chosen, setChosen] = useState<Record<string, string>>(variants[0]?.options ?? {})
  const [weight, setWeight] = useState(WEIGHTS[1] as number)
  const [step, setStep] = useState<'idle' | 'busy' | 'added' | 'failed'>('idle')
  const variant = variants.find(({ options }) => sameOptions(options, chosen)) ?? (variants[0] as Variant | undefined)
  useEffect(() => {
    document.title = `${product.name} · ${view.merchant}`
  }, [product.name])
  const price = variant ? prices.get(variant.id) : undefined
  const isWeighed = product.unit === 'gram'
  const add = () => {
    if (!variant || step === 'busy') return
    setStep('busy')
    cart.add(variant.id, isWeighed ? weight : 1).then(
      () => setStep('added'),
      () => setStep('failed'),
    )
  }
  return (
    <article class="wide product">
      <div class="frame">
        <Picture {...product} options={chosen} />
      </div>
      <div class="facts">
        <p class="crumb">
          {product.categories.slice(0, 1).map((name) => (
            <Go key={name} href={`/shop?c=${encodeURIComponent(name)}`}>
              {texts.categories[name] ?? name}
            </Go>
          ))}
        </p>
        <h1 class="own">{product.name}</h1>
        <Cost variant={variant} price={price} isWeighed={isWeighed} />
        {product.description === null ? null : <p class="own">{product.description}</p>}
        {optionsOf(variants).map(({ name, values }) => (
          <fieldset key={name} class="options">
            <legend>{texts.options[name] ?? name}</legend>
            {values.map((value) => (
              <label key={value} class="option">
                <input
                  type="radio"
                  name={name}
                  value={value}
                  checked={chosen[name] === value}
                  onChange={() => {
                    setChosen({ ...chosen, [name]: value })
                    setStep('idle')
                  }}
                />
                <span>{value}</span>
              </label>
            ))}
          </fieldset>
        ))}
        {isWeighed ? (
          <fieldset class="options">
            <legend>{texts.weight}</legend>
            {WEIGHTS.map((grams) => (
              <label key={grams} class="option">
                <input type="radio" name="weight" checked={weight === grams} onChange={() => setWeight(grams)} />
                <span>{grams} g</span>
              </label>
            ))}
          </fieldset>
        ) : null}
        <button
          type="button"
          class="button primary wide"
          aria-disabled={step === 'busy' || price === undefined}
          onClick={price === undefined ? undefined : add}
        >
          <Icon name="bag" />
          {texts.add}
        </button>
        <div role="status" class="said">
          {step === 'added' ? (
            <p class="notice good">
              <Icon name="check" />
              <span>
                {texts.added}. <Go href="/shop/cart">{texts.toCart}</Go>
              </span>
            </p>
          ) : step === 'failed' ? (
            <p class="notice bad">
              <Icon name="alert" />
              <span>{texts.failed}</span>
            </p>
          ) : null}
        </div>
        {variant && product.kind === 'goods' ? <Where key={variant.id} variantId={variant.id} /> : null}
        <p class="quiet">{product.is_returnable ? texts.returnable : texts.notReturnable}</p>
      </div>
    </article>
  )
}

/** The price that holds, and beside a reduced one what the law wants: the lowest of the last 30 days. */
function Cost({
  variant,
  price,
  isWeighed,
}: {
  variant: Variant | undefined
  price: Price | undefined
  isWeighed: boolean
}) {
  const { texts, price: show, money, currency } = useShop()
  if (!price) return null
  const usual = variant?.prices.find((each) => each.currency === currency && each.min_qty === 1)?.unit_price
  const isReduced = usual !== undefined && Number(price.unit_price) < Number(usual)
  return (
    <p class="cost big">
      <strong>
        {isWeighed ? fill(texts.perKilo, { price: perKilo(price.unit_price, money) }) : show(price.unit_price)}
      </strong>{' '}
      <span class="quiet">{texts.includesVat}</span>
      {isReduced && usual !== undefined ? (
        <span class="quiet note">{fill(texts.was, { price: show(usual) })}</span>
      ) : null}
      {isReduced && price.lowest_30d !== null ? (
        <span class="quiet note">{fill(texts.lowest, { price: show(price.lowest_30d) })}</span>
      ) : null}
    </p>
  )
}

function Where({ variantId }: { variantId: string }) {
  const { api, texts } = useShop()
  const loaded = useLoaded(variantId, async () => {
    const [{ data }, stores] = await Promise.all([
      api.get<{ data: Nearby[] }>(`/stock/availability?variant_id=${variantId}`),
      api.get<{ data: { id: string }[] }>('/pickup_stores'),
    ])
    return data.map((each) => ({ ...each, isStore: stores.data.some(({ id }) => id === each.store_id) }))
  })
  if (loaded.is !== 'there') return <div class="where blank" />
  const rank = { yes: 2, low: 1, no: 0 }
  const online = loaded.data
    .filter(({ isStore }) => !isStore)
    .reduce<Nearby['in_stock']>((best, { in_stock }) => (rank[in_stock] > rank[best] ? in_stock : best), 'no')
  return (
    <dl class="where">
      <div>
        <dt>
          <Icon name="truck" />
          {texts.online}
        </dt>
        <dd>
          <Stock is={online} />
        </dd>
      </div>
      {loaded.data
        .filter(({ isStore }) => isStore)
        .map(({ store_id, name, in_stock }) => (
          <div key={store_id}>
            <dt>
              <Icon name="store" />
              <span class="own">{name}</span>
            </dt>
            <dd>
              <Stock is={in_stock} />
            </dd>
          </div>
        ))}
    </dl>
  )
}

/** In words; the dot only repeats them. */
export function Stock({ is, text }: { is: Nearby['in_stock']; text?: string }) {
  const { texts } = useShop()
  return <span class={`stock ${is}`}>{text ?? texts.stock[is]}</span>
}

function sameOptions(a: Record<string, string>, b: Record<string, string>): boolean {
  return Object.entries(a).every(([name, value]) => b[name] === value)
}

function optionsOf(variants: readonly Variant[]): { name: string; values: string[] }[] {
  const names = [...new Set(variants.flatMap(({ options }) => Object.keys(options)))]
  return names.map((name) => ({
    name,
    values: [...new Set(variants.flatMap(({ options }) => options[name] ?? []))],
  }))
}
