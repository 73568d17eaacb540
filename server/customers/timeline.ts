// Everything that happened with a customer, over all channels, in one list: a read model fed by the event log. It decides
// nothing and can be rebuilt from the log.

import type { Db } from '../db/pool.ts'
import type { Hints } from '../jobs/index.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { type Consumer, createConsumer } from '../notify/index.ts'
import { personOf, readCustomer } from './store.ts'
import { insertMoments, listMoments, type MomentRow } from './timeline-store.ts'

export interface MomentView {
  object: 'moment'
  sequence: number
  type: string
  object_type: string
  object_id: string
  channel: string | null
  store_id: string | null
  order_id: string | null
  data: unknown
  happened_at: string
}

/** Families of events that can name a customer. */
const FAMILIES = [
  'payment.',
  'order.',
  'fulfilment.',
  'return.',
  'exchange.',
  'cart.',
  'quote.',
  'gift_card.',
  'store_credit.',
  'loyalty.',
  'customer.',
]
/** Steps on the way that tell staff nothing. */
const NOISE = ['payment.created', 'payment.processing', 'payment.retried', 'cart.updated', 'customer.updated']

export function createTimeline(deps: { db: Db; clock: Clock; log: Log; hints: Pick<Hints, 'onAny'> }): Consumer {
  return createConsumer(deps, {
    name: 'customer timeline',
    families: FAMILIES,
    but: NOISE,
    isRebuildable: true,
    withData: false,
    async handle(tx, merchantId, events) {
      const telling = events.map(({ seq }) => seq)
      if (telling.length > 0) await insertMoments(tx, merchantId, telling)
    },
  })
}

/** A person's moments (merged profiles included), newest first, one more than `limit`. Throws not-found. */
export async function timelineOf(
  deps: { db: Db; timeline: Consumer },
  merchantId: string,
  of: { customerId: string; limit: number; before?: bigint },
): Promise<MomentView[]> {
  if (!(await readCustomer(deps.db, merchantId, of.customerId))) throw new Problem('not-found')
  await deps.timeline.catchUp(merchantId)
  const person = await personOf(deps.db, merchantId, of.customerId)
  return (await listMoments(deps.db, merchantId, { person, limit: of.limit, before: of.before })).map(momentView)
}

function momentView(row: MomentRow): MomentView {
  const { seq, customer_id: _, happened_at, ...rest } = row
  return { object: 'moment', sequence: Number(seq), ...rest, happened_at: happened_at.toISOString() }
}
