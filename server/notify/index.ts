// Telling others what happened: the event log's readers, live streams, and signed webhooks.

import type { Worker } from '../jobs/index.ts'
import { createDeliverer, type DeliverDeps } from './deliver.ts'
import { createPruner } from './prune.ts'

export { type Consumer, type ConsumerDeps, type ConsumerOptions, createConsumer } from './consumer.ts'
export { createDeliverer, type DeliverDeps, type Deliverer } from './deliver.ts'
export { type EventRow, type EventView, eventView } from './event.ts'
export {
  appendEvents,
  catalogueEvents,
  forgetInEvents,
  lastSequence,
  listEvents,
  type NewEvent,
} from './event-store.ts'
export { type RouteDeps, routes } from './routes.ts'
export type { SecretBox } from './secret.ts'
export { type ConsumerFigures, readConsumerFigures } from './set-aside-store.ts'
export { createEventStreams, type EventStreams, type StreamDeps, type StreamReader, type StreamRoom } from './stream.ts'
export { lastEventIdOf, replyWithStream } from './stream-routes.ts'
export {
  type AllowedHosts,
  checkUrl,
  isPublicAddress,
  parseAllowedHosts,
  type ResolveHost,
  resolveByDns,
} from './url.ts'

/** The module's background work, to be started by main and stopped on shutdown: sending webhooks, removing old deliveries. */
export function createNotifyWorkers(deps: DeliverDeps): Worker[] {
  return [createDeliverer(deps), createPruner(deps)]
}
