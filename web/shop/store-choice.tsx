// Which store the bag is collected in: those that take its currency, each with whether everything is there.

import { useState } from 'preact/hooks'
import type { CartLine, Nearby, PickupStore } from './api.ts'
import { Stock } from './product-page.tsx'
import { countryName, useLoaded, useShop } from './shop.ts'

/** More lines than this are not asked for one by one; the cart says what is short once a store is chosen. */
const MOST_ASKED = 12
const RANK = { no: 0, low: 1, yes: 2 }

export function StoreChoice(props: {
  lines: readonly CartLine[]
  chosen: string | null
  onChoose(storeId: string): void
  isWrong: boolean
}) {
  const { texts, api, currency, language } = useShop()
  const { lines, chosen } = props
  const [picked, setPicked] = useState<string | null>(null)
  const asked = lines.slice(0, MOST_ASKED).map(({ variant_id }) => variant_id)
  const loaded = useLoaded(`${currency}|${asked.join()}`, async () => {
    const [stores, ...found] = await Promise.all([
      api.get<{ data: PickupStore[] }>('/pickup_stores'),
      ...asked.map((id) => api.get<{ data: Nearby[] }>(`/stock/availability?variant_id=${id}`)),
    ])
    return stores.data
      .filter((store) => store.currency === currency)
      .map((store) => ({
        ...store,
        worst: found
          .map(({ data }) => data.find(({ store_id }) => store_id === store.id)?.in_stock ?? 'no')
          .reduce<Nearby['in_stock']>((worst, each) => (RANK[each] < RANK[worst] ? each : worst), 'yes'),
      }))
  })
  if (loaded.is !== 'there') return <div class="where blank" />
  if (loaded.data.length === 0) return <p class="quiet">{texts.noStore}</p>
  const isBrought = lines.some(({ availability }) => (availability?.by_transfer ?? 0) > 0)
  const isShort = lines.some(({ availability }) => availability?.is_enough === false)
  return (
    <fieldset class="ways stores" id="stores" tabIndex={-1}>
      <legend>{texts.whichStore}</legend>
      {props.isWrong ? <p class="wrong">{texts.missing}</p> : null}
      {loaded.data.map((store) => {
        // Of the chosen one the cart knows better: how many, and whether another store sends what is missing.
        const isChosen = store.id === chosen
        const is = isChosen
          ? isShort
            ? 'no'
            : isBrought
              ? 'low'
              : store.worst === 'no'
                ? 'yes'
                : store.worst
          : store.worst
        return (
          <label key={store.id} class="way">
            <input
              type="radio"
              name="store"
              checked={store.id === (picked ?? chosen)}
              onChange={() => {
                setPicked(store.id)
                props.onChoose(store.id)
              }}
            />
            <span>
              <span class="own">{store.name}</span>{' '}
              <span class="quiet own">
                {store.address
                  ? [...store.address.lines, store.address.postal_code, store.address.city].filter(Boolean).join(', ')
                  : countryName(store.country, language)}
              </span>{' '}
              <Stock is={is} text={isChosen && isBrought && !isShort ? texts.fits.brought : texts.fits[is]} />
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
