// An article in several kinds, or one that is weighed: which, and how much. Also where it is made a favourite.

import { useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Article, Shelf } from './catalogue.ts'
import { Icon } from './icon.tsx'
import { Dialog, digitKeys, Numpad, withDigits } from './parts.tsx'
import { lineWorth } from './ticket-view.ts'
import { quantityText, useTill } from './till.tsx'

/** A tonne. */
const MOST_GRAMS = 6

export function VariantDialog(props: {
  shelf: Shelf
  isStarred: boolean
  onStar(): void
  onClose(): void
  onTake(article: Article, quantity?: number): void
}) {
  const { texts, price, money, language, place } = useTill()
  const { product, articles } = props.shelf
  const [grams, setGrams] = useState('')
  const [only] = articles as [Article]
  const isWeighed = product.unit === 'gram'
  const weight = Number(grams)
  const takeWeighed = () => {
    if (weight > 0) props.onTake(only, weight)
  }
  return (
    <Dialog
      title={product.name}
      onClose={props.onClose}
      keys={isWeighed ? { ...digitKeys(setGrams, MOST_GRAMS), Enter: takeWeighed } : {}}
    >
      {isWeighed ? (
        <div className="amount-entry">
          <p className="typed" role="status">
            <span className="quiet">{texts.weight}</span>
            <strong className="figure">{quantityText(weight, 'gram', language)}</strong>
            <span className="quiet figure">
              {only.price === null ? '' : money(lineWorth(only.price, weight, place.currency))}
            </span>
          </p>
          <Numpad
            onDigit={(digits) => setGrams(withDigits(grams, digits, MOST_GRAMS))}
            onBack={() => setGrams(grams.slice(0, -1))}
          />
          <button type="button" className="button primary big" disabled={weight === 0} onClick={takeWeighed}>
            {texts.add}
          </button>
        </div>
      ) : (
        <ul className="variants">
          {articles.map((article, i) => (
            <li key={article.variantId}>
              <button
                type="button"
                data-first={i === 0 ? '' : undefined}
                className="variant"
                onClick={() => props.onTake(article)}
              >
                <strong>{Object.values(article.options).join(' · ') || article.name}</strong>
                <span className="quiet">{article.sku}</span>
                <span className="figure">{article.price === null ? '' : price(article.price)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p>
        <button type="button" className="button" aria-pressed={props.isStarred} onClick={props.onStar}>
          <Icon name="star" />
          {props.isStarred ? texts.find.unstar : fill(texts.find.star, { name: product.name })}
        </button>
      </p>
    </Dialog>
  )
}
