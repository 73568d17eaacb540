// A delivery: one event on its way to one endpoint. Here are its type, and the pure decision what follows an attempt.

/** `pending` waits or is being sent; `delivered` and `failed` are final until someone asks for a redelivery. */
export type DeliveryState = 'pending' | 'delivered' | 'failed'

export interface DeliveryRow {
  id: string
  endpoint_id: string
  event_seq: bigint
  event_id: string
  event_type: string
  object_id: string
  state: DeliveryState
  attempt: number
  next_attempt_at: Date
  last_status: number | null
  last_error: string | null
  response_excerpt: string | null
  created_at: Date
  delivered_at: Date | null
}

export interface DeliveryView {
  id: string
  object: 'webhook_delivery'
  endpoint_id: string
  event_id: string
  event_type: string
  event_sequence: number
  object_id: string
  state: DeliveryState
  attempt: number
  next_attempt_at: string | null
  last_status: number | null
  last_error: string | null
  response_excerpt: string | null
  created_at: string
  delivered_at: string | null
}

export function deliveryView(row: DeliveryRow): DeliveryView {
  return {
    id: row.id,
    object: 'webhook_delivery',
    endpoint_id: row.endpoint_id,
    event_id: row.event_id,
    event_type: row.event_type,
    event_sequence: Number(row.event_seq),
    object_id: row.object_id,
    state: row.state,
    attempt: row.attempt,
    next_attempt_at: row.state === 'pending' ? row.next_attempt_at.toISOString() : null,
    last_status: row.last_status,
    last_error: row.last_error,
    response_excerpt: row.response_excerpt,
    created_at: row.created_at.toISOString(),
    delivered_at: row.delivered_at?.toISOString() ?? null,
  }
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The wait after attempt 1, 2, …: quick for a restart, patient for an outage. The last one repeats. */
const RETRY_DELAYS_MS = [5 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR]

/** Three days cover a weekend in which nobody looks. The last attempt falls exactly on their end. */
export const GIVE_UP_AFTER_MS = 72 * HOUR

/**
 * When the next attempt follows a failed one, or null when none does. `attempt` ≥ 1 counts the attempts made, the failed one
 * included; `firstAt` is the moment of the first of them.
 */
export function nextAttemptAt(attempt: number, firstAt: Date, now: Date): Date | null {
  const lastAt = firstAt.getTime() + GIVE_UP_AFTER_MS
  if (now.getTime() >= lastAt) return null
  const delay = RETRY_DELAYS_MS[Math.min(attempt, RETRY_DELAYS_MS.length) - 1] as number
  return new Date(Math.min(now.getTime() + delay, lastAt))
}

/** With this many failures since its last success an endpoint counts as down, not as refusing one event. */
export const DOWN_AFTER_FAILURES = 5

/**
 * While an endpoint is down, one delivery a minute asks whether it is back, whatever is due. The first success makes the
 * whole backlog due at once; without that, an endpoint back after a day would be silent for up to twelve hours.
 */
export const DOWN_REST_MS = MINUTE
