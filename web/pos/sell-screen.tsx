// Selling: find on the left, the ticket on the right, and what is done with it along the bottom. Scans land here from wherever one is.

import { useEffect, useRef, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused } from './api.ts'
import type { Article } from './catalogue.ts'
import { CustomerPanel } from './customer-panel.tsx'
import { useExchange } from './exchange.ts'
import { Find } from './find.tsx'
import { Icon } from './icon.tsx'
import { useKeys, useScan } from './keys.ts'
import { NoticeBar } from './notice-bar.tsx'
import { ParkDialog, RecallDialog } from './park.tsx'
import { Key } from './parts.tsx'
import { PickupKey } from './pickup-key.tsx'
import { PriceDialog } from './price-dialog.tsx'
import { QuantityDialog } from './quantity-dialog.tsx'
import { soundBad, soundOk } from './sound.ts'
import { TicketPanel } from './ticket-panel.tsx'
import { useTicket, useTill } from './till.tsx'

type Open = 'quantity' | 'price' | 'customer' | 'park' | 'recall' | 'more' | null

/** What a hand-over code looks like, alone or in the address that its QR holds. */
const HANDOVER = /(?:^|\/c\/)([34679ACDEFGHJKMNPQRTWXY]{6})$/
const MOST_TIMES = 9999

export function SellScreen() {
  const { texts, ticket, catalogue, go, say, money, sale, isAlone } = useTill()
  const shown = useTicket()
  const [open, setOpen] = useState<Open>(null)
  const [times, setTimes] = useState<number | null>(null)
  const [isSheet, setSheet] = useState(false)
  const typed = useRef('')
  const search = useRef<HTMLInputElement>(null)
  const isEmpty = shown.lines.length === 0

  const refuse = (text: string) => {
    soundBad()
    say({ kind: 'bad', text })
  }
  const put = (
    article: Article,
    { quantity = 1, unitPrice }: { quantity?: number; unitPrice?: string | null } = {},
  ) => {
    ticket.add({
      ...{ variant_id: article.variantId, name: article.name, sku: article.sku },
      ...{ unit: article.product.unit, kind: article.product.kind, price: article.price },
      quantity: quantity * (times ?? 1),
      ...(unitPrice == null ? {} : { unit_price: unitPrice, reason: texts.label }),
    })
    setTimes(null)
    typed.current = ''
    say(null)
    soundOk()
  }
  const take = (code: string) => {
    typed.current = ''
    const handed = HANDOVER.exec(code)?.[1]
    const known = catalogue.byCode(code)
    if (known === 'empty') return refuse(texts.sell.labelEmpty)
    if (known) return put(known.article, known)
    catalogue.scan(code).then(
      ({ article, quantity, unitPrice }) => put(article, { quantity, unitPrice }),
      (error: unknown) => {
        if (handed && isRefused(error, 'not-found')) return takeOver(handed)
        if (isRefused(error, 'label-empty')) return refuse(texts.sell.labelEmpty)
        const away = isAlone ? fill(texts.offline.unknownCode, { code }) : texts.noAnswer
        refuse(isRefused(error, 'no-answer') ? away : fill(texts.sell.unknownCode, { code }))
      },
    )
  }
  const takeOver = async (code: string) => {
    const why = await claim(code)
    if (why !== null) refuse(why)
  }
  const claim = useClaim()
  const exchange = useExchange()

  const pay = (start?: 'cash' | 'card') => {
    if (isEmpty || shown.lines.every(({ isGone }) => isGone)) return
    if (exchange) go({ is: 'exchange' })
    else go({ is: 'tender', start })
  }
  const line = shown.lines.find(({ key }) => key === shown.selected)
  const step = (by: number) => {
    if (line && line.unit !== 'gram' && line.quantity + by > 0) ticket.setQuantity(line.key, line.quantity + by)
    else if (line && line.quantity + by <= 0) remove()
  }
  const remove = () => {
    if (!line) return
    ticket.remove(line.key)
    say({ kind: 'info', text: fill(texts.sell.removed, { name: line.name }), undo: ticket.undo })
  }
  const move = (by: number) => {
    const at = shown.lines.findIndex(({ key }) => key === shown.selected)
    const next = shown.lines[Math.min(shown.lines.length - 1, Math.max(0, at + by))]
    if (next) ticket.select(next.key)
  }
  const digit = (text: string) => {
    typed.current = (typed.current + text).slice(-5)
  }
  const why = isAlone ? texts.offline.why : undefined
  /** What only the server can do waits for it, and says so. */
  const withServer = (work: () => void) => () => (isAlone ? say({ kind: 'info', text: texts.offline.waits }) : work())
  const on = (what: Exclude<Open, null>) => withServer(() => setOpen(what))
  const toSearch = () => search.current?.focus()

  useScan(take)
  useKeys({
    F2: toSearch,
    '/': toSearch,
    F3: on('customer'),
    F4: isEmpty ? on('recall') : on('park'),
    F5: on('recall'),
    F6: () => (line ? setOpen('quantity') : undefined),
    F7: () => (line ? setOpen('price') : undefined),
    F8: withServer(() => go({ is: 'return' })),
    F9: () => pay(),
    F10: () => pay('cash'),
    F11: () => go({ is: 'done' }),
    'Alt+1': () => pay('card'),
    'Alt+2': () => pay('cash'),
    '+': () => step(1),
    '-': () => step(-1),
    Delete: remove,
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: () => {
      // A code typed by hand, without the search.
      const code = typed.current
      typed.current = ''
      if (code.length > 2) take(code)
    },
    '*': () => {
      const n = Number(typed.current)
      typed.current = ''
      if (n >= 1 && n <= MOST_TIMES) setTimes(n)
    },
    Escape: () => {
      typed.current = ''
      setTimes(null)
      setSheet(false)
    },
    ...Object.fromEntries([...'0123456789'].map((text) => [text, () => digit(text)])),
  })
  // A ticket that is being paid is not changed; whoever comes back here has left the payment.
  useEffect(() => {
    if (sale.state().cart && !sale.state().order) sale.end()
  }, [])

  return (
    <main className={isSheet ? 'sell is-sheet' : 'sell'}>
      <Find
        search={search}
        times={times}
        onTimes={setTimes}
        onArticle={(article, quantity) => put(article, { quantity })}
        onCode={take}
      />
      <TicketPanel
        onCustomer={on('customer')}
        onQuantity={() => setOpen('quantity')}
        onPrice={() => setOpen('price')}
        onRemove={remove}
        onStep={step}
        onClose={() => setSheet(false)}
      />
      <NoticeBar />
      <nav className="functions" aria-label={texts.sell.functions}>
        <Key icon="park" label={texts.sell.park} hint="F4" onPress={on('park')} isOff={isEmpty} why={why} />
        <Key icon="recall" label={texts.sell.recall} hint="F5" onPress={on('recall')} why={why} />
        <Key icon="person" label={texts.sell.customer} hint="F3" onPress={on('customer')} why={why} />
        <Key icon="undo" label={texts.service.returns.key} hint="F8" onPress={() => go({ is: 'return' })} why={why} />
        <Key icon="report" label={texts.service.orders.key} onPress={() => go({ is: 'orders' })} why={why} />
        <PickupKey why={why} />
        <Key icon="print" label={texts.sell.lastReceipt} hint="F11" onPress={() => go({ is: 'done' })} />
        <Key icon="drawer" label={texts.sell.drawer} onPress={() => go({ is: 'drawer' })} why={why} />
      </nav>
      <div className="pay-bar">
        <button type="button" className="peek" aria-expanded={isSheet} onClick={() => setSheet(!isSheet)}>
          <Icon name="bag" />
          <span>{fill(texts.sell.items, { n: countOf(shown.lines) })}</span>
        </button>
        <button type="button" className="pay" disabled={isEmpty} onClick={() => pay()} aria-keyshortcuts="F9">
          <span>{exchange ? texts.service.exchange.key : texts.sell.pay}</span>
          <strong className="figure">{money(shown.total - (exchange?.worth ?? 0))}</strong>
          <span className="hint" aria-hidden="true">
            F9
          </span>
        </button>
      </div>
      {open === 'quantity' && line ? <QuantityDialog line={line} onClose={() => setOpen(null)} /> : null}
      {open === 'price' && line ? <PriceDialog line={line} onClose={() => setOpen(null)} /> : null}
      {open === 'customer' ? <CustomerPanel onClose={() => setOpen(null)} /> : null}
      {open === 'park' ? <ParkDialog onClose={() => setOpen(null)} /> : null}
      {open === 'recall' ? <RecallDialog onClose={() => setOpen(null)} /> : null}
    </main>
  )
}

/** Pieces on the ticket; what is weighed counts as one. */
function countOf(lines: readonly { quantity: number; unit: string }[]): number {
  return lines.reduce((sum, { quantity, unit }) => sum + (unit === 'gram' ? 1 : quantity), 0)
}

/** Takes a cart over by its code. Answers why not, or null. */
export function useClaim(): (code: string) => Promise<string | null> {
  const { texts, api, ticket, place, say } = useTill()
  return async (code) => {
    // What lies on the ticket stays where it can be recalled.
    if (ticket.state().lines.length > 0) return texts.recall.ticketOpen
    try {
      const { storeId, registerId } = place
      const body = { code, channel: 'pos', store_id: storeId, register_id: registerId }
      const cart = await api.call<Parameters<typeof ticket.hold>[0]>('POST', '/carts/claim', { body })
      ticket.hold(cart)
      soundOk()
      say({ kind: 'good', text: texts.recall.taken })
      return null
    } catch (error) {
      return isRefused(error, 'no-answer') ? texts.noAnswer : fill(texts.recall.wrongCode, { code })
    }
  }
}
