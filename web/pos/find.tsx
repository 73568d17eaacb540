// The left half: search, categories, and the grid of articles. Nothing in it moves while somebody sells.

import { type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused } from './api.ts'
import type { Article, Shelf } from './catalogue.ts'
import { Icon } from './icon.tsx'
import { keep, kept, NAMES } from './keep.ts'
import { Picture } from './picture.tsx'
import { useTill } from './till.tsx'
import { VariantDialog } from './variant-dialog.tsx'

/** After the last key. */
const SEARCH_AFTER_MS = 120
/** More than fits on any screen at once; the rest is found by search. */
const MOST_TILES = 200
/** Shown first until somebody has chosen favourites. */
const FIRST = 24
/** The tab that is no category. */
const FAVOURITES = ''

export function Find(props: {
  search: RefObject<HTMLInputElement | null>
  times: number | null
  onTimes(times: number | null): void
  onArticle(article: Article, quantity?: number): void
  onCode(code: string): void
}) {
  const { texts, catalogue } = useTill()
  const shelves = useSyncExternalStore(catalogue.watch, catalogue.shelves)
  const [category, setCategory] = useState(FAVOURITES)
  const [text, setText] = useState('')
  const found = useFound(text)
  const [chosen, setChosen] = useState<Shelf | null>(null)
  const [stars, setStars] = useState(() => kept<string[]>(NAMES.favourites) ?? [])
  const categories = useMemo(() => [...new Set(shelves.flatMap(({ product }) => product.categories))], [shelves])
  const isSearch = text.trim() !== ''

  const star = (productId: string) => {
    const next = stars.includes(productId) ? stars.filter((id) => id !== productId) : [...stars, productId]
    keep(NAMES.favourites, next)
    setStars(next)
  }
  const press = (shelf: Shelf) => {
    const [only] = shelf.articles
    if (shelf.articles.length === 1 && only && only.product.unit !== 'gram') take(only)
    else setChosen(shelf)
  }
  const take = (article: Article, quantity?: number) => {
    props.onArticle(article, quantity)
    setText('')
    props.search.current?.blur()
  }
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Escape') {
      setText('')
      event.currentTarget.blur()
      event.stopPropagation()
    }
    if (event.key === '*' && /^\d{1,4}$/.test(text)) {
      event.preventDefault()
      props.onTimes(Number(text) || null)
      setText('')
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      const typed = text.trim()
      const [first] = found.articles ?? []
      // What looks like a code is one; words take the best that was found.
      if (/^\d{4,}$/.test(typed) || catalogue.byCode(typed)) {
        props.onCode(typed)
        setText('')
      } else if (first && found.text === typed) press({ product: first.product, articles: [first] })
    }
  }
  const shelved = useMemo(
    () =>
      shelves.filter(({ product }) =>
        category === FAVOURITES
          ? stars.length === 0 || stars.includes(product.id)
          : product.categories.includes(category),
      ),
    [shelves, category, stars],
  )
  const tiles = isSearch
    ? (found.articles ?? []).map((article) => ({ product: article.product, articles: [article] }))
    : shelved
  const most = !isSearch && category === FAVOURITES && stars.length === 0 ? FIRST : MOST_TILES
  return (
    <section className="find" aria-label={texts.find.heading}>
      <search className="search">
        <Icon name="search" />
        <input
          ref={props.search}
          type="search"
          value={text}
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          aria-label={texts.find.search}
          aria-keyshortcuts="F2"
          placeholder={texts.find.hint}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKey}
        />
        <span className="hint" aria-hidden="true">
          F2
        </span>
        <p className={props.times === null ? 'times' : 'times on'} role="status">
          {fill(texts.find.times, { n: props.times ?? 1 })}
        </p>
      </search>
      <fieldset className="tabs" aria-label={texts.find.categories}>
        {[FAVOURITES, ...categories].map((name) => (
          <button
            key={name}
            type="button"
            className="chip"
            aria-pressed={!isSearch && category === name}
            onClick={() => {
              setText('')
              setCategory(name)
            }}
          >
            {name === FAVOURITES ? texts.find.favourites : (texts.categories[name] ?? name)}
          </button>
        ))}
      </fieldset>
      <Tiles
        tiles={tiles.slice(0, most)}
        empty={
          isSearch && found.articles?.length === 0 && found.text === text.trim()
            ? fill(texts.find.nothing, { q: text.trim() })
            : null
        }
        isLoading={shelves.length === 0 && !isSearch}
        onPress={press}
        onMore={setChosen}
      />
      {chosen ? (
        <VariantDialog
          shelf={chosen}
          isStarred={stars.includes(chosen.product.id)}
          onStar={() => star(chosen.product.id)}
          onClose={() => setChosen(null)}
          onTake={(article, quantity) => {
            setChosen(null)
            take(article, quantity)
          }}
        />
      ) : null}
    </section>
  )
}

function Tiles(props: {
  tiles: readonly Shelf[]
  empty: string | null
  isLoading: boolean
  onPress(shelf: Shelf): void
  onMore(shelf: Shelf): void
}) {
  const { texts, price } = useTill()
  if (props.empty !== null) return <p className="tiles-empty quiet">{props.empty}</p>
  return (
    <ul className="tiles" aria-busy={props.isLoading} aria-label={texts.find.articles} tabIndex={-1}>
      {props.isLoading
        ? Array.from({ length: 18 }, (_, i) => <li key={String(i)} className="tile blank" />)
        : props.tiles.map((shelf) => {
            const { product, articles } = shelf
            const [first] = articles as [Article]
            const costs = [...new Set(articles.map((each) => each.price))].filter((each) => each !== null)
            const least = costs.sort((a, b) => Number(a) - Number(b))[0]
            const isWeighed = product.unit === 'gram'
            const shownCost =
              least === undefined
                ? ''
                : isWeighed
                  ? fill(texts.perKilo, { price: price(String(Number(least) * 1000)) })
                  : price(least)
            return (
              <li key={first.variantId} className="tile">
                <button
                  type="button"
                  onClick={() => props.onPress(shelf)}
                  onContextMenu={(event) => {
                    event.preventDefault()
                    props.onMore(shelf)
                  }}
                >
                  <Picture {...product} options={first.options} />
                  <span className="tile-name own">{articles.length === 1 ? first.name : product.name}</span>
                  <span className="tile-cost">
                    {costs.length > 1 ? fill(texts.from, { price: shownCost }) : shownCost}
                    {articles.length > 1 ? (
                      <span className="kinds">{fill(texts.find.kinds, { n: articles.length })}</span>
                    ) : null}
                  </span>
                </button>
              </li>
            )
          })}
    </ul>
  )
}

/** What the server finds for a text; the last answer stays until the next is there. */
function useFound(text: string): { text: string; articles: Article[] | null } {
  const { catalogue, say, texts } = useTill()
  const [found, setFound] = useState<{ text: string; articles: Article[] | null }>({ text: '', articles: null })
  const turn = useRef(0)
  useEffect(() => {
    const asked = text.trim()
    turn.current++
    if (asked === '') {
      setFound({ text: '', articles: null })
      return
    }
    const mine = turn.current
    const timer = setTimeout(() => {
      catalogue.search(asked).then(
        (articles) => turn.current === mine && setFound({ text: asked, articles }),
        (error: unknown) =>
          turn.current === mine &&
          say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed }),
      )
    }, SEARCH_AFTER_MS)
    return () => clearTimeout(timer)
  }, [text])
  return found
}
