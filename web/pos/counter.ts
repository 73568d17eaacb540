// What a counter works with: the ticket, the payment and the articles, with the server or alone. Put together once for each place and
// device; screens see one ticket and one sale, whichever side they are on.

import type { Api } from './api.ts'
import { type Catalogue, createCatalogue } from './catalogue.ts'
import { exchangeNow } from './exchange.ts'
import { type Alone, createAlone, type NotAble } from './offline/alone.ts'
import type { Device } from './offline/device.ts'
import { capFault, type OpenLine } from './offline/document.ts'
import { createOpenSale, isPrice, type OpenDeps } from './offline/open-sale.ts'
import { priceAt } from './offline/price-at.ts'
import type { Queue } from './offline/queue.ts'
import type { Place } from './place.ts'
import { createSale, type Sale } from './sale.ts'
import { createTicket, type Ticket } from './ticket.ts'
import type { Session, TillInfo } from './till.tsx'

/** How often the server is asked what has changed; sales that wait go as soon as it answers. */
const FOLLOW_MS = 60_000

export interface Counter {
  ticket: Ticket
  sale: Sale
  catalogue: Catalogue
  alone: Alone
  queue: Queue | null
  stop(): void
}

export interface CounterDeps {
  api: Api
  place: Place
  own: Device | null
  /** As they are now: who stands here, and what the till was last told of itself. */
  now(): { info: TillInfo; session: Session }
}

/** What can be sold without the server; a gift card is money that only the server can make. */
const SOLD_ALONE = ['goods']

export function createCounter({ api, place, own, now }: CounterDeps): Counter {
  const catalogue = createCatalogue(api, place, own?.boxes ?? null)
  const server = { ticket: createTicket(api, place), sale: createSale(api, place) }
  const settings = () => catalogue.facts()?.settings ?? null

  function article(variantId: string): ReturnType<OpenDeps['article']> {
    const item = catalogue.item(variantId)
    const price = item ? priceAt(item, Date.now()) : null
    if (!item || !SOLD_ALONE.includes(item.kind) || !isPrice(price, place.currency.digits)) return null
    const { name, sku, unit, tax_code, tax_rate_bp } = item
    return { variant_id: variantId, name, sku, unit, tax_code, tax_rate_bp, unit_price: price, list_price: price }
  }

  /** Lines of the server's ticket at the prices of this device; what is not known here keeps what the server said of it. */
  function linesOf(ticket: Ticket): OpenLine[] {
    const { lines, cart } = ticket.state()
    return lines.flatMap((line): OpenLine[] => {
      const { key, variantId, name, sku, unit, quantity, unitPrice, listPrice, reason, isGone } = line
      const told = cart?.lines.find(({ id }) => id === line.lineId)
      const here = article(variantId)
      const isSold = here !== null || (told !== undefined && (told.kind ?? 'goods') === 'goods')
      if (isGone || !isSold) return []
      const price = reason === null ? (here?.unit_price ?? unitPrice) : unitPrice
      if (!isPrice(price, place.currency.digits)) return []
      const tax = here ?? { tax_code: told?.tax_code ?? '', tax_rate_bp: told?.tax_rate_bp ?? 0 }
      return [
        {
          ...{ key, variant_id: variantId, name, sku, unit, quantity, reason },
          ...{ unit_price: price, list_price: here?.list_price ?? listPrice },
          ...{ tax_code: tax.tax_code, tax_rate_bp: tax.tax_rate_bp },
        },
      ]
    })
  }

  function notAble(): NotAble | null {
    if (!own) return 'no-storage'
    if (!own.isRegistered()) return 'no-key'
    if (!settings()) return 'no-catalogue'
    return now().info.shift?.state === 'open' ? null : 'no-shift'
  }

  const open = own && createOpenSale(openDeps(own), own.before)

  function openDeps({ keep, writer, queue }: Device): OpenDeps {
    return {
      ...{ place, article, keep, now: Date.now },
      rules() {
        const told = settings()
        if (!told) return null
        const { prices_include_tax, tax_rounding } = told
        return { currency: place.currency, prices_include_tax, tax_rounding }
      },
      cashRule: () => now().info.store.cash_rounding,
      capFault(total) {
        const caps = settings()?.caps
        return caps ? capFault(caps, total, queue.state().waiting, Date.now()) : null
      },
      facts() {
        const { info, session } = now()
        const { register, shift } = info
        return {
          ...{ register, staff_id: session.staff.id, shift_id: shift?.id ?? null },
          catalogue_cursor: catalogue.facts()?.cursor || null,
        }
      },
      async seal(facts) {
        const written = await writer.seal(facts)
        await queue.changed()
        return written
      },
    }
  }

  const alone = createAlone({
    ...{ api, server, open, notAble, linesOf, now: Date.now },
    isTied: () => exchangeNow() !== null || server.ticket.state().lines.some(({ isElsewhere }) => isElsewhere),
  })

  /** Back in touch: the key, then all that waits, and only then what has changed. */
  async function meet(): Promise<void> {
    if (!api.link.isOn) return
    try {
      await own?.register()
      await own?.queue.push()
      await catalogue.follow()
    } catch {
      // Asked again when the server answers again, or in a minute.
    }
    alone.look()
  }
  const timer = setInterval(() => void meet(), FOLLOW_MS)
  const stops = [api.watch(() => void meet()), catalogue.watch(alone.look)]
  void catalogue
    .load()
    .catch(() => {})
    .then(meet)

  return {
    ...{ ticket: alone.ticket, sale: alone.sale, catalogue, alone, queue: own?.queue ?? null },
    stop() {
      clearInterval(timer)
      for (const stop of stops) stop()
      alone.stop()
      catalogue.stop()
    },
  }
}
