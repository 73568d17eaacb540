// Exchanges of Pay.: what became of an order, signed over the raw bytes with the secret of whoever is named as signer. There is no time in
// the signature, so that a repeated one is known by what it says alone. Unsigned exchanges are refused: they prove nothing.

import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../lib/problem.ts'
import type { ConnectorAccount, ConnectorEvent, InboundRequest } from '../connector.ts'
import type { Order } from './api.ts'
import { CHARGED_BACK, outcomeOfOrder } from './outcome.ts'
import { operationOf } from './reference.ts'

/** The sender chooses among these, and among no others. */
const ALGORITHMS = new Set(['sha256', 'sha384', 'sha512'])

/** Throws Problem signature-invalid. */
export function receive(account: ConnectorAccount, { headers, body }: InboundRequest, now: Date): ConnectorEvent[] {
  mustBeGenuine(account, headers, body)
  const { type, object: order } = JSON.parse(body.toString('utf8')) as { type?: string; object?: Order }
  if (type !== 'order' || !order?.orderId || typeof order.status?.code !== 'number')
    return [{ type: 'ignored', psp_event_id: hash('sha256', body, 'hex'), reason: type ?? 'no type' }]
  const { code } = order.status
  const at = new Date(order.modifiedAt ?? order.completedAt ?? now)
  const occurred_at = (Number.isNaN(at.getTime()) ? now : at).toISOString()
  const psp_event_id = `${order.orderId} ${code} ${order.modifiedAt ?? ''}`.trim()
  const { value, currency } = order.capturedAmount ?? order.amount
  if (CHARGED_BACK.has(code)) {
    const dispute = {
      dispute_reference: order.orderId,
      psp_reference: order.orderId,
      stage: 'opened',
      reason: 'chargeback',
    } as const
    return [{ type: 'dispute', psp_event_id, ...dispute, amount: BigInt(value), currency, occurred_at }]
  }
  const operation_id = operationOf(order.reference)
  const outcome = outcomeOfOrder(order, currency)
  // A refund is an operation of its own, which was answered when it was made.
  const isNews = code === 100 || outcome.outcome === 'declined'
  if (operation_id === undefined || !isNews)
    return [{ type: 'ignored', psp_event_id, reason: order.status.action ?? String(code) }]
  return [
    {
      ...{ type: 'operation', psp_event_id, operation_id, psp_reference: order.orderId, outcome, occurred_at },
      ...(outcome.outcome === 'succeeded' && { amount: outcome.amount, currency }),
    },
  ]
}

function mustBeGenuine(account: ConnectorAccount, headers: InboundRequest['headers'], body: Buffer): void {
  // Not by settingsOf: what an account lacks must not look like something genuine that cannot be read.
  const { user, password, service_id, service_secret } = account.config
  const signer = headers['signature-keyid'] ?? ''
  const secret = signer === user ? password : signer === service_id ? service_secret : undefined
  const algorithm = headers['signature-algorithm'] ?? 'sha256'
  if (!secret || headers['signature-method'] !== 'HMAC' || !ALGORITHMS.has(algorithm))
    throw new Problem('signature-invalid')
  const wanted = createHmac(algorithm, secret).update(body).digest()
  const given = Buffer.from(headers['signature'] ?? '', 'hex')
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Problem('signature-invalid')
}
