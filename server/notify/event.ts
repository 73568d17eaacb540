// An event: one accepted change, as receivers see it. The view is the same in the API, in the stream and in a webhook's body.

/** A row of the event log. */
export interface EventRow {
  seq: bigint
  id: string
  type: string
  object_type: string
  object_id: string
  object_version: number
  data: unknown
  created_at: Date
}

/** An event as JSON. `sequence` is gap-free per merchant, `object_version` rises per object. */
export interface EventView {
  id: string
  object: 'event'
  sequence: number
  type: string
  object_type: string
  object_id: string
  object_version: number
  data: unknown
  created_at: string
}

/** Puts a row into the words of the API. Deterministic, so that every attempt of a webhook sends the same bytes. */
export function eventView(row: EventRow): EventView {
  return {
    id: row.id,
    object: 'event',
    // A sequence stays exact as a JSON number up to 2^53: at 10,000 events a second that is 28,000 years.
    sequence: Number(row.seq),
    type: row.type,
    object_type: row.object_type,
    object_id: row.object_id,
    object_version: row.object_version,
    data: row.data,
    created_at: row.created_at.toISOString(),
  }
}

/** What may be asked for: an exact type (`payment.captured`) or a family (`payment.*`). Source of the routes' schemas. */
export const EVENT_TYPE_PATTERN = '^[a-z][a-z0-9_]{0,39}(\\.[a-z][a-z0-9_]{0,39}){0,3}(\\.\\*)?$'
