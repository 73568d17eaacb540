// What an endpoint's owner can do with it. Each change writes its event in the same transaction.

import { type Db, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { FillRandom, NewId } from '../lib/ids.ts'
import { Problem } from '../lib/problem.ts'
import type { Secret } from '../lib/secret.ts'
import type { DeliveryRow } from './delivery.ts'
import { type EndpointRow, endpointView } from './endpoint.ts'
import { appendEventsNow, lastSequence } from './event-store.ts'
import { newSigningSecret, type SecretBox, sealSecret } from './secret.ts'
import {
  countEndpoints,
  deleteEndpoint,
  findDelivery,
  insertEndpoint,
  lockEndpoint,
  restartDelivery,
  restartUndelivered,
  updateEndpoint,
} from './store.ts'
import { type AllowedHosts, checkUrlForSaving, type ResolveHost } from './url.ts'

export interface ManageDeps {
  db: Db
  clock: Clock
  newId: NewId
  secretBox: SecretBox
  allowedHosts: AllowedHosts
  resolveHost: ResolveHost
  /** Randomness of the secrets; the machine's own when absent. */
  fillRandom?: FillRandom
}

/** Every endpoint costs a cursor over all events of its merchant. */
export const MAX_ENDPOINTS = 20

export interface NewEndpoint {
  url: string
  description: string | null
  event_types: string[]
}

/**
 * Creates an endpoint that receives every event after this moment, and its secret, which nobody can read again.
 * Throws `url-not-allowed`, and `too-many-items` beyond 20 endpoints.
 */
export async function createEndpoint(
  deps: ManageDeps,
  merchantId: string,
  input: NewEndpoint,
): Promise<{ endpoint: EndpointRow; secret: Secret<string> }> {
  await checkUrlForSaving(input.url, deps.allowedHosts, deps.resolveHost)
  const id = deps.newId('whe')
  const secret = newSigningSecret(deps.fillRandom)
  const sealed = await sealSecret(deps.secretBox, merchantId, id, secret)
  const endpoint = await transact(deps.db, async (tx) => {
    if ((await countEndpoints(tx, merchantId)) >= MAX_ENDPOINTS) {
      throw new Problem('too-many-items', { detail: `A merchant has at most ${MAX_ENDPOINTS} webhook endpoints.` })
    }
    const row: EndpointRow = {
      merchant_id: merchantId,
      id,
      url: input.url,
      description: input.description,
      event_types: input.event_types,
      is_enabled: true,
      disabled_reason: null,
      sealed_secret: sealed,
      previous_sealed_secret: null,
      previous_secret_until: null,
      next_seq: 1n,
      consecutive_failures: 0,
      last_success_at: null,
      quiet_until: null,
      version: 1,
      created_at: deps.clock.now(),
    }
    await insertEndpoint(tx, row)
    await appendEndpointEvent(deps, tx, row, 'created')
    // Behind its own creation: the append holds the merchant's counter, so every other event is either below or after.
    const placed = { ...row, next_seq: (await lastSequence(tx, merchantId)) + 1n }
    await updateEndpoint(tx, placed)
    return placed
  })
  return { endpoint, secret }
}

export interface EndpointChange {
  url?: string
  description?: string | null
  event_types?: string[]
  is_enabled?: boolean
}

/**
 * Changes an endpoint. Switching it off stops its cursor; switching it on sends everything it has missed since, what had been
 * given up included. Throws `not-found`, `url-not-allowed`.
 */
export async function changeEndpoint(
  deps: ManageDeps,
  merchantId: string,
  id: string,
  change: EndpointChange,
): Promise<EndpointRow> {
  if (change.url !== undefined) await checkUrlForSaving(change.url, deps.allowedHosts, deps.resolveHost)
  return transact(deps.db, async (tx) => {
    const before = await lockedEndpoint(tx, merchantId, id)
    const after: EndpointRow = {
      ...before,
      url: change.url ?? before.url,
      description: change.description === undefined ? before.description : change.description,
      event_types: change.event_types ?? before.event_types,
      is_enabled: change.is_enabled ?? before.is_enabled,
      version: before.version + 1,
    }
    const isSwitchedOn = after.is_enabled && !before.is_enabled
    after.disabled_reason = after.is_enabled ? null : (before.disabled_reason ?? 'merchant')
    if (isSwitchedOn || after.url !== before.url) {
      // A new chance: what was known of the old place says nothing about the new one.
      after.consecutive_failures = 0
      after.quiet_until = null
    }
    await updateEndpoint(tx, after)
    if (isSwitchedOn) await restartUndelivered(tx, merchantId, id, deps.clock.now())
    await appendEndpointEvent(deps, tx, after, 'updated')
    return after
  })
}

/** Removes an endpoint with its deliveries. Throws `not-found`. */
export async function removeEndpoint(deps: ManageDeps, merchantId: string, id: string): Promise<void> {
  await transact(deps.db, async (tx) => {
    const endpoint = await lockedEndpoint(tx, merchantId, id)
    await deleteEndpoint(tx, merchantId, id)
    await appendEndpointEvent(deps, tx, { ...endpoint, version: endpoint.version + 1 }, 'deleted')
  })
}

/**
 * Gives an endpoint a new secret. For `overlapHours` (0 to 168) the old one signs too, so that receivers can change at their
 * own time; a secret that was already on its way out ends at once. Throws `not-found`.
 */
export async function rollSecret(
  deps: ManageDeps,
  merchantId: string,
  id: string,
  overlapHours: number,
): Promise<{ endpoint: EndpointRow; secret: Secret<string> }> {
  const secret = newSigningSecret(deps.fillRandom)
  const sealed = await sealSecret(deps.secretBox, merchantId, id, secret)
  const endpoint = await transact(deps.db, async (tx) => {
    const before = await lockedEndpoint(tx, merchantId, id)
    const after: EndpointRow = {
      ...before,
      sealed_secret: sealed,
      previous_sealed_secret: overlapHours > 0 ? before.sealed_secret : null,
      previous_secret_until: overlapHours > 0 ? new Date(deps.clock.now().getTime() + overlapHours * 3_600_000) : null,
      version: before.version + 1,
    }
    await updateEndpoint(tx, after)
    await appendEndpointEvent(deps, tx, after, 'secret_rolled')
    return after
  })
  return { endpoint, secret }
}

/**
 * Sends an event again, delivered or not, under the same webhook-id and with a fresh run of retries. Until it succeeds, later
 * events of its object wait behind it. Throws `not-found`; `invalid-state` when the endpoint is switched off.
 */
export async function redeliver(
  deps: Pick<ManageDeps, 'db' | 'clock'>,
  merchantId: string,
  id: string,
): Promise<DeliveryRow> {
  return transact(deps.db, async (tx) => {
    const delivery = await findDelivery(tx, merchantId, id)
    if (!delivery) throw new Problem('not-found')
    const endpoint = await lockedEndpoint(tx, merchantId, delivery.endpoint_id)
    if (!endpoint.is_enabled)
      throw new Problem('invalid-state', {
        detail: 'The endpoint is switched off. Switching it on sends what it has missed.',
      })
    await restartDelivery(tx, merchantId, id, deps.clock.now())
    const restarted = await findDelivery(tx, merchantId, id)
    if (!restarted) throw new Problem('not-found')
    return restarted
  })
}

async function lockedEndpoint(tx: Tx, merchantId: string, id: string): Promise<EndpointRow> {
  const endpoint = await lockEndpoint(tx, merchantId, id)
  if (!endpoint) throw new Problem('not-found')
  return endpoint
}

function appendEndpointEvent(
  deps: ManageDeps,
  tx: Tx,
  row: EndpointRow,
  verb: 'created' | 'updated' | 'deleted' | 'secret_rolled',
): Promise<void> {
  const { id, version } = row
  return appendEventsNow(tx, row.merchant_id, deps.clock.now(), [
    {
      id: deps.newId('evt'),
      type: `webhook_endpoint.${verb}`,
      object_type: 'webhook_endpoint',
      object_id: id,
      object_version: version,
      data: endpointView(row),
    },
  ])
}
