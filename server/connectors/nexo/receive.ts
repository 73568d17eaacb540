// What a terminal sends by itself, through its provider: the result of a payment that was sent asynchronously, and the steps on the
// way. They come with the name and password that stand in the provider's settings, which is all they are signed with.

import { hash, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../lib/problem.ts'
import { isSealed, open, readMessage, readPaymentAnswer, readProgress, type Wire } from '../../nexo/index.ts'
import type { ConnectorAccount, ConnectorEvent, InboundRequest } from '../connector.ts'
import { outcomeOfPayment } from './outcome.ts'
import { settingsOf } from './settings.ts'

/** Throws Problem signature-invalid when the password is wrong or the account has none. */
export function receive(account: ConnectorAccount, { headers, body }: InboundRequest, now: Date): ConnectorEvent[] {
  mustKnow(account, headers['authorization'])
  const wire = openedFor(account, JSON.parse(body.toString('utf8')))
  const { header, wrapper, body: content } = readMessage(wire)
  const id = `${header.MessageCategory} ${header.POIID} ${header.ServiceID ?? hash('sha256', body, 'hex')}`
  if (wrapper === 'SaleToPOIResponse' && header.MessageCategory === 'Payment') return [paid(content, id, now)]
  if (wrapper === 'SaleToPOIRequest' && header.MessageCategory === 'Display') {
    const progress = readProgress(content)
    if (progress) return [progressOf(header.POIID, progress.event, now)]
  }
  return [{ type: 'ignored', psp_event_id: id, reason: header.MessageCategory }]
}

/** A step as the till shows it. */
export function progressOf(serial: string, event: string, now: Date): Extract<ConnectorEvent, { type: 'progress' }> {
  const occurred_at = now.toISOString()
  return {
    type: 'progress',
    psp_event_id: `${serial} ${event} ${occurred_at}`,
    serial,
    step: event.toLowerCase(),
    occurred_at,
  }
}

function paid(body: unknown, id: string, now: Date): ConnectorEvent {
  // A refusal names no currency: nothing was taken in any.
  const { saleTransaction, currency, poiTransaction } = readPaymentAnswer(body)
  const operation_id = saleTransaction?.id
  if (operation_id === undefined) return { type: 'ignored', psp_event_id: id, reason: 'names no operation' }
  const outcome = outcomeOfPayment(body, currency ?? '')
  const at = poiTransaction && !Number.isNaN(Date.parse(poiTransaction.at)) ? new Date(poiTransaction.at) : now
  return {
    type: 'operation',
    psp_event_id: id,
    operation_id,
    outcome,
    ...(currency !== undefined && outcome.outcome === 'succeeded' && { currency }),
    occurred_at: at.toISOString(),
  }
}

function mustKnow({ config }: ConnectorAccount, header: string | undefined): void {
  const { webhook_user: user = '', webhook_password: password = '' } = config
  const wanted = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
  // Both as digests, so that neither length nor content shows in the time it takes.
  const isKnown = timingSafeEqual(hash('sha256', header ?? '', 'buffer'), hash('sha256', wanted, 'buffer'))
  if (user === '' || password === '' || !isKnown) throw new Problem('signature-invalid')
}

function openedFor(account: ConnectorAccount, wire: unknown): Wire {
  if (!isSealed(wire)) return wire as Wire
  const { key } = settingsOf(account, readMessage(wire).header.POIID)
  if (!key) throw new Error('a sealed notification, and no key')
  return open(wire, key)
}
