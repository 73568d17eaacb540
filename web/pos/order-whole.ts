// An order with all that a counter wants to know of it: what of it is where, how it was paid, and what happened.

import type { Order, OrderLine, Payment } from './answers.ts'
import type { Api } from './api.ts'
import { type Fulfilment, pickupStoreOf } from './fulfilments.ts'

export interface Happened {
  id: string
  type: string
  by: string | null
  data: { reason?: string; cancel_reason?: string }
  created_at: string
}
export interface ReceiptBrief {
  id: string
  kind: 'sale' | 'refund'
  number: number
  total: number
  issued_at: string
}
interface Read extends Order {
  charge: string
  return_status: string
  lines: (OrderLine & { quantity_cancelled: number; quantity_fulfilled: number; quantity_returned: number })[]
}
export interface OrderWhole extends Read {
  fulfilments: (Fulfilment & { pickup_store_id: string | null })[]
  payments: Payment[]
  history: Happened[]
  receipts: ReceiptBrief[]
  hasReceipt: boolean
  canCancel: boolean
}

export async function readOrder(api: Api, id: string): Promise<OrderWhole> {
  const [order, fulfilments, payments, history, receipts] = await Promise.all([
    api.get<Read>(`/orders/${id}`),
    api.get<{ data: Fulfilment[] }>(`/orders/${id}/fulfilments`),
    api.get<{ data: Payment[] }>(`/payments?${new URLSearchParams({ order_id: id, limit: '20' })}`),
    api.get<{ data: Happened[] }>(`/orders/${id}/history?limit=100`),
    api.get<{ data: ReceiptBrief[] }>(`/receipts?order_id=${id}`),
  ])
  const isOpen = ['placed', 'confirmed'].includes(order.state)
  return {
    ...order,
    fulfilments: fulfilments.data.map((each) => ({ ...each, pickup_store_id: pickupStoreOf(each) })),
    payments: payments.data,
    history: history.data,
    receipts: receipts.data,
    hasReceipt: payments.data.some(({ amount_captured, amount_authorized }) => amount_captured + amount_authorized > 0),
    // What was handed over is returned, not cancelled.
    canCancel: isOpen && order.lines.some(({ quantity_open }) => quantity_open > 0),
  }
}
