// The ticket and the payment while the till is alone: they look to every screen like those of the server, and end as a signed document
// instead of an order. Each change is on the disk before it is shown, and a sale is paid only once its document is.

import type { Cart, CartLine, Order, Payment, Tender } from '../answers.ts'
import { Refused } from '../api.ts'
import type { Place } from '../place.ts'
import { dueOf, type Sale, type SaleState, type TenderInput } from '../sale.ts'
import type { Ticket, TicketState } from '../ticket.ts'
import { type Put, priceE4, type ShownLine } from '../ticket-view.ts'
import type { KeptDocument } from './chain.ts'
import {
  type CapFault,
  cashTender,
  type OpenLine,
  type OpenTender,
  offlineId,
  type Rules,
  type SaleFacts,
  type Sums,
  sumsOf,
} from './document.ts'

/** What is on the disk of a sale that is not done. */
export interface OpenState {
  isAlone: boolean
  lines: OpenLine[]
  customer_id: string | null
  sale: { id: string; tenders: OpenTender[] } | null
}
export const NOTHING_OPEN: OpenState = { isAlone: false, lines: [], customer_id: null, sale: null }

export interface OpenDeps {
  place: Place
  /** How the store counts, as it was told last; null before it ever was. */
  rules(): Rules | null
  cashRule(): Parameters<typeof cashTender>[1]
  /** An article as it may be sold now; null where it may not, or is not known. */
  article(variantId: string): Omit<OpenLine, 'key' | 'quantity' | 'reason'> | null
  capFault(total: number): CapFault | null
  /** Who and where, for the document. Throws where nobody may sell. */
  facts(): Pick<SaleFacts, 'register' | 'staff_id' | 'shift_id' | 'catalogue_cursor'>
  keep(state: OpenState): Promise<void>
  seal(facts: SaleFacts): Promise<KeptDocument>
  now(): number
}

export interface OpenSale {
  ticket: Ticket
  sale: Sale
  isAlone(): boolean
  setAlone(isAlone: boolean): void
  /** Takes lines over from a ticket of the server's. */
  take(lines: readonly OpenLine[], customerId: string | null): void
}

export function createOpenSale(deps: OpenDeps, before: OpenState): OpenSale {
  let open = before
  let selected: string | null = null
  let undoable: { what: 'line' | 'ticket'; name: string; run(): void } | null = null
  let ticketRefusal: Refused | null = null
  let busy: SaleState['busy'] = null
  let refusal: Refused | null = null
  /** Written and signed: what the last screen shows of it. */
  let done: { cart: Cart; order: Order; payment: Payment } | null = null
  let keyNo = 0
  let ticketShown: TicketState
  let saleShown: SaleState
  const watchers = new Set<() => void>()
  const { place } = deps

  function tell(): void {
    const rules = deps.rules() ?? USUAL(place)
    const sums = sumsOf(open.lines, rules)
    const cart = open.lines.length === 0 ? null : cartOf(open, sums, rules, place)
    if (!open.lines.some(({ key }) => key === selected)) selected = open.lines.at(-1)?.key ?? null
    ticketShown = {
      ...{ lines: shownLines(open.lines, sums), cartId: null, cart, selected, refusal: ticketRefusal },
      ...{ list: sums.total, discount: 0, tax: sums.tax, total: sums.total, taxes: sums.taxes, isWaiting: false },
      undo: undoable && { what: undoable.what, name: undoable.name },
    }
    saleShown = done
      ? {
          ...done,
          busy: null,
          isUnknown: false,
          refusal: null,
          declined: null,
          due: 0,
          isPaid: true,
          isUnderWay: false,
        }
      : stateOf(cart, sums)
    for (const told of watchers) told()
  }

  function stateOf(cart: Cart | null, sums: Sums): SaleState {
    const payment = open.sale ? paymentOf(open.sale, sums.total, place) : null
    return {
      ...{ cart: open.sale ? cart : null, order: null, payment, busy, isUnknown: false, refusal, declined: null },
      ...{ due: dueOf(payment, sums.total), isPaid: false, isUnderWay: (open.sale?.tenders.length ?? 0) > 0 },
    }
  }

  function change(next: Partial<OpenState>): void {
    open = { ...open, ...next }
    ticketRefusal = null
    tell()
    // Shown at once: until something is paid the disk may be a moment behind.
    deps.keep(open).catch(() => {
      ticketRefusal = new Refused('not-kept')
      tell()
    })
  }

  const newKey = () => `open-${deps.now()}-${keyNo++}`
  const setLine = (key: string, next: Partial<OpenLine>) =>
    change({ lines: open.lines.map((line) => (line.key === key ? { ...line, ...next } : line)) })

  const ticket: Ticket = {
    state: () => ticketShown,
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    add(put) {
      undoable = null
      const article = deps.article(put.variant_id)
      const unit_price = put.unit_price ?? article?.unit_price
      if (!article || unit_price === undefined) {
        ticketRefusal = new Refused('offline-not-sold')
        return tell()
      }
      const twin = joins(put) ? open.lines.find((line) => isTwin(line, put)) : undefined
      if (twin) {
        selected = twin.key
        return setLine(twin.key, { quantity: twin.quantity + put.quantity })
      }
      const line: OpenLine = {
        ...{ ...article, key: newKey(), quantity: put.quantity, unit_price, reason: put.reason ?? null },
      }
      selected = line.key
      change({ lines: [...open.lines, line] })
    },
    setQuantity: (key, quantity) => setLine(key, { quantity }),
    remove(key) {
      const at = open.lines.findIndex((line) => line.key === key)
      const line = open.lines[at]
      if (!line) return
      undoable = {
        what: 'line',
        name: line.name,
        run: () => change({ lines: open.lines.toSpliced(at, 0, line) }),
      }
      selected = null
      change({ lines: open.lines.toSpliced(at, 1) })
    },
    setPrice(key, { unit_price, reason }) {
      const line = open.lines.find((each) => each.key === key)
      if (line) setLine(key, { unit_price: unit_price ?? line.list_price ?? line.unit_price, reason })
    },
    // Who it is for can be taken off without the server; whoever is not on the ticket cannot be found.
    setCustomer: (customer_id) => (customer_id === null ? change({ customer_id }) : undefined),
    setCodes: () => {},
    // Alone everything is taken along.
    setFulfilment: () => {},
    setAddress: () => {},
    select(key) {
      selected = key
      tell()
    },
    clear() {
      const { lines, customer_id } = open
      if (lines.length === 0) return
      undoable = { what: 'ticket', name: '', run: () => change({ lines, customer_id }) }
      change({ lines: [], customer_id: null })
    },
    undo() {
      const was = undoable
      undoable = null
      was?.run()
      tell()
    },
    hold: () => {},
    leave() {
      undoable = null
      change({ lines: [], customer_id: null })
    },
    read: async () => {},
    settled: async () => ticketShown.cart,
  }

  function tenderOf(input: TenderInput, due: number): OpenTender {
    const amount = Math.min(input.amount ?? due, due)
    if (input.method === 'cash') {
      const rule = deps.cashRule()
      const exact = cashTender({ due, amount, tendered: Number.MAX_SAFE_INTEGER }, rule)?.rounding ?? 0
      const tender = cashTender({ due, amount, tendered: input.cash?.tendered ?? amount + exact }, rule)
      if (!tender) throw new Refused('cash-short')
      return tender
    }
    if (!input.manual || input.terminal_id === undefined) throw new Refused('offline-method')
    const { approval_code, last4 = null } = input.manual
    return {
      ...{ method: input.method, amount, rounding: 0, terminal_id: input.terminal_id },
      ...{ authorisation_code: approval_code, last4 },
    }
  }

  /** Writes the document of a sale whose tenders are its total. */
  async function finish(): Promise<void> {
    const { sale, lines, customer_id } = open
    const rules = deps.rules()
    if (!sale || !rules) throw new Refused('offline-not-ready')
    const { tenders } = sale
    const sold_at = new Date(deps.now()).toISOString()
    const written = await deps.seal({ ...deps.facts(), id: sale.id, sold_at, customer_id, lines, tenders, rules })
    const sums = sumsOf(lines, rules)
    const cart = cartOf(open, sums, rules, place)
    const payment = paymentOf(sale, sums.total, place)
    done = { cart, payment, order: orderOf(written, customer_id, place) }
    open = { ...open, lines: [], customer_id: null, sale: null }
    await deps.keep(open).catch(() => {
      // The document is written; a start with this still open finds that, by its id.
    })
  }

  async function attempt(work: () => Promise<void>, input: TenderInput): Promise<void> {
    if (!open.sale || busy || done) return
    busy = { input }
    refusal = null
    tell()
    try {
      await work()
    } catch (error) {
      refusal = error instanceof Refused ? error : new Refused('not-kept')
    }
    busy = null
    tell()
  }

  const sale: Sale = {
    state: () => saleShown,
    watch: ticket.watch,
    begin() {
      done = null
      busy = refusal = null
      change({ sale: { id: offlineId(deps.now(), crypto.getRandomValues(new Uint8Array(16))), tenders: [] } })
    },
    tender: (input) =>
      attempt(async () => {
        const held = open.sale as NonNullable<OpenState['sale']>
        const total = ticketShown.total
        if (total === 0) throw new Refused('offline-not-sold')
        const fault = held.tenders.length === 0 ? deps.capFault(total) : null
        if (fault) throw new Refused(fault.code, 0, '', [], { most: fault.most })
        const tender = tenderOf(input, saleShown.due)
        const next: OpenState = { ...open, sale: { ...held, tenders: [...held.tenders, tender] } }
        await deps.keep(next)
        open = next
        if (next.sale?.tenders.reduce((sum, { amount }) => sum + amount, 0) === total) await finish()
      }, input),
    withdraw: async () => {
      throw new Refused('invalid-state')
    },
    // An order without a payment is the server's: of nothing, or paid by a link.
    place: async () => {
      throw new Refused('offline-not-sold')
    },
    look: async () => {},
    adopt: () => {},
    end() {
      done = null
      busy = refusal = null
      change({ sale: null })
    },
    forget() {
      refusal = null
      tell()
    },
  }

  tell()
  // Killed between the last tender and its document: the tenders are on the disk, so it is paid, and written now.
  const isCovered = open.sale !== null && open.sale.tenders.length > 0 && sale.state().due === 0
  if (isCovered) void attempt(finish, { method: open.sale?.tenders.at(-1)?.method ?? 'cash' })

  return {
    ticket,
    sale,
    isAlone: () => open.isAlone,
    setAlone: (isAlone) => change({ isAlone }),
    take(lines, customer_id) {
      change({ lines: [...open.lines, ...lines.map((line) => ({ ...line, key: newKey() }))], customer_id })
    },
  }
}

/** Before the store has told: only an empty ticket is counted so. */
const USUAL = ({ currency }: Place): Rules => ({
  ...{ currency, prices_include_tax: true, tax_rounding: 'per_rate_group' },
})

const joins = (put: Put): boolean => put.unit !== 'gram' && put.unit_price === undefined
const isTwin = (line: OpenLine, put: Put): boolean => line.variant_id === put.variant_id && line.reason === null

function shownLines(lines: readonly OpenLine[], sums: Sums): ShownLine[] {
  return lines.map(({ key, variant_id, name, sku, unit, quantity, unit_price, list_price, reason }, i) => {
    const total = sums.lines[i]?.total ?? 0
    return {
      ...{
        key,
        lineId: key,
        variantId: variant_id,
        name,
        sku,
        unit,
        quantity,
        reason,
        list: total,
        discount: 0,
        total,
      },
      ...{
        unitPrice: unit_price,
        listPrice: list_price,
        adjustments: [],
        mode: 'take_away',
        isElsewhere: false,
        isGone: false,
        short: null,
        isWaiting: false,
      },
    }
  })
}

/** The ticket as the server would show it. */
function cartOf({ lines, customer_id }: OpenState, sums: Sums, rules: Rules, place: Place): Cart {
  return {
    ...{ id: 'alone', state: 'open', version: 1, currency: place.currency.code, customer_id, email: null, codes: [] },
    ...{ name: null, prices_include_tax: rules.prices_include_tax, promotions: { applied: [], refused: [] } },
    lines: lines.map((line, i): CartLine => {
      const { total, tax } = sums.lines[i] ?? { total: 0, tax: 0 }
      const { key, reason, ...own } = line
      return {
        ...{ ...own, id: key, override_reason: reason, note: null, list: total, discount: 0, tax, total },
        fulfilment: { mode: 'take_away', store_id: place.storeId, is_chosen: false },
        ...{ adjustments: [], availability: null, is_gone: false },
      }
    }),
    ...{ list: sums.total, discount: 0, net: sums.total - sums.tax, tax: sums.tax, total: sums.total },
    ...{ taxes: sums.taxes, moved_to: null },
  }
}

function paymentOf(sale: NonNullable<OpenState['sale']>, amount: number, place: Place): Payment {
  const tenders = sale.tenders.map((tender, i): Tender => {
    const { method, rounding, tendered, change, terminal_id = null, last4 } = tender
    return {
      ...{ id: `${sale.id}-${i}`, method, amount: tender.amount, status: 'captured', rounding, terminal_id },
      ...{ amount_captured: tender.amount, amount_authorized: 0, decline: null },
      instrument: last4 ? { kind: 'card', last4 } : null,
      cash: tendered === undefined ? null : { tendered, change: change ?? 0 },
    }
  })
  return {
    ...{ id: sale.id, status: 'captured', attention: null, amount, currency: place.currency.code, order_id: sale.id },
    ...{ amount_authorized: 0, amount_in_flight: 0, tenders, next_action: null, decline: null },
    amount_captured: tenders.reduce((sum, tender) => sum + tender.amount, 0),
  }
}

function orderOf({ id, receipt_code, total, sold_at }: KeptDocument, customer_id: string | null, place: Place): Order {
  return {
    ...{ id, number: receipt_code, state: 'placed', channel: 'pos', currency: place.currency.code, customer_id },
    ...{ email: null, store_id: place.storeId, total, amount_due: 0, amount_paid: total, amount_refunded: 0 },
    ...{ payment_status: 'paid', placed_at: new Date(sold_at).toISOString() },
  }
}

/** A price that the API could have told. */
export const isPrice = (text: string | null, digits: number): text is string => {
  if (text === null || !/^\d+(\.\d+)?$/.test(text)) return false
  return priceE4(text, digits) >= 0n
}
