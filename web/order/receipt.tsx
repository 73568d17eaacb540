// The receipt as a sheet of paper: what was bought, what it cost, what was paid. Printed as it stands.

import { fill } from '../shared/fill.ts'
import { Icon } from '../shared/icon.tsx'
import type { Shown } from './order.tsx'
import { Sums } from './sums.tsx'

export function Receipt(shown: Shown) {
  const { order, texts, language } = shown
  return (
    <div class="page receipt">
      <main class="sheet narrow">
        <p class="merchant own">{order.merchant.name}</p>
        <h1>{fill(texts.receiptTitle, { number: order.number })}</h1>
        <p class="quiet">{fill(texts.placedAt, { time: order.placed_at })}</p>
        <Sums {...shown} />
        <p class="quiet">{texts.receiptNote}</p>
        {order.is_test ? <p class="quiet">{texts.test}</p> : null}
      </main>
      <p class="acts">
        <button type="button" class="button print" hidden>
          <Icon name="print" />
          {texts.print}
        </button>
        <a class="button" href={`${order.path}?lang=${language}`}>
          <Icon name="back" />
          {texts.backToOrder}
        </a>
      </p>
    </div>
  )
}
