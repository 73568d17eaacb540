// The sending of webhooks. A step finds endpoints with work, makes their deliveries, claims some and starts sending; it does not
// wait for the answers, so an endpoint that takes fifteen seconds delays no other. Each endpoint has a few sendings at a time.
//
// At least once: a delivery is claimed with a lease before it is sent and closed after. Whoever dies in between, before or
// after the request left, leaves a lease that ends, and the event is sent again under the same webhook-id.

import type { Db } from '../db/pool.ts'
import { createWorker, type Hints, type Worker } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { Secret } from '../lib/secret.ts'
import { DOWN_AFTER_FAILURES } from './delivery.ts'
import type { EndpointRow } from './endpoint.ts'
import { eventView } from './event.ts'
import { fanOut } from './fan-out.ts'
import { type SecretBox, signedHeaders, unsealSecret } from './secret.ts'
import { SEND_TIMEOUT_MS, sendWebhook } from './send.ts'
import { settle } from './settle.ts'
import { type ClaimedDelivery, claimDeliveries, endpointsWithWork, findEndpoint, releaseClaim } from './store.ts'
import type { AllowedHosts, ResolveHost } from './url.ts'

export interface DeliverDeps {
  db: Db
  clock: Clock
  newId: NewId
  log: Log
  hints: Hints
  secretBox: SecretBox
  allowedHosts: AllowedHosts
  resolveHost: ResolveHost
}

/** The delivery worker. `stop` also waits for sendings under way, and after a grace breaks them off. */
export interface Deliverer extends Worker {
  /** Resolves when no sending is under way. */
  settled(): Promise<void>
}

/** Sendings at a time to one endpoint: more than one object moves, and a small receiver is not flooded. */
const PER_ENDPOINT = 4
/** Sendings at a time over all: a socket and an event each, so a few MiB. */
const OVERALL = 512
/** Longer than any sending, so that a lease ends only for a process that is gone or stalled. */
const LEASE_MS = SEND_TIMEOUT_MS + 45_000
/** How soon new events and due retries are seen without a hint. */
const EVERY_MS = 500
/** After a hint: a burst of sales makes one step and not one per sale. */
const GATHER_MS = 50
/** Endpoints looked at in one step. */
const ENDPOINTS_PER_STEP = 200
/** What a stopping server gives its sendings before it breaks them off; they are repeated by the next start. */
const STOP_GRACE_MS = 5_000

export function createDeliverer(deps: DeliverDeps): Deliverer {
  const sending = new Map<string, number>()
  const running = new Set<Promise<void>>()
  const breakOff = new AbortController()

  const worker = createWorker({
    name: 'webhook delivery',
    clock: deps.clock,
    log: deps.log,
    everyMs: EVERY_MS,
    tick: step,
  })
  const stopListening = deps.hints.onAny(wakeSoon)
  let isWakingSoon = false

  function wakeSoon(): void {
    if (isWakingSoon) return
    isWakingSoon = true
    void deps.clock.sleep(GATHER_MS, breakOff.signal).then(() => {
      isWakingSoon = false
      worker.wake()
    })
  }

  async function step(signal: AbortSignal): Promise<number> {
    const busy = [...sending].filter(([, count]) => count >= PER_ENDPOINT).map(([id]) => id)
    const found = await endpointsWithWork(deps.db, deps.clock.now(), busy, ENDPOINTS_PER_STEP)
    let did = 0
    for (const { merchant_id, id } of found) {
      if (signal.aborted || running.size >= OVERALL) break
      try {
        did += await serve(merchant_id, id)
      } catch (error) {
        // One merchant's trouble must not keep the step from the next merchant.
        deps.log.error('webhook delivery: an endpoint could not be served', { merchant_id, object_id: id, error })
      }
    }
    return did
  }

  async function serve(merchantId: string, endpointId: string): Promise<number> {
    const passed = await fanOut(deps, merchantId, endpointId)
    const endpoint = await findEndpoint(deps.db, merchantId, endpointId)
    if (!endpoint?.is_enabled) return passed
    const now = deps.clock.now()
    const inFlight = sending.get(endpointId) ?? 0
    // An endpoint that is down is asked by one delivery at a time.
    const most = endpoint.consecutive_failures >= DOWN_AFTER_FAILURES ? 1 : PER_ENDPOINT
    const limit = Math.min(most - inFlight, OVERALL - running.size)
    if (limit <= 0) return passed
    const leaseUntil = new Date(now.getTime() + LEASE_MS)
    const claimed = await claimDeliveries(deps.db, { merchantId, endpointId, now, leaseUntil, limit })
    for (const delivery of claimed) launch(endpoint, delivery)
    return passed + claimed.length
  }

  function launch(endpoint: EndpointRow, delivery: ClaimedDelivery): void {
    sending.set(endpoint.id, (sending.get(endpoint.id) ?? 0) + 1)
    const run = attempt(endpoint, delivery)
      .catch((error) => {
        // The lease ends by itself and the delivery is sent again.
        deps.log.error('webhook delivery: an attempt broke off', {
          merchant_id: endpoint.merchant_id,
          object_id: delivery.delivery_id,
          error,
        })
      })
      .finally(() => {
        const left = (sending.get(endpoint.id) ?? 1) - 1
        if (left > 0) sending.set(endpoint.id, left)
        else sending.delete(endpoint.id)
        running.delete(run)
        worker.wake()
      })
    running.add(run)
  }

  async function attempt(endpoint: EndpointRow, delivery: ClaimedDelivery): Promise<void> {
    const startedAt = deps.clock.now()
    const body = JSON.stringify(eventView(delivery))
    const secrets = await signingSecrets(deps.secretBox, endpoint, startedAt)
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Onetill-Webhooks/1',
      ...signedHeaders(secrets, delivery.id, startedAt, body),
    }
    const outcome = await sendWebhook(deps, { url: endpoint.url, headers, body }, breakOff.signal)
    if (outcome.error === 'stopped')
      return releaseClaim(deps.db, endpoint.merchant_id, delivery.delivery_id, delivery.fence)
    const key = { merchantId: endpoint.merchant_id, endpointId: endpoint.id }
    const state = await settle(deps, key, delivery, { startedAt, outcome })
    deps.log.debug('webhook attempt', {
      merchant_id: endpoint.merchant_id,
      object_id: delivery.delivery_id,
      state,
      status: outcome.status ?? 0,
      code: outcome.error ?? 'received',
    })
  }

  return {
    ...worker,
    async settled() {
      await Promise.all(running)
    },
    async stop() {
      stopListening()
      await worker.stop()
      const ended = new AbortController()
      void deps.clock.sleep(STOP_GRACE_MS, ended.signal).then(() => breakOff.abort())
      await Promise.all(running)
      ended.abort()
    },
  }
}

/** The current secret first; the previous one too, until it expires. */
async function signingSecrets(box: SecretBox, endpoint: EndpointRow, at: Date): Promise<Secret<string>[]> {
  const { merchant_id, id, previous_sealed_secret, previous_secret_until } = endpoint
  const current = await unsealSecret(box, merchant_id, id, endpoint.sealed_secret)
  if (!previous_sealed_secret || !previous_secret_until || previous_secret_until <= at) return [current]
  return [current, await unsealSecret(box, merchant_id, id, previous_sealed_secret)]
}
