// What a customer looked at, for staff who help them on from there. Only of those who agreed, for 90 days, and no longer.

import type { Db } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { hasConsented } from './consent.ts'
import type { CustomerDeps } from './customer.ts'
import { personOf, readCustomer } from './store.ts'
import { deleteViewsBefore, insertViews, listViews, type ViewRow } from './view-store.ts'

export interface NewView {
  kind: 'product' | 'search' | 'wishlist'
  product_id?: string
  variant_id?: string
  query?: string
}

export interface BrowsingView {
  id: string
  object: 'view'
  kind: string
  product_id: string | null
  variant_id: string | null
  query: string | null
  channel: string
  seen_at: string
}

const DAY_MS = 86_400_000
/** How long a look is kept and shown. */
const KEPT_DAYS = 90
/** Deleted per step of the pruning worker. */
const PRUNE_BATCH = 1_000

/** Records looks; 0 when the customer has not agreed to it, which is no error of the shop window's. Throws not-found. */
export async function recordViews(
  deps: CustomerDeps,
  merchantId: string,
  customerId: string,
  input: { channel: string; views: NewView[] },
): Promise<number> {
  if (!(await readCustomer(deps.db, merchantId, customerId))) throw new Problem('not-found')
  if (!(await hasConsented(deps.db, merchantId, customerId, 'browsing_history'))) return 0
  const at = deps.clock.now()
  const rows = input.views.map((view) => ({
    id: deps.newId('brw'),
    customer_id: customerId,
    kind: view.kind,
    product_id: view.product_id ?? null,
    variant_id: view.variant_id ?? null,
    query: view.query ?? null,
    channel: input.channel,
    seen_at: at,
  }))
  await insertViews(deps.db, merchantId, rows)
  return rows.length
}

/** What the person looked at in the last 90 days, newest first, one more than `limit`. Throws not-found. */
export async function viewsOf(
  deps: CustomerDeps,
  merchantId: string,
  of: { customerId: string; limit: number; cursor?: string },
): Promise<BrowsingView[]> {
  if (!(await readCustomer(deps.db, merchantId, of.customerId))) throw new Problem('not-found')
  const rows = await listViews(deps.db, merchantId, {
    customerIds: await personOf(deps.db, merchantId, of.customerId),
    since: keptSince(deps),
    limit: of.limit,
    cursor: of.cursor,
  })
  return rows.map(viewOf)
}

/** Deletes what is too old; answers how many, for the worker. */
export function pruneViews(deps: { db: Db } & Pick<CustomerDeps, 'clock'>): Promise<number> {
  return deleteViewsBefore(deps.db, keptSince(deps), PRUNE_BATCH)
}

function keptSince(deps: Pick<CustomerDeps, 'clock'>): Date {
  return new Date(deps.clock.now().getTime() - KEPT_DAYS * DAY_MS)
}

function viewOf(row: ViewRow): BrowsingView {
  const { id, kind, product_id, variant_id, query, channel, seen_at } = row
  return { id, object: 'view', kind, product_id, variant_id, query, channel, seen_at: seen_at.toISOString() }
}
