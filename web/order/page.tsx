// The first sight of an order's page, drawn by the server. It is whole without script.

import { renderToString } from 'preact-render-to-string'
import type { Language } from '../../server/lib/language.ts'
import type { OrderFace } from '../../server/storefront/page-view.ts'
import { fill } from '../shared/fill.ts'
import { Order } from './order.tsx'
import { Receipt } from './receipt.tsx'
import { TEXTS } from './texts/texts.ts'

/** What the script goes on from: where to ask, and what was shown. */
export interface OrderState {
  path: string | null
  stamp: string | null
}

export function draw(view: OrderFace | null, language: Language): { title: string; html: string; state: OrderState } {
  const texts = TEXTS[language]
  if (view === null) {
    const html = renderToString(
      <div class="page">
        <main class="sheet narrow">
          <h1>{texts.unknownTitle}</h1>
          <p>{texts.unknownLead}</p>
        </main>
      </div>,
    )
    return { title: texts.unknownTitle, html, state: { path: null, stamp: null } }
  }
  const { order, kind } = view
  const named = { number: order.number, merchant: order.merchant.name }
  const shown = { order, texts, language }
  return {
    title: fill(kind === 'page' ? texts.title : texts.receiptTitle, named),
    html: renderToString(kind === 'page' ? <Order {...shown} /> : <Receipt {...shown} />),
    state: { path: kind === 'page' ? order.path : null, stamp: order.stamp },
  }
}
