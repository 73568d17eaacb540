// The ticket that is open at this till: a cart of the server, and the changes it has not answered. Changes go out one after the other
// and are kept on the device until they are answered, so that neither a reload nor a silent server loses a line.

import type { Cart } from './answers.ts'
import { type Api, isRefused, Refused } from './api.ts'
import { keep, kept, NAMES } from './keep.ts'
import type { Place } from './place.ts'
import { type Change, type Put, type Shown, shownOf } from './ticket-view.ts'

/** How long a server that did not answer is left alone. */
const AGAIN_MS = 2_000

export interface TicketState extends Shown {
  cartId: string | null
  cart: Cart | null
  selected: string | null
  /** Why the last change was not made. */
  refusal: Refused | null
  /** What can be taken back. */
  undo: { what: 'line' | 'ticket'; name: string } | null
}

export interface Ticket {
  state(): TicketState
  watch(told: () => void): () => void
  add(put: Put): void
  setQuantity(lineKey: string, quantity: number): void
  remove(lineKey: string): void
  setPrice(lineKey: string, price: { unit_price: string | null; reason: string | null }): void
  /** Another way for a line than being taken along; null for that. */
  setFulfilment(lineKey: string, fulfilment: { mode: string; store_id?: string } | null): void
  setAddress(shippingAddress: object): void
  setCustomer(customerId: string | null): void
  setCodes(codes: string[]): void
  select(lineKey: string | null): void
  /** Sets everything aside; it can be taken back. */
  clear(): void
  undo(): void
  /** Takes a cart of the server as the ticket. */
  hold(cart: Cart): void
  /** The ticket has become an order, or was parked: the next one begins. */
  leave(): void
  read(): Promise<void>
  /** When all changes have been answered: the cart as it is. Throws where one was refused or there is no answer. */
  settled(): Promise<Cart | null>
}

interface Kept {
  cartId: string | null
  /** As the server told it last: what is on the ticket is seen at once, and may be sold without the server. */
  cart: Cart | null
  changes: Change[]
}

export function createTicket(api: Api, place: Place): Ticket {
  let cartId: string | null = null
  let cart: Cart | null = null
  let changes: Change[] = []
  let selected: string | null = null
  let selectedVariant: string | null = null
  let refusal: Refused | null = null
  let undoable: { what: 'line' | 'ticket'; name: string; run(): void } | null = null
  let pumping: Promise<void> | null = null
  /** A change was sent and no answer came: it may have been made. */
  let isLost = false
  let shown: TicketState
  const watchers = new Set<() => void>()
  const { currency } = place

  function tell(): void {
    const view = shownOf(cart, changes, currency)
    // A line that got its id keeps the mark.
    if (selected !== null && !view.lines.some(({ key }) => key === selected))
      selected = view.lines.findLast(({ variantId }) => variantId === selectedVariant)?.key ?? null
    if (selected === null) selected = view.lines.at(-1)?.key ?? null
    shown = { ...view, cartId, cart, selected, refusal, undo: undoable && { what: undoable.what, name: undoable.name } }
    keep(NAMES.ticket, { cartId, cart, changes } satisfies Kept)
    for (const told of watchers) told()
  }

  function change(next: Change): void {
    changes = [...changes, next]
    refusal = null
    tell()
    void pump()
  }

  function pump(): Promise<void> {
    pumping ??= sendAll().finally(() => {
      pumping = null
    })
    return pumping
  }

  async function sendAll(): Promise<void> {
    while (changes.length > 0) {
      const [next] = changes as [Change]
      try {
        // A line of the ticket that came back from storage is asked for first: changes name versions.
        if (cartId !== null && cart === null) cart = await api.get<Cart>(`/carts/${cartId}`)
        cart = await send(next)
        cartId = cart.id
        isLost = false
        changes = changes.slice(1)
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        if (error.code === 'no-answer') {
          isLost = true
          await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
          continue
        }
        if (error.code === 'unauthenticated') return
        await refused(error)
      }
      tell()
    }
  }

  async function refused(error: Refused): Promise<void> {
    if (error.code === 'version-conflict' && cartId !== null) {
      const sent = cart?.version ?? 0
      cart = await api.get<Cart>(`/carts/${cartId}`)
      // The lost one had been made; else another device was first, and the change is made to what the cart is now.
      if (isLost && cart.version === sent + 1) changes = changes.slice(1)
      isLost = false
      return
    }
    isLost = false
    if (error.code === 'cart-closed' || (error.code === 'not-found' && cart === null)) {
      // Ordered or ended elsewhere: what is added begins a ticket of its own.
      cart = null
      cartId = null
      if (changes[0]?.kind === 'add') return
    }
    refusal = error
    changes = changes.slice(1)
    if (cartId !== null) cart = await api.get<Cart>(`/carts/${cartId}`).catch(() => cart)
  }

  function send(next: Change): Promise<Cart> {
    if (cartId === null) return begin(next)
    const options = { version: cart?.version ?? 1 }
    const path = `/carts/${cartId}`
    switch (next.kind) {
      case 'add':
        return api.call('POST', `${path}/lines`, { ...options, body: { lines: [lineOf(next.put)] } })
      case 'quantity':
        return api.call('PATCH', `${path}/lines/${next.lineId}`, { ...options, body: { quantity: next.quantity } })
      case 'remove':
        return api.call('DELETE', `${path}/lines/${next.lineId}`, options)
      case 'price':
        return api.call('PATCH', `${path}/lines/${next.lineId}`, {
          ...options,
          body: { unit_price: next.unit_price, ...(next.reason === null ? {} : { reason: next.reason }) },
        })
      case 'fulfilment':
        return api.call('PATCH', `${path}/lines/${next.lineId}`, {
          ...options,
          body: { fulfilment: next.fulfilment },
        })
      case 'address':
        return api.call('PATCH', path, { ...options, body: { shipping_address: next.shipping_address } })
      case 'customer':
        return api.call('PATCH', path, { ...options, body: { customer_id: next.customer_id } })
      case 'codes':
        return api.call('PATCH', path, { ...options, body: { codes: next.codes } })
    }
  }

  function begin(next: Change): Promise<Cart> {
    return api.call('POST', '/carts', {
      body: {
        ...{ currency: currency.code, channel: 'pos', store_id: place.storeId, register_id: place.registerId },
        ...(next.kind === 'add' ? { lines: [lineOf(next.put)] } : {}),
        ...(next.kind === 'customer' && next.customer_id !== null ? { customer_id: next.customer_id } : {}),
        ...(next.kind === 'codes' ? { codes: next.codes } : {}),
      },
    })
  }

  function keyed(lineKey: string) {
    return shown.lines.find(({ key }) => key === lineKey)
  }

  /** Changes of a line wait for its id. */
  async function onLine(lineKey: string, make: (lineId: string) => Change): Promise<void> {
    const line = keyed(lineKey)
    if (!line) return
    if (line.lineId !== null) return change(make(line.lineId))
    await pump()
    const now = shown.lines.findLast(({ variantId, lineId }) => variantId === line.variantId && lineId !== null)
    if (now?.lineId) change(make(now.lineId))
  }

  const ticket: Ticket = {
    state: () => shown,
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    add(put) {
      undoable = null
      selectedVariant = put.variant_id
      change({ kind: 'add', put })
      selected = shown.lines.findLast(({ variantId }) => variantId === put.variant_id)?.key ?? null
      tell()
    },
    setQuantity(lineKey, quantity) {
      void onLine(lineKey, (lineId) => ({ kind: 'quantity', lineId, quantity }))
    },
    remove(lineKey) {
      const line = keyed(lineKey)
      if (!line) return
      const { variantId, name, sku, unit, quantity, unitPrice, listPrice, reason } = line
      undoable = {
        what: 'line',
        name,
        run: () =>
          ticket.add({
            ...{ variant_id: variantId, name, sku, unit, kind: 'goods', quantity, price: listPrice },
            ...(reason !== null && unitPrice !== null ? { unit_price: unitPrice, reason } : {}),
          }),
      }
      selected = null
      void onLine(lineKey, (lineId) => ({ kind: 'remove', lineId }))
    },
    setPrice(lineKey, price) {
      void onLine(lineKey, (lineId) => ({ kind: 'price', lineId, ...price }))
    },
    setFulfilment(lineKey, fulfilment) {
      void onLine(lineKey, (lineId) => ({ kind: 'fulfilment', lineId, fulfilment }))
    },
    setAddress: (shipping_address) => change({ kind: 'address', shipping_address }),
    setCustomer: (customer_id) => change({ kind: 'customer', customer_id }),
    setCodes: (codes) => change({ kind: 'codes', codes }),
    select(lineKey) {
      selected = lineKey
      selectedVariant = shown.lines.find(({ key }) => key === lineKey)?.variantId ?? null
      tell()
    },
    clear() {
      const before = { cart, cartId, changes }
      if (shown.lines.length === 0) return
      undoable = {
        what: 'ticket',
        name: '',
        run() {
          ;({ cart, cartId, changes } = before)
          void pump()
          tell()
        },
      }
      begun()
    },
    undo() {
      const was = undoable
      undoable = null
      was?.run()
      tell()
    },
    hold(next) {
      undoable = null
      cart = next
      cartId = next.id
      changes = []
      selected = null
      refusal = null
      tell()
    },
    leave() {
      undoable = null
      begun()
    },
    async read() {
      if (cartId === null || changes.length > 0) return
      const asked = cartId
      try {
        const now = await api.get<Cart>(`/carts/${asked}`)
        if (cartId !== asked || changes.length > 0) return
        if (['converted', 'merged', 'expired'].includes(now.state)) begun()
        else cart = now
      } catch (error) {
        if (isRefused(error, 'not-found')) begun()
      }
      tell()
    },
    async settled() {
      refusal = null
      if (changes.length > 0 && !api.link.isOn) throw new Refused('no-answer')
      await pump()
      if (refusal) throw refusal
      if (cartId !== null && cart === null) cart = await api.get<Cart>(`/carts/${cartId}`)
      return cart
    },
  }

  function begun(): void {
    cart = null
    cartId = null
    changes = []
    selected = null
    selectedVariant = null
    refusal = null
    tell()
  }

  const before = kept<Kept>(NAMES.ticket)
  if (before && typeof before === 'object') {
    cartId = before.cartId ?? null
    cart = before.cart?.id === cartId ? before.cart : null
    changes = Array.isArray(before.changes) ? before.changes : []
    // The first of them may have been made before the page was gone; the version of the cart tells.
    isLost = changes.length > 0
  }
  tell()
  if (changes.length > 0) void pump()
  else if (cartId !== null) void ticket.read()
  return ticket
}

function lineOf({ variant_id, quantity, unit_price, reason }: Put) {
  return {
    variant_id,
    quantity,
    ...(unit_price === undefined ? {} : { unit_price }),
    ...(reason === undefined ? {} : { reason }),
  }
}
