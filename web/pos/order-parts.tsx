// How orders look wherever they are listed: the channel's icon, and one chip that says how it stands.

import type { Order } from './answers.ts'
import type { IconName } from './icon.tsx'
import { useTill } from './till.tsx'

const CHANNEL_ICONS: Readonly<Record<string, IconName>> = {
  pos: 'store',
  kiosk: 'store',
  web: 'globe',
  app: 'phone',
  phone: 'phone',
  pay_link: 'qr',
  invoice: 'report',
  marketplace: 'box',
}
export const channelIcon = (channel: string): IconName => CHANNEL_ICONS[channel] ?? 'globe'

/** Cancelled before anything else; else how it was paid. Colour and word say the same. */
export function OrderChip({ order }: { order: Pick<Order, 'state' | 'payment_status'> }) {
  const { texts } = useTill()
  const words = texts.service.orders
  if (order.state === 'cancelled') return <span className="status struck">{words.states['cancelled']}</span>
  const { payment_status: paid } = order
  const kind = { paid: 'good', overpaid: 'good', authorized: 'info', partly_paid: 'warn', none: 'grey' }[paid] ?? 'grey'
  return <span className={`status ${kind}`}>{words.paid[paid] ?? paid}</span>
}
