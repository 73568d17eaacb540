// The page of a link, drawn by the server.

import { renderToString } from 'preact-render-to-string'
import type { Language } from '../../server/lib/language.ts'
import type { LinkPageView } from '../../server/links/page-view.ts'
import { TEXTS as CHECKOUT_TEXTS } from '../checkout/texts/texts.ts'
import { fill } from '../shared/fill.ts'
import { LinkPage } from './link.tsx'
import { TEXTS } from './texts.ts'

export function draw(view: LinkPageView | null, language: Language): { title: string; html: string; state: null } {
  const words = { own: TEXTS[language], texts: CHECKOUT_TEXTS[language], language }
  const { name = '' } = view?.merchant ?? {}
  const title =
    view === null
      ? words.texts.unknownPageTitle
      : view.amount === null
        ? fill(words.own.title, { merchant: name })
        : fill(words.texts.title, { amount: view.amount, merchant: name })
  return { title, html: renderToString(<LinkPage view={view} {...words} />), state: null }
}
