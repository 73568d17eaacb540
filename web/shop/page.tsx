// The shell of the shop, drawn by the server: complete in shape before the script fills it.

import { renderToString } from 'preact-render-to-string'
import type { Language } from '../../server/lib/language.ts'
import type { ShopView } from '../../server/storefront/shop-view.ts'
import { fill } from '../shared/fill.ts'
import { App } from './app.tsx'
import type { ShopState } from './shop.ts'
import { ACCOUNT_TEXTS, TEXTS } from './texts/texts.ts'

export function draw(view: ShopView, language: Language): { title: string; html: string; state: ShopState } {
  const state: ShopState = { view, texts: TEXTS[language], own: ACCOUNT_TEXTS[language], language }
  return {
    title: fill(state.texts.title, { merchant: view.merchant }),
    html: renderToString(<App state={state} />),
    state,
  }
}
