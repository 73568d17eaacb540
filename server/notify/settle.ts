// What an attempt means for its delivery and its endpoint, written in one transaction. Only the holder of the claim writes; a
// process that was stalled past its lease finds another fence and changes nothing.

import { type Db, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import { DOWN_AFTER_FAILURES, DOWN_REST_MS, nextAttemptAt } from './delivery.ts'
import { type EndpointRow, endpointView } from './endpoint.ts'
import { appendEvents, type NewEvent } from './event-store.ts'
import type { SendOutcome } from './send.ts'
import {
  type ClaimedDelivery,
  closeAttempt,
  lockClaimed,
  lockEndpoint,
  makePendingDue,
  updateEndpoint,
} from './store.ts'

export interface SettleDeps {
  db: Db
  clock: Clock
  newId: NewId
}

/** The state a delivery is left in, or `stale` when the claim was no longer ours. */
export type Settled = 'pending' | 'delivered' | 'failed' | 'stale'

/** Writes the outcome of an attempt that began at `startedAt`. */
export function settle(
  deps: SettleDeps,
  endpointKey: { merchantId: string; endpointId: string },
  claimed: ClaimedDelivery,
  attempt: { startedAt: Date; outcome: SendOutcome },
): Promise<Settled> {
  const { merchantId, endpointId } = endpointKey
  return transact(deps.db, async (tx) => {
    const endpoint = await lockEndpoint(tx, merchantId, endpointId)
    if (!endpoint) return 'stale'
    const open = await lockClaimed(tx, merchantId, claimed.delivery_id, claimed.fence)
    if (!open) return 'stale'
    const now = deps.clock.now()
    const firstAt = open.first_attempt_at ?? attempt.startedAt
    const made = open.attempt + 1
    const isDelivered = attempt.outcome.error === null
    const retryAt = isDelivered ? null : nextAttemptAt(made, firstAt, now)
    const state = isDelivered ? 'delivered' : retryAt ? 'pending' : 'failed'
    await closeAttempt(tx, merchantId, claimed.delivery_id, {
      state,
      attempt: made,
      first_attempt_at: firstAt,
      next_attempt_at: retryAt ?? now,
      last_status: attempt.outcome.status,
      last_error: attempt.outcome.error,
      response_excerpt: attempt.outcome.excerpt,
      delivered_at: isDelivered ? now : null,
    })
    if (isDelivered) await noteSuccess(tx, endpoint, now)
    else await noteFailure(deps, tx, endpoint, { now, gaveUpOn: state === 'failed' ? claimed : null, firstAt })
    return state
  })
}

async function noteSuccess(tx: Tx, endpoint: EndpointRow, now: Date): Promise<void> {
  if (endpoint.consecutive_failures >= DOWN_AFTER_FAILURES)
    await makePendingDue(tx, endpoint.merchant_id, endpoint.id, now)
  await updateEndpoint(tx, { ...endpoint, consecutive_failures: 0, last_success_at: now, quiet_until: null })
}

async function noteFailure(
  deps: SettleDeps,
  tx: Tx,
  endpoint: EndpointRow,
  failure: { now: Date; gaveUpOn: ClaimedDelivery | null; firstAt: Date },
): Promise<void> {
  const { now, gaveUpOn, firstAt } = failure
  const failures = endpoint.consecutive_failures + 1
  const isDown = failures >= DOWN_AFTER_FAILURES
  const noted = {
    ...endpoint,
    consecutive_failures: failures,
    quiet_until: isDown ? new Date(now.getTime() + DOWN_REST_MS) : null,
  }
  if (!gaveUpOn) return updateEndpoint(tx, noted)
  // One event that is refused for days while others arrive is that event's trouble; nothing arriving is the endpoint's.
  const isDead = endpoint.is_enabled && (endpoint.last_success_at === null || endpoint.last_success_at < firstAt)
  const changed: EndpointRow = isDead
    ? { ...noted, is_enabled: false, disabled_reason: 'failing', version: noted.version + 1 }
    : noted
  await updateEndpoint(tx, changed)
  const events = [failedEvent(deps.newId, endpoint, gaveUpOn)]
  if (isDead) {
    events.push({
      id: deps.newId('evt'),
      type: 'webhook_endpoint.disabled',
      object_type: 'webhook_endpoint',
      object_id: endpoint.id,
      object_version: changed.version,
      data: endpointView(changed),
    })
  }
  await appendEvents(tx, endpoint.merchant_id, now, events)
}

function failedEvent(newId: NewId, endpoint: EndpointRow, claimed: ClaimedDelivery): NewEvent {
  return {
    id: newId('evt'),
    type: 'webhook_delivery.failed',
    object_type: 'webhook_delivery',
    object_id: claimed.delivery_id,
    // Fences rise with every claim, so a delivery that fails again after a redelivery has a higher version.
    object_version: Number(claimed.fence),
    data: {
      id: claimed.delivery_id,
      endpoint_id: endpoint.id,
      event_id: claimed.id,
      event_type: claimed.type,
      event_sequence: Number(claimed.seq),
    },
  }
}
