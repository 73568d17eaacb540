// Goods that came back and are exchanged for what is on the ticket: kept on the device from the moment they were taken in until what they
// are worth has paid, so that a reload forgets neither.

import { useSyncExternalStore } from 'react'
import { keep, kept } from './keep.ts'

const NAME = 'onetill.pos.exchange'
const LAST = 'onetill.pos.exchange.last'

export interface Exchange {
  returnId: string
  /** The number of the order that they were bought with. */
  number: string
  /** What they are worth, minor units. */
  worth: number
}

let now = kept<Exchange>(NAME)
const watchers = new Set<() => void>()

export const exchangeNow = (): Exchange | null => now

export function setExchange(next: Exchange | null): void {
  now = next
  keep(NAME, next)
  for (const told of watchers) told()
}

export const useExchange = (): Exchange | null =>
  useSyncExternalStore((told) => {
    watchers.add(told)
    return () => watchers.delete(told)
  }, exchangeNow)

/** The order that the worth has paid for: whoever gives that up must know what becomes of it. */
export const setExchanged = (orderId: string): void => keep(LAST, orderId)
export const wasExchanged = (orderId: string | undefined): boolean =>
  orderId !== undefined && kept<string>(LAST) === orderId
