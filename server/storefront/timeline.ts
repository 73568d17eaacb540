// What happened to an order, oldest first, and its returns, in few words.

import type { ShownFulfilment } from '../fulfilments/index.ts'
import type { OrderView } from '../orders/index.ts'
import type { ReturnView } from '../returns/index.ts'
import type { ReturnEntryView, StepView, StepWord } from './page-view.ts'

const STEP_OF: Readonly<Record<string, StepWord>> = {
  ready: 'ready',
  arrived: 'ready',
  shipped: 'shipped',
  delivered: 'delivered',
  expired: 'uncollected',
}

const RETURN_STATES: Readonly<Record<string, ReturnEntryView['state']>> = {
  requested: 'asked',
  approved: 'agreed',
  in_transit: 'agreed',
  received: 'arrived',
  settling: 'arrived',
  settled: 'refunded',
  rejected: 'refused',
  cancelled: 'given_up',
}

interface Happened {
  order: OrderView
  parcels: readonly ShownFulfilment[]
  returns: readonly ReturnView[]
  time(at: string): string
}

export function timelineOf({ order, parcels, returns, time }: Happened): StepView[] {
  const steps: { word: StepWord; at: string }[] = [{ word: 'placed', at: order.placed_at }]
  if (order.confirmed_at !== null) steps.push({ word: 'confirmed', at: order.confirmed_at })
  for (const { state, mode, updated_at } of parcels) {
    const word = state === 'collected' ? (mode === 'digital' ? 'sent' : 'collected') : STEP_OF[state]
    if (word !== undefined) steps.push({ word, at: updated_at })
  }
  for (const { created_at, settled_at } of returns) {
    steps.push({ word: 'return_asked', at: created_at })
    if (settled_at !== null) steps.push({ word: 'refunded', at: settled_at })
  }
  if (order.state === 'cancelled' && order.ended_at !== null) steps.push({ word: 'cancelled', at: order.ended_at })
  return steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).map(({ word, at }) => ({ word, at: time(at) }))
}

export function returnViews(returns: readonly ReturnView[], show: (amount: number) => string): ReturnEntryView[] {
  return returns.map((each) => ({
    id: each.id,
    state: RETURN_STATES[each.state] ?? 'asked',
    lines: each.lines.map(({ name, requested, received }) => ({ name, quantity: Math.max(requested, received) })),
    amount: each.amount_refund > 0 ? show(each.amount_refund) : null,
  }))
}
