// The provider's webhooks: written to the queue with the effect they tell of, signed when sent (Standard Webhooks), at
// least once, retried for days. The signature is made at each attempt, because the timestamp inside it must be fresh.

import { Webhook } from 'standardwebhooks'
import type { Outcome } from '../connector.ts'
import { type Books, DEFAULT_LATE_MS, type DisputeNews, isoTime } from './books.ts'
import type { Operation, PspAccount } from './psp.ts'
import type { QueuedWebhook, Store } from './store.ts'
import { wireOutcome } from './wire.ts'

/** Sends one request and says how it was answered. Throwing counts as no answer. */
export type Deliver = (url: string, headers: Record<string, string>, body: string) => Promise<{ status: number }>

/** Waits between attempts, in ms; after the last the webhook is given up and only a lookup finds the truth. */
const BACKOFF_MS = [5_000, 30_000, 120_000, 900_000, 3_600_000, 21_600_000, 86_400_000, 86_400_000, 86_400_000]
/** How far a reordered webhook falls behind: long enough that the next ones overtake it. */
const REORDER_MS = 10_000
/** Most webhooks sent in one round; the rest are due in the next. */
const ROUND = 256
/** Sent side by side, so that one slow receiver does not hold up all others. */
const AT_ONCE = 16

/** The body of a webhook. */
export interface WireEvent {
  id: string
  type: string
  created_at: string
  account: string
  data: Record<string, unknown>
}

/** Queues the news of an operation, spoilt as its fault says. Called inside a write. */
export function queueOperation(
  books: Books,
  operation: Operation,
  outcome: Outcome,
  options: { is_reversal?: boolean } = {},
): void {
  const nowMs = books.clock.now().getTime()
  const fault = options.is_reversal ? '' : operation.webhook_fault
  const wrongBy = fault === 'wrong_amount_webhook' ? 1n : 0n
  const told = outcome.outcome === 'succeeded' ? { ...outcome, amount: outcome.amount + wrongBy } : outcome
  const event: WireEvent = {
    id: `simevt_${books.newToken()}`,
    type: options.is_reversal ? 'operation.reversed' : `operation.${outcome.outcome}`,
    created_at: isoTime(nowMs),
    account: operation.account,
    data: {
      operation_id: operation.operation_id,
      psp_reference: operation.psp_reference,
      kind: operation.kind,
      amount: (told.outcome === 'succeeded' ? told.amount : operation.amount).toString(),
      currency: operation.currency,
      is_reversal: options.is_reversal === true,
      outcome: wireOutcome(told),
    },
  }
  const late = books.planOf(operation.account).late_ms ?? DEFAULT_LATE_MS
  const delay = fault === 'late_webhook' ? late : fault === 'reordered_webhook' ? REORDER_MS : 0
  enqueue(books.store, operation, event, nowMs + delay)
  if (fault === 'duplicate_webhook') enqueue(books.store, operation, event, nowMs + delay)
}

/** Queues the news of a dispute. Called inside a write. */
export function queueDispute(books: Books, charge: Operation, news: DisputeNews): void {
  const event: WireEvent = {
    id: `simevt_${books.newToken()}`,
    type: `dispute.${news.stage}`,
    created_at: news.occurred_at,
    account: charge.account,
    data: {
      operation_id: charge.operation_id,
      psp_reference: charge.psp_reference,
      amount: charge.captured.toString(),
      currency: charge.currency,
      ...news,
    },
  }
  enqueue(books.store, charge, event, books.clock.now().getTime())
}

function enqueue(store: Store, operation: Operation, event: WireEvent, dueMs: number): void {
  if (!operation.webhook_url) return
  store.addWebhook({
    account: operation.account,
    event_id: event.id,
    url: operation.webhook_url,
    body: JSON.stringify(event),
    due_at: BigInt(dueMs),
  })
}

/** Keeps an account's secrets for signing later. Called inside a write, and only when they change. */
export function rememberSecrets(store: Store, account: PspAccount): void {
  store.setSetting(`secrets:${account.id}`, JSON.stringify(secretsOf(account)))
}

export function secretsOf(account: PspAccount): string[] {
  return [account.webhook_secret, account.webhook_secret_previous].filter(
    (secret) => secret !== undefined && secret !== '',
  ) as string[]
}

/** Sends what is due, once each, oldest first, and returns how many arrived. */
export async function deliverWebhooks(books: Books, deliver: Deliver): Promise<number> {
  const now = books.clock.now()
  const due = books.store.dueWebhooks(now.getTime(), ROUND)
  let arrived = 0
  for (let first = 0; first < due.length; first += AT_ONCE) {
    const group = due.slice(first, first + AT_ONCE)
    const answers = await Promise.all(group.map((webhook) => attempt(books.store, webhook, now, deliver)))
    books.store.write(() => {
      for (const [i, webhook] of group.entries()) {
        const next = answers[i] ? undefined : BACKOFF_MS[Number(webhook.attempt)]
        books.store.webhookAttempted(webhook.id, next === undefined ? null : now.getTime() + next)
      }
    })
    arrived += answers.filter(Boolean).length
  }
  return arrived
}

async function attempt(store: Store, webhook: QueuedWebhook, now: Date, deliver: Deliver): Promise<boolean> {
  const text = store.setting(`secrets:${webhook.account}`)
  const secrets: string[] = text ? JSON.parse(text) : []
  if (secrets.length === 0) return false
  try {
    const headers = {
      'content-type': 'application/json',
      'webhook-id': webhook.event_id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      // Throws for a secret that is none: that account goes without, and the others do not wait for it.
      'webhook-signature': secrets
        .map((secret) => new Webhook(secret).sign(webhook.event_id, now, webhook.body))
        .join(' '),
    }
    const { status } = await deliver(webhook.url, headers, webhook.body)
    return status >= 200 && status < 300
  } catch {
    // Not answered is not delivered; the queue keeps it.
    return false
  }
}
