// Saved cards, points and store credit.

import { useState } from 'preact/hooks'
import { fill } from '../../shared/fill.ts'
import { moneyIn, useShop } from '../shop.ts'
import { type Balances, dayOf, type SavedCard } from './own.ts'
import { Listed, Said, useAct } from './parts.tsx'

export function Wallet() {
  return (
    <>
      <Cards />
      <Listed<Balances> path="/account/balances">{(balances) => <Worth balances={balances} />}</Listed>
    </>
  )
}

function Cards() {
  const { own, api } = useShop()
  const [turn, setTurn] = useState(0)
  const { act, said } = useAct()
  const remove = (id: string) =>
    act(async () => {
      await api.send('DELETE', `/account/instruments/${id}`)
      setTurn((n) => n + 1)
      return undefined
    })
  return (
    <section class="sheet" aria-labelledby="cards">
      <h3 id="cards">{own.cards}</h3>
      <Listed<{ data: SavedCard[] }> path="/account/instruments" turn={turn}>
        {({ data }) =>
          data.length === 0 ? (
            <p class="quiet">{own.noCards}</p>
          ) : (
            <ul class="plain">
              {data.map(({ id, card }) => {
                const name = fill(own.cardName, { brand: brandName(card.brand), last4: card.last4 })
                const month = `${String(card.exp_month).padStart(2, '0')}/${card.exp_year}`
                return (
                  <li key={id} class="line">
                    <span class="own">
                      {name} <span class="quiet">{fill(own.cardUntil, { month })}</span>
                    </span>
                    <button
                      type="button"
                      class="button"
                      aria-label={fill(own.removeCard, { card: name })}
                      onClick={() => void remove(id)}
                    >
                      {own.remove}
                    </button>
                  </li>
                )
              })}
            </ul>
          )
        }
      </Listed>
      <Said said={said} />
    </section>
  )
}

function brandName(brand: string): string {
  return brand.slice(0, 1).toUpperCase() + brand.slice(1)
}

function Worth({ balances: { points, store_credit } }: { balances: Balances }) {
  const { own, language, currency } = useShop()
  const worth = points.worth.find((each) => each.currency === currency) ?? points.worth[0]
  const n = (count: number) => new Intl.NumberFormat(language).format(count)
  return (
    <>
      <section class="sheet" aria-labelledby="points">
        <h3 id="points">{own.points}</h3>
        <p class="worth figure">{fill(own.pointsNow, { n: n(points.available) })}</p>
        {worth && points.available > 0 ? (
          <p>{fill(own.pointsWorth, { amount: moneyIn(language, worth.currency).money(worth.amount) })}</p>
        ) : null}
        {points.pending > 0 ? <p class="quiet">{fill(own.pointsPending, { n: n(points.pending) })}</p> : null}
        {points.tier ? <p class="own">{fill(own.tier, { name: points.tier.name })}</p> : null}
        {points.next_tier ? (
          <p class="quiet own">
            {fill(own.nextTier, { n: n(points.next_tier.missing_points), name: points.next_tier.name })}
          </p>
        ) : null}
        {points.next_to_end ? (
          <p class="quiet">
            {fill(own.pointsEnd, {
              n: n(points.next_to_end.points),
              day: dayOf(points.next_to_end.ends_at, language),
            })}
          </p>
        ) : null}
      </section>
      <section class="sheet" aria-labelledby="credit">
        <h3 id="credit">{own.credit}</h3>
        {store_credit.length === 0 ? <p class="quiet">{own.noCredit}</p> : null}
        {store_credit.map((each) => (
          <p key={each.currency} class="worth figure">
            {moneyIn(language, each.currency).money(each.available)}
          </p>
        ))}
      </section>
    </>
  )
}
