// The first sight of the page, drawn by the server.

import { renderToString } from 'preact-render-to-string'
import type { CheckoutView } from '../../server/checkout/page-view.ts'
import type { Language } from '../../server/lib/language.ts'
import { fill } from '../shared/fill.ts'
import { Checkout } from './checkout.tsx'
import type { PageState } from './state.ts'
import { TEXTS } from './texts/texts.ts'

export function draw(view: CheckoutView | null, language: Language): { title: string; html: string; state: PageState } {
  const texts = TEXTS[language]
  const state: PageState = { view, texts, language }
  const title =
    view === null ? texts.unknownPageTitle : fill(texts.title, { amount: view.total, merchant: view.merchant.name })
  return { title, html: renderToString(<Checkout state={state} />), state }
}
