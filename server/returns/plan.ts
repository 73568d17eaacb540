// Over which tenders money goes back. Pure: newest tender first, by reference wherever the tender can, the rest to the
// alternative that was chosen. Nothing is guessed: what can go nowhere is said.

import type { RefundableTender } from '../payments/index.ts'
import type { Destination } from './return.ts'

export interface Part {
  payment_id: string
  tender_id: string
  method: string
  amount: bigint
  /** Null: back to where it came from. */
  destination: Destination | null
}

export interface RefundPlan {
  parts: Part[]
  /** What can go back by no way that was offered; 0 when everything can. */
  stuck: bigint
  /** Cash that is handed out for what was not paid in cash. */
  cashOut: bigint
}

/**
 * Spreads `amount` over `tenders`, which are newest first. `to`: where money goes that cannot go back by reference;
 * `isForced`: all of it goes there. `here`: the till where it is given back, whose drawer gives what was paid in cash at another. Parts
 * never exceed what a tender can still give.
 */
export function planRefund(
  amount: bigint,
  tenders: readonly RefundableTender[],
  to: Destination | undefined,
  isForced: boolean,
  here?: string,
): RefundPlan {
  const parts: Part[] = []
  let rest = amount
  let stuck = 0n
  let cashOut = 0n
  for (const tender of tenders) {
    const part = rest < tender.refundable ? rest : tender.refundable
    if (part === 0n) continue
    rest -= part
    const { payment_id, tender_id, method } = tender
    if (!isForced && canGoBack(tender, part))
      parts.push({ payment_id, tender_id, method, amount: part, destination: ownDrawer(tender, here) })
    else if (to) {
      parts.push({ payment_id, tender_id, method: to.method, amount: part, destination: to })
      if (to.method === 'cash' && method !== 'cash') cashOut += part
    } else stuck += part
  }
  return { parts, stuck: stuck + rest, cashOut }
}

/** Nobody reaches into a drawer that they do not stand at. */
function ownDrawer({ method, register_id }: RefundableTender, here: string | undefined): Destination | null {
  if (method !== 'cash' || here === undefined || register_id === null || register_id === here) return null
  return { method: 'cash', register_id: here }
}

/** Whether a tender takes this much back by reference. */
function canGoBack(tender: RefundableTender, part: bigint): boolean {
  if (!tender.can.includes('refund')) return false
  return part === tender.captured || tender.can.includes('partial_refund')
}
