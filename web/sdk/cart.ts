// The cart of this device. Its id and secret stay in the browser; what is in it is asked of the API at each step. Steps follow one
// another: a second press waits for the first, and each uses the cart as it is by then.

import type { CartChange, CartState, CheckoutOptions, CheckoutSession, Fulfilment, Order } from './answers.ts'
import { OnetillError } from './answers.ts'
import { Checkout } from './checkout.ts'
import type { Send } from './send.ts'

export interface CartOptions {
  currency: string
  /** Where the goods go, two letters. */
  country?: string
  /** Where id and secret are kept; default: localStorage where there is one. `null` keeps them in memory. */
  storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | null
}

export interface Cart {
  /** The cart as it stands, or null while there is none. Throws OnetillError, as all of these. */
  read(): Promise<CartState | null>
  add(variantId: string, quantity?: number, fulfilment?: Fulfilment): Promise<CartState>
  /** Sets the quantity of a line, or how it gets to the customer. */
  changeLine(lineId: string, change: { quantity?: number; fulfilment?: Fulfilment }): Promise<CartState>
  removeLine(lineId: string): Promise<CartState>
  change(change: CartChange): Promise<CartState>
  /** Makes the cart an order; the device holds no cart after it. Repeated after a lost answer it is the same order. */
  place(more?: { email?: string; reference?: string }): Promise<Order>
  /**
   * The page where the customer says where it goes, and orders and pays in one go. Until then the cart stays as it is on this device, and
   * may be changed: the page follows it.
   */
  checkout(options?: CheckoutOptions): Promise<{ session: CheckoutSession; checkout: Checkout }>
  /** As `place`, for a shop that has asked for everything itself, and the page where the order is paid. */
  order(more?: { email?: string; reference?: string; language?: string }): Promise<{ order: Order; checkout: Checkout }>
  /** Forgets the cart on this device. */
  leave(): void
}

interface Held {
  id: string
  secret: string
}

export function createCart(deps: { send: Send; url: string; name: string }, options: CartOptions): Cart {
  const { send, url, name } = deps
  const storage = options.storage === undefined ? ownStorage() : options.storage
  let held = recall()
  let last: Promise<unknown> = Promise.resolve()

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work, work)
    last = done.catch(() => {})
    return done
  }

  function recall(): Held | null {
    try {
      const { id, secret } = JSON.parse(storage?.getItem(name) ?? 'null') as Held
      return typeof id === 'string' && typeof secret === 'string' ? { id, secret } : null
    } catch {
      return null
    }
  }

  function hold(next: Held | null): void {
    held = next
    try {
      if (next) storage?.setItem(name, JSON.stringify(next))
      else storage?.removeItem(name)
    } catch {
      // A browser that keeps nothing: the cart lives as long as the page.
    }
  }

  function mine(): Held {
    if (!held) throw new OnetillError('cart-closed', 0, 'There is no cart yet. Add something first.')
    return held
  }

  const step = <T = CartState>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<T> => {
    const { id, secret } = mine()
    return send<T>(method, `/v1/carts/${id}${path}`, { secret, ...(body ? { body } : {}) })
  }

  async function read(): Promise<CartState | null> {
    if (!held) return null
    try {
      const cart = await step('GET', '')
      if (['open', 'parked', 'locked'].includes(cart.state)) return cart
    } catch (error) {
      if (!(error instanceof OnetillError && error.status === 404)) throw error
    }
    hold(null)
    return null
  }

  async function place({ email, reference }: { email?: string; reference?: string } = {}): Promise<Order> {
    const { id, secret } = mine()
    const body = { cart_id: id, ...(email ? { email } : {}), ...(reference ? { reference } : {}) }
    const order = await send<Order>('POST', '/v1/orders', { secret, body })
    hold(null)
    return order
  }

  return {
    read: () => inTurn(read),
    add: (variant_id, quantity = 1, fulfilment) =>
      inTurn(async () => {
        const line = { variant_id, quantity, ...(fulfilment ? { fulfilment } : {}) }
        if (await read()) return step('POST', '/lines', { lines: [line] })
        const { currency, country } = options
        const body = { currency, channel: 'web', lines: [line], ...(country ? { country } : {}) }
        const made = await send<CartState & { secret: string }>('POST', '/v1/carts', { body })
        const { secret, ...cart } = made
        hold({ id: cart.id, secret })
        return cart
      }),
    changeLine: (id, change) => inTurn(() => step('PATCH', `/lines/${id}`, change)),
    removeLine: (id) => inTurn(() => step('DELETE', `/lines/${id}`)),
    change: (change) => inTurn(() => step('PATCH', '', change)),
    place: (more) => inTurn(() => place(more)),
    checkout: ({ customerSession, ...options } = {}) =>
      inTurn(async () => {
        const { id, secret } = mine()
        const body = { ...options, cart_id: id }
        const session = await send<CheckoutSession>('POST', '/v1/checkout_sessions', {
          ...{ body, secret, session: customerSession },
        })
        return { session, checkout: new Checkout(session.url, url) }
      }),
    order: ({ language, ...more } = {}) =>
      inTurn(async () => {
        const { secret } = mine()
        const order = await place(more)
        const body = language ? { language } : {}
        const page = await send<{ url: string }>('POST', `/v1/orders/${order.id}/checkout`, { secret, body })
        return { order, checkout: new Checkout(page.url, url) }
      }),
    leave: () => hold(null),
  }
}

/** Reading the property throws where a browser forbids it. */
function ownStorage(): Storage | null {
  try {
    return globalThis.localStorage ?? null
  } catch {
    return null
  }
}
