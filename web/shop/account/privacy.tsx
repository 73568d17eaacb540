// What one has a say in: consents, what is remembered of one's looks, taking everything along, being forgotten.

import { useState } from 'preact/hooks'
import { fill } from '../../shared/fill.ts'
import { Refused } from '../api.ts'
import { Go } from '../app.tsx'
import { countryName, moneyIn, useLoaded, useShop } from '../shop.ts'
import { type Blocker, type Consent, dayOf, type Look } from './own.ts'
import { Listed, type Paged, Said, useAct } from './parts.tsx'

export function Privacy() {
  return (
    <>
      <Consents />
      <Export />
      <Erase />
    </>
  )
}

function Consents() {
  const { own, api, language, looks } = useShop()
  const [turn, setTurn] = useState(0)
  const { act, said } = useAct()
  // What was pressed is shown pressed until the answer is there.
  const [pressed, setPressed] = useState<Readonly<Record<string, boolean>>>({})
  const say = async (purpose: string, is_granted: boolean) => {
    setPressed({ ...pressed, [purpose]: is_granted })
    const isSaid = await act(async () => {
      await api.send('POST', '/account/consents', { purpose, is_granted })
      looks.askAgain()
      setTurn((n) => n + 1)
      return own.saved
    })
    if (!isSaid) setPressed(pressed)
  }
  return (
    <>
      <section class="sheet" aria-labelledby="consents">
        <h3 id="consents">{own.consents}</h3>
        <Listed<{ data: Consent[] }> path="/account/consents" turn={turn}>
          {({ data }) => (
            <ul class="plain">
              {Object.entries(own.purposes).map(([purpose, { name, lead }]) => (
                <li key={purpose} class="agree">
                  <input
                    id={purpose}
                    type="checkbox"
                    checked={pressed[purpose] ?? data.some((word) => word.purpose === purpose && word.is_granted)}
                    aria-describedby={`${purpose}-lead`}
                    onChange={(event) => void say(purpose, event.currentTarget.checked)}
                  />
                  <label for={purpose}>{name}</label>
                  <p class="quiet" id={`${purpose}-lead`}>
                    {lead}
                  </p>
                </li>
              ))}
            </ul>
          )}
        </Listed>
        <Said said={said} />
      </section>
      <section class="sheet" aria-labelledby="history">
        <h3 id="history">{own.history}</h3>
        <Listed<Paged<Look>> path="/account/views?limit=20" turn={turn}>
          {({ data }) =>
            data.length === 0 ? (
              <p class="quiet">{own.noHistory}</p>
            ) : (
              <ul class="plain">
                {data.map(({ id, kind, query, product_id, seen_at }) => (
                  <li key={id} class="line">
                    <span class="own">
                      {product_id === null ? (
                        fill(own.looked[kind], { text: query ?? '' })
                      ) : (
                        <SeenArticle id={product_id} />
                      )}
                    </span>
                    <span class="quiet">{dayOf(seen_at, language)}</span>
                  </li>
                ))}
              </ul>
            )
          }
        </Listed>
      </section>
    </>
  )
}

function SeenArticle({ id }: { id: string }) {
  const { own, api } = useShop()
  const loaded = useLoaded(id, () => api.get<{ name: string }>(`/products/${id}`))
  return <Go href={`/shop/p/${id}`}>{loaded.is === 'there' ? loaded.data.name : own.looked.product}</Go>
}

/** What asks for a fresh sign-in says so, with the way to it. */
function useLate() {
  const { session } = useShop()
  const [isLate, setLate] = useState(false)
  return {
    isLate,
    again: () => session.drop(),
    async watched<T>(work: () => Promise<T>): Promise<T | undefined> {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof Refused) || error.code !== 'sign-in-too-old') throw error
        setLate(true)
        return undefined
      }
    },
  }
}

function Late({ again }: { again(): void }) {
  const { own } = useShop()
  return (
    <div class="notice" role="alert">
      <div class="stack">
        <p>{own.tooOld}</p>
        <button type="button" class="button" onClick={again}>
          {own.signInAgain}
        </button>
      </div>
    </div>
  )
}

function Export() {
  const { own, api } = useShop()
  const { act, said, isBusy } = useAct()
  const late = useLate()
  const take = () =>
    act(async () => {
      const all = await late.watched(() => api.get<object>('/account/export'))
      if (all === undefined) return undefined
      const url = URL.createObjectURL(new Blob([JSON.stringify(all, null, 2)], { type: 'application/json' }))
      const link = document.createElement('a')
      link.href = url
      link.download = 'my-account.json'
      link.click()
      URL.revokeObjectURL(url)
      return undefined
    })
  return (
    <section class="sheet" aria-labelledby="export">
      <h3 id="export">{own.export}</h3>
      <p class="quiet">{own.exportLead}</p>
      {late.isLate ? <Late again={late.again} /> : null}
      <button type="button" class="button" aria-disabled={isBusy} onClick={() => void take()}>
        {own.exportButton}
      </button>
      <Said said={said} />
    </section>
  )
}

interface Leaving {
  blockers: Blocker[]
  kept_years: number | null
  country: string
}

function Erase() {
  const { own, language } = useShop()
  return (
    <section class="sheet" aria-labelledby="erase">
      <h3 id="erase">{own.erase}</h3>
      <p>{own.eraseLead}</p>
      <ul>
        {own.eraseGone.map((what) => (
          <li key={what}>{what}</li>
        ))}
      </ul>
      <Listed<Leaving> path="/account/deletion">
        {({ blockers, kept_years, country }) => {
          const underWay = blockers.filter(({ kind }) => kind === 'order' || kind === 'return')
          const kept =
            kept_years === null
              ? own.eraseKeptOpen
              : fill(own.eraseKept, { country: countryName(country, language), years: kept_years })
          return (
            <>
              <p>{kept}</p>
              <ul>
                {own.eraseStays.map((what) => (
                  <li key={what}>{what}</li>
                ))}
              </ul>
              {underWay.length > 0 ? <UnderWay blockers={underWay} /> : <Sure money={blockers} />}
            </>
          )
        }}
      </Listed>
    </section>
  )
}

function UnderWay({ blockers }: { blockers: Blocker[] }) {
  const { own } = useShop()
  return (
    <div class="notice">
      <div>
        <p>{own.eraseBlocked}</p>
        <ul>
          {blockers.map((each) =>
            each.kind === 'order' ? (
              <li key={each.id}>{fill(own.blockedOrder, { number: each.number })}</li>
            ) : each.kind === 'return' ? (
              <li key={each.id}>{own.blockedReturn}</li>
            ) : null,
          )}
        </ul>
      </div>
    </div>
  )
}

function Sure({ money }: { money: Blocker[] }) {
  const { own, api, session, language, go } = useShop()
  const [given, setGiven] = useState<ReadonlySet<string>>(new Set())
  const [isAsked, setAsked] = useState(false)
  const { act, said, isBusy } = useAct()
  const late = useLate()
  const isReady = given.size === money.length
  const erase = () =>
    act(async () => {
      const done = await late.watched(async () => {
        await api.send('POST', '/account/deletion', { gives_up_balances: money.length > 0 })
        return true
      })
      if (!done) return undefined
      session.drop()
      go('/shop/account/gone')
      return undefined
    })
  const words = (each: Blocker) =>
    each.kind === 'store_credit'
      ? fill(own.giveUpCredit, { amount: moneyIn(language, each.currency).money(each.amount) })
      : each.kind === 'points'
        ? fill(own.giveUpPoints, { n: new Intl.NumberFormat(language).format(each.points) })
        : ''
  return (
    <>
      <ul class="plain">
        {money.map((each) => {
          const text = words(each)
          return (
            <li key={text}>
              <label class="tick">
                <input
                  type="checkbox"
                  checked={given.has(text)}
                  onChange={(event) =>
                    setGiven(
                      new Set([...given].filter((t) => t !== text).concat(event.currentTarget.checked ? [text] : [])),
                    )
                  }
                />
                <span>{text}</span>
              </label>
            </li>
          )
        })}
      </ul>
      {late.isLate ? <Late again={late.again} /> : null}
      {isAsked && isReady ? (
        <div class="stack" role="alert">
          <p>
            <strong>{own.eraseSure}</strong>
          </p>
          <div class="acts">
            <button type="button" class="button danger" aria-disabled={isBusy} onClick={() => void erase()}>
              {own.eraseNow}
            </button>
            <button type="button" class="button" onClick={() => setAsked(false)}>
              {own.cancel}
            </button>
          </div>
        </div>
      ) : (
        <button
          type="button"
          class="button danger"
          aria-disabled={!isReady}
          onClick={() => {
            if (isReady) setAsked(true)
          }}
        >
          {own.eraseButton}
        </button>
      )}
      <Said said={said} />
    </>
  )
}
