// Webhooks from providers. Verified on the raw bytes, stored (once per provider event), answered, and only then applied
// through the same path as every other evidence. An event about an operation we do not know yet is kept and tried again.

import { hash } from 'node:crypto'
import type { Connector, ConnectorAccount, ConnectorEvent, InboundRequest } from '../connectors/connector.ts'
import { Problem } from '../lib/problem.ts'
import { type MerchantConfig, merchantConfig } from '../merchants/index.ts'
import { apply } from './apply.ts'
import type { PaymentDeps } from './deps.ts'
import { applyDispute } from './disputes.ts'
import { eachAlone } from './each-alone.ts'
import {
  claimInboundEvents,
  type InboundRow,
  readOperation,
  rescheduleAsk,
  rescheduleInbound,
  storeInboundEvent,
} from './store.ts'
import { noteStep } from './terminal-store.ts'

/**
 * Verifies and stores what a provider sent; the worker applies it. Throws not-found for an unknown account and what the
 * connector's verification throws (signature-invalid, timestamp-out-of-tolerance). Genuine repeats are accepted silently.
 */
export async function receive(
  deps: PaymentDeps,
  merchantId: string,
  accountId: string,
  request: InboundRequest,
): Promise<number> {
  const merchant = await merchantConfig(deps, merchantId)
  const account = merchant?.accounts.find((candidate) => candidate.id === accountId)
  const connector = account && deps.connectors.get(account.connector)
  if (!merchant || !account || !connector?.receive) throw new Problem('not-found')
  const now = deps.clock.now()
  const events = translate(deps, connector, account, request, now)
  for (const event of events) {
    if (event.type === 'progress') {
      await noteProgress(deps, merchant, account, event)
      continue
    }
    await storeInboundEvent(deps.db, merchantId, {
      account_id: accountId,
      event_id: event.psp_event_id.replaceAll('\u0000', '\uFFFD'),
      event: storable(event),
      at: now,
      is_done: event.type === 'ignored',
    })
  }
  deps.wake?.('inbound')
  return events.length
}

/** Takes the steps that a driver hears by itself. They are written one after the other, in the order in which they came. */
export function createStepNotes(deps: PaymentDeps): {
  note(account: ConnectorAccount, event: Extract<ConnectorEvent, { type: 'progress' }>): void
} {
  let last: Promise<void> = Promise.resolve()
  return {
    note(account, event) {
      last = last
        .then(async () => {
          const merchant = await merchantConfig(deps, account.merchant_id)
          if (merchant) await noteProgress(deps, merchant, account, event)
        })
        .catch((error: unknown) => deps.log.warn('a step at a terminal was not noted', { error }))
    },
  }
}

/** Shown to staff while they wait; nothing is decided by it, so it is neither kept nor tried again. */
async function noteProgress(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  account: ConnectorAccount,
  { serial, step, occurred_at }: Extract<ConnectorEvent, { type: 'progress' }>,
): Promise<void> {
  const terminal = [...merchant.terminals.values()].find(
    (one) => one.connectorAccountId === account.id && one.serial === serial,
  )
  if (terminal) await noteStep(deps.db, merchant.id, terminal.id, { step, at: occurred_at })
}

/** What is genuine and cannot be read is kept too, for a person: answering with an error would only bring it again. */
function translate(
  deps: PaymentDeps,
  connector: Connector,
  account: ConnectorAccount,
  request: InboundRequest,
  now: Date,
): ConnectorEvent[] {
  try {
    return connector.receive?.(account, request, now) ?? []
  } catch (error) {
    // A Problem is the refusal of a request that is not genuine.
    if (error instanceof Problem) throw error
    deps.log.error('a genuine provider event could not be read and is kept', {
      merchant_id: account.merchant_id,
      object_id: account.id,
      error,
    })
    const digest = hash('sha256', request.body, 'hex')
    return [{ type: 'ignored', psp_event_id: `unreadable ${digest}`, reason: request.body.toString('base64') }]
  }
}

/** JSON that the database can keep: amounts as numbers, and without NUL characters, which no text column takes. */
function storable(event: ConnectorEvent): string {
  return JSON.stringify(event, (_, value: unknown) => {
    if (typeof value === 'bigint') return Number(value)
    return typeof value === 'string' ? value.replaceAll('\u0000', '\uFFFD') : value
  })
}

const LEASE_MS = 60_000
/** An event may overtake our own answer by milliseconds, or be about something that is not ours: quick first, then slow. */
const RETRY_MS = [1_000, 5_000, 30_000, 300_000, 3_600_000, 86_400_000] as const
const BATCH = 100

/** Applies stored events that wait. Returns how many were taken up. */
export async function applyInbound(deps: PaymentDeps): Promise<number> {
  const now = deps.clock.now()
  const rows = await claimInboundEvents(deps.db, now, new Date(now.getTime() + LEASE_MS), BATCH)
  await eachAlone(
    deps,
    rows,
    async (row) => {
      const wait = RETRY_MS[Math.min(row.attempt - 1, RETRY_MS.length - 1)] as number
      const again = (ms: number) => rescheduleInbound(deps.db, row, new Date(deps.clock.now().getTime() + ms))
      try {
        if (!(await applyOne(deps, row))) await again(wait)
      } catch (error) {
        // Refused for what it says, it would be refused each minute for ever: it comes up later and later too.
        if (wait > LEASE_MS) await again(wait)
        throw error
      }
    },
    (row) => ({ merchant_id: row.merchant_id, object_id: row.psp_event_id }),
  )
  return rows.length
}

/** False when the event is about an operation we do not know (yet). */
async function applyOne(deps: PaymentDeps, row: InboundRow): Promise<boolean> {
  const event = row.event as unknown as StoredEvent
  if (event.type === 'dispute') return applyDispute(deps, row, event)
  if (event.operation_id === undefined) return false
  const operation = await readOperation(deps.db, row.merchant_id, event.operation_id)
  if (!operation || operation.connector_account_id !== row.connector_account_id) return false
  const outcome = event.outcome
  const applied = await apply(deps, {
    merchantId: row.merchant_id,
    paymentId: operation.payment_id,
    operationId: operation.id,
    source: 'webhook',
    outcome:
      outcome.outcome === 'succeeded'
        ? {
            ...outcome,
            amount: BigInt(outcome.amount),
            tip: outcome.tip === undefined ? undefined : BigInt(outcome.tip),
            fees: outcome.fees?.map((fee) => ({ ...fee, amount: BigInt(fee.amount) })),
          }
        : outcome.outcome === 'unknown'
          ? { outcome: 'unknown', reason: outcome.reason }
          : outcome,
    amount: event.amount === undefined ? undefined : BigInt(event.amount),
    currency: event.currency,
    occurredAt: event.occurred_at,
    isReversal: event.is_reversal,
    body: event,
    inbound: { accountId: row.connector_account_id, eventId: row.psp_event_id },
  })
  // What contradicts the instruction decides nothing; the provider is asked at once instead.
  if (applied.effect === 'mismatch') {
    await rescheduleAsk(
      deps.db,
      row.merchant_id,
      operation.id,
      deps.clock.now(),
      operation.attempt,
      operation.not_found,
    )
  }
  return true
}

/** A connector event as it comes back from JSON: amounts are numbers. */
type StoredEvent = Numbered<Exclude<ConnectorEvent, { type: 'ignored' } | { type: 'progress' }>>
type Numbered<T> = T extends bigint ? number : T extends object ? { [K in keyof T]: Numbered<T[K]> } : T
export type StoredDispute = Extract<StoredEvent, { type: 'dispute' }>
