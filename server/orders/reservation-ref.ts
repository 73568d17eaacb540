// The references under which stock is reserved for an order.

import type { GroupMode } from './order.ts'

/**
 * Two per order: what is taken along at a till is in the customer's hands and never refused (the stock opens a task when its
 * count says otherwise); everything else must be there.
 */
export function reservationRef(orderId: string, mode: GroupMode): string {
  return mode === 'take_away' ? `${orderId}:take_away` : orderId
}

/** All references of an order. */
export function reservationRefs(orderId: string): string[] {
  return [reservationRef(orderId, 'ship'), reservationRef(orderId, 'take_away')]
}
