// A webhook endpoint: where a merchant wants its events, which of them, and whether it is well.

export interface EndpointRow {
  merchant_id: string
  id: string
  url: string
  description: string | null
  event_types: string[]
  is_enabled: boolean
  disabled_reason: 'merchant' | 'failing' | null
  sealed_secret: Buffer
  previous_sealed_secret: Buffer | null
  previous_secret_until: Date | null
  next_seq: bigint
  consecutive_failures: number
  last_success_at: Date | null
  quiet_until: Date | null
  version: number
  created_at: Date
}

/** An endpoint as JSON. The secret is not in it: it is shown once, by the routes that make it. */
export interface EndpointView {
  id: string
  object: 'webhook_endpoint'
  url: string
  description: string | null
  event_types: string[]
  is_enabled: boolean
  disabled_reason: 'merchant' | 'failing' | null
  previous_secret_until: string | null
  consecutive_failures: number
  last_success_at: string | null
  version: number
  created_at: string
}

export function endpointView(row: EndpointRow): EndpointView {
  return {
    id: row.id,
    object: 'webhook_endpoint',
    url: row.url,
    description: row.description,
    event_types: row.event_types,
    is_enabled: row.is_enabled,
    disabled_reason: row.disabled_reason,
    previous_secret_until: row.previous_secret_until?.toISOString() ?? null,
    consecutive_failures: row.consecutive_failures,
    last_success_at: row.last_success_at?.toISOString() ?? null,
    version: row.version,
    created_at: row.created_at.toISOString(),
  }
}
