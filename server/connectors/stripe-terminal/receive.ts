// Stripe's webhooks: signed over time and raw bytes, believed for five minutes.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../lib/problem.ts'
import type { ConnectorAccount, ConnectorEvent, InboundRequest } from '../connector.ts'
import type { Intent, Refund } from './api.ts'
import { refunded, succeeded } from './outcome.ts'

const TOLERANCE_S = 300

interface StripeEvent {
  id: string
  type: string
  created: number
  data: { object: unknown }
}

export function receive(account: ConnectorAccount, { headers, body }: InboundRequest, now: Date): ConnectorEvent[] {
  mustBeGenuine(account.config['webhook_secret'] ?? '', headers['stripe-signature'] ?? '', body, now)
  const event = JSON.parse(body.toString('utf8')) as StripeEvent
  const { id: psp_event_id } = event
  const occurred_at = new Date(event.created * 1000).toISOString()
  if (event.type === 'payment_intent.succeeded') {
    const intent = event.data.object as Intent
    const operation_id = intent.metadata?.['operation_id']
    const currency = intent.currency.toUpperCase()
    if (operation_id !== undefined)
      return [{ type: 'operation', psp_event_id, operation_id, outcome: succeeded(intent), currency, occurred_at }]
  }
  if (/^(charge\.refund\.updated|refund\.(updated|failed))$/.test(event.type)) {
    const refund = event.data.object as Refund
    const operation_id = refund.metadata?.['operation_id']
    const outcome = refunded(refund)
    if (operation_id !== undefined && outcome.outcome !== 'pending')
      return [
        {
          ...{ type: 'operation', psp_event_id, operation_id, outcome, occurred_at },
          ...(outcome.outcome === 'declined' && { is_reversal: true }),
        },
      ]
  }
  return [{ type: 'ignored', psp_event_id, reason: event.type }]
}

function mustBeGenuine(secret: string, header: string, body: Buffer, now: Date): void {
  const parts = header.split(',').map((part) => part.split('='))
  const seconds = parts.find(([name]) => name === 't')?.[1] ?? ''
  const wanted = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
  const isSigned = parts.some(([name, value = '']) => {
    const given = name === 'v1' ? Buffer.from(value, 'hex') : Buffer.alloc(0)
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  })
  if (secret === '' || !/^\d{1,12}$/.test(seconds) || !isSigned) throw new Problem('signature-invalid')
  if (Math.abs(now.getTime() / 1000 - Number(seconds)) > TOLERANCE_S) throw new Problem('timestamp-out-of-tolerance')
}
