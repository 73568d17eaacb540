// The connector's side of a webhook: verifies the signature over the bytes as they came, then translates. The check is
// written here rather than taken from the standardwebhooks package, which reads the machine's clock and turns the bytes
// into text before it verifies them; a test signs with the package and verifies with this.

import { createHmac, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../lib/problem.ts'
import type { ConnectorAccount, ConnectorEvent, InboundRequest } from '../connector.ts'
import type { WireEvent } from './webhooks.ts'
import { decodeOutcome, minor } from './wire.ts'

/** Standard Webhooks' tolerance, either way. */
const TOLERANCE_SECONDS = 300

/** Verifies and translates one webhook. Throws Problem signature-invalid or timestamp-out-of-tolerance. */
export function receive(account: ConnectorAccount, request: InboundRequest, now: Date): ConnectorEvent[] {
  verify(account, request, now)
  const event = parse(request.body)
  if (event.account !== account.id) {
    return [{ type: 'ignored', psp_event_id: event.id, reason: 'the event is about another account' }]
  }
  return [translate(event)]
}

function verify(account: ConnectorAccount, request: InboundRequest, now: Date): void {
  const id = request.headers['webhook-id']
  const timestamp = request.headers['webhook-timestamp']
  const signatures = request.headers['webhook-signature']
  if (!id || !timestamp || !signatures || !/^\d{1,12}$/.test(timestamp)) throw new Problem('signature-invalid')
  const keys = [account.config['webhook_secret'], account.config['webhook_secret_previous']]
    .map(keyOf)
    .filter((key) => key.length > 0)
  // Every key is compared with every signature: during a rotation either side may be the one with two.
  const isSigned = keys.some((key) => {
    const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(request.body).digest()
    return signatures.split(' ').some((signature) => isSame(signature, expected))
  })
  if (!isSigned) throw new Problem('signature-invalid')
  if (Math.abs(now.getTime() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    throw new Problem('timestamp-out-of-tolerance')
}

/** The signing key of a `whsec_` secret; empty (and so of no use) when there is none. */
function keyOf(secret: string | undefined): Buffer {
  return Buffer.from((secret ?? '').replace(/^whsec_/, ''), 'base64')
}

function isSame(signature: string, expected: Buffer): boolean {
  if (!signature.startsWith('v1,')) return false
  const given = Buffer.from(signature.slice(3), 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** Signed by the provider, so a body that is not an event is its defect, and no Problem of the sender's: it is kept for a person. */
function parse(body: Buffer): WireEvent {
  try {
    const event = JSON.parse(body.toString('utf8')) as WireEvent
    if (typeof event.id === 'string' && typeof event.type === 'string' && typeof event.data === 'object') return event
  } catch {
    // Falls through to the sentence below: the parser's own quotes the body.
  }
  throw new Error('the body is not an event of the simulator')
}

function translate(event: WireEvent): ConnectorEvent {
  const data = event.data as Record<string, string>
  const about = { psp_event_id: event.id, operation_id: data['operation_id'], psp_reference: data['psp_reference'] }
  if (!data['amount']) return { type: 'ignored', psp_event_id: event.id, reason: `nothing follows from ${event.type}` }
  const money = { amount: minor(data['amount']), currency: data['currency'] as string }
  if (event.type.startsWith('operation.')) {
    return {
      type: 'operation',
      ...about,
      ...money,
      outcome: decodeOutcome(event.data['outcome']),
      occurred_at: event.created_at,
      ...(event.data['is_reversal'] === true ? { is_reversal: true } : {}),
    }
  }
  const stage =
    event.type === 'dispute.opened'
      ? 'opened'
      : event.type === 'dispute.won'
        ? 'won'
        : event.type === 'dispute.lost'
          ? 'lost'
          : undefined
  if (!stage) return { type: 'ignored', psp_event_id: event.id, reason: `nothing follows from ${event.type}` }
  return {
    type: 'dispute',
    ...about,
    ...money,
    stage,
    dispute_reference: data['dispute_reference'] as string,
    reason: data['reason'] as string,
    ...(data['respond_by'] ? { respond_by: data['respond_by'] } : {}),
    occurred_at: data['occurred_at'] ?? event.created_at,
  }
}
