// The cart that this device holds: its id and secret stay in the browser, everything else is asked of the API at each look.

import { useEffect, useMemo, useState } from 'preact/hooks'
import { type Api, type Cart, createApi, type PlacedOrder, Refused, type SessionHold } from './api.ts'
import { rememberOrder } from './orders-page.tsx'
import { recall, remember } from './shop.ts'

interface Held {
  id: string
  secret: string
}
const NAME = 'onetill.shop.cart'

export interface CartHold {
  /** Null while there is none, or until it was read. */
  now: Cart | null
  isReading: boolean
  /** The cart as the last answer had it, for a step that follows another. */
  latest(): Cart | null
  add(variantId: string, quantity: number): Promise<void>
  setQuantity(lineId: string, quantity: number): Promise<void>
  remove(lineId: string): Promise<void>
  change(patch: object): Promise<void>
  changeLine(lineId: string, patch: object): Promise<void>
  /** Takes over the cart of another device. */
  join(code: string): Promise<void>
  read(): Promise<void>
  /** The cart has become an order. */
  leave(): void
}

/** Articles in a cart, without the delivery; what is weighed counts as one. */
export function countOf(cart: Cart | null): number {
  return (cart?.lines ?? [])
    .filter(({ kind }) => kind !== 'shipping')
    .reduce((sum, { quantity, unit }) => sum + (unit === 'gram' ? 1 : quantity), 0)
}

export function useCart(
  key: string,
  { country, currency, session }: { country: string; currency: string; session: SessionHold },
): { cart: CartHold; api: Api } {
  const [held, setHeld] = useState<Held | null>(null)
  const [now, setNow] = useState<Cart | null>(null)
  const [isReading, setReading] = useState(true)
  // Steps follow one another: a second press waits for the first, and both use the cart as it is by then.
  const box = useMemo(
    () => ({ held: null as Held | null, cart: null as Cart | null, queue: Promise.resolve() as Promise<unknown> }),
    [],
  )
  const api = useMemo(() => createApi(key, () => box.held?.secret, session), [key])

  const hold = (next: Held | null) => {
    box.held = next
    setHeld(next)
    remember(NAME, next)
  }
  const shown = (cart: Cart | null) => {
    box.cart = cart
    setNow(cart)
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = box.queue.then(work, work)
    box.queue = done.catch(() => {})
    return done
  }

  async function read(): Promise<void> {
    const current = box.held
    if (!current) {
      shown(null)
      setReading(false)
      return
    }
    try {
      const cart = await api.get<Cart>(`/carts/${current.id}`)
      if (cart.state === 'merged' && cart.moved_to?.startsWith('crt_')) {
        hold({ ...current, id: cart.moved_to })
        shown(await api.get<Cart>(`/carts/${cart.moved_to}`))
      } else if (cart.state === 'converted') {
        // Asked again with its cart, an order is told again: its number and its own page.
        rememberOrder(await api.send<PlacedOrder>('POST', '/orders', { cart_id: cart.id }))
        leave()
      } else if (cart.state === 'open' || cart.state === 'locked' || cart.state === 'parked') shown(cart)
      else leave()
    } catch (error) {
      if (error instanceof Refused && error.code === 'not-found') leave()
      else throw error
    } finally {
      setReading(false)
    }
  }

  function leave(): void {
    hold(null)
    shown(null)
  }

  async function begin(lines: object[]): Promise<void> {
    const made = await api.send<Cart>('POST', '/carts', { currency, country, channel: 'web', lines })
    hold({ id: made.id, secret: made.secret as string })
    shown(made)
  }

  const step = (method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: object) =>
    inTurn(async () => {
      try {
        shown(await api.send<Cart>(method, `/carts/${box.held?.id ?? ''}${path}`, body))
      } catch (error) {
        // Another device may have changed it meanwhile: what is shown is what is.
        await read().catch(() => {})
        throw error
      }
    })

  // A cart has one currency: in another country it is a new one with the same articles.
  useEffect(() => {
    if (!now || (now.currency === currency && now.country === country)) return
    void inTurn(async () => {
      if (now.currency === currency) {
        shown(await api.send<Cart>('PATCH', `/carts/${now.id}`, { country }))
        return
      }
      const lines = now.lines.filter(({ is_gone }) => !is_gone)
      await begin(lines.map(({ variant_id, quantity }) => ({ variant_id, quantity })))
    }).catch(() => {})
  }, [now?.id, now?.currency, now?.country, country, currency])

  useEffect(() => {
    hold(recall<Held>(NAME))
    read().catch(() => {})
    const again = () => {
      if (document.visibilityState === 'visible') read().catch(() => {})
    }
    document.addEventListener('visibilitychange', again)
    return () => document.removeEventListener('visibilitychange', again)
  }, [])

  const cart: CartHold = {
    now: held ? now : null,
    isReading,
    latest: () => box.cart,
    add: (variant_id, quantity) =>
      inTurn(async () => {
        const lines = [{ variant_id, quantity }]
        if (!box.held) return begin(lines)
        try {
          shown(await api.send<Cart>('POST', `/carts/${box.held.id}/lines`, { lines }))
        } catch (error) {
          // It was ordered, or has ended: a new one takes its place.
          if (!(error instanceof Refused) || !['cart-closed', 'not-found'].includes(error.code)) throw error
          leave()
          await begin(lines)
        }
      }),
    setQuantity: (lineId, quantity) => step('PATCH', `/lines/${lineId}`, { quantity }),
    remove: (lineId) => step('DELETE', `/lines/${lineId}`),
    change: (patch) => step('PATCH', '', patch),
    changeLine: (lineId, patch) => step('PATCH', `/lines/${lineId}`, patch),
    join: (code) =>
      inTurn(async () => {
        const claimed = await api.send<Cart>('POST', '/carts/claim', { code, channel: 'web' })
        hold({ id: claimed.id, secret: claimed.secret as string })
        shown(claimed)
      }),
    read,
    leave,
  }
  return { cart, api }
}
