// Everything we hold about a customer, in one document a machine can read: the right of access and of portability (GDPR articles 15
// and 20). Secrets of others are none of it: hashes of codes and tokens, staff's keys.

import { addressesOf, consentsOf, identitiesOf, personOf, timelineOf, viewsOf } from '../customers/index.ts'
import { listMailTo } from '../mail/index.ts'
import { listOrders, readOrderView } from '../orders/index.ts'
import { returnsOfPerson } from '../returns/index.ts'
import { passkeysOf, type SignedIn } from '../signin/index.ts'
import type { AccountDeps } from './deps.ts'
import { accountView, ownBalances, ownInstruments } from './own.ts'

/** Rows per look; and of each kind at most so many looks, so that one person cannot keep the server busy. */
const PAGE = 100
const MOST_PAGES = 100
const MOST_MAILS = 1_000

export async function exportAccount(deps: AccountDeps, who: SignedIn) {
  const { merchantId, customerId } = who
  await deps.profiles.timeline.catchUp(merchantId)
  await deps.orders.consumer.catchUp(merchantId)
  const person = await personOf(deps.db, merchantId, customerId)
  const account = await accountView(deps, who)
  const orders = await all(
    (cursor) => listOrders(deps.db, merchantId, { customer_ids: person }, { limit: PAGE, ...cursor }),
    ({ id }) => id,
  )
  const views = []
  for (const { id } of orders) views.push(await readOrderView(deps.orders, merchantId, id))
  const mails = account.email === null ? [] : await listMailTo(deps.db, merchantId, account.email, MOST_MAILS)
  return {
    object: 'account_export' as const,
    exported_at: deps.clock.now().toISOString(),
    account,
    profiles: person,
    identities: await identitiesOf(deps.profiles, merchantId, customerId),
    addresses: await addressesOf(deps.profiles, merchantId, customerId),
    consents: await consentsOf(deps.profiles, merchantId, customerId, true),
    orders: views,
    returns: await all(
      (cursor) => returnsOfPerson(deps.db, merchantId, person, { limit: PAGE, ...cursor }),
      ({ id }) => id,
    ),
    saved_cards: await ownInstruments(deps, who),
    balances: await ownBalances(deps, who),
    passkeys: await passkeysOf(deps, who),
    looked_at: await all(
      (cursor) => viewsOf(deps.profiles, merchantId, { customerId, limit: PAGE, ...cursor }),
      ({ id }) => id,
    ),
    mails: mails.map(({ kind, subject, language, status, created_at }) => ({
      ...{ kind, subject, language, status },
      created_at: created_at.toISOString(),
    })),
    timeline: await all(
      ({ cursor }) =>
        timelineOf(deps.profiles, merchantId, {
          customerId,
          limit: PAGE,
          ...(cursor === undefined ? {} : { before: BigInt(cursor) }),
        }),
      ({ sequence }) => String(sequence),
    ),
  }
}

/** All pages of a list that gives one row more than it was asked for. */
async function all<T>(read: (page: { cursor?: string }) => Promise<T[]>, idOf: (row: T) => string): Promise<T[]> {
  const found: T[] = []
  let page: { cursor?: string } = {}
  for (let n = 0; n < MOST_PAGES; n++) {
    const rows = await read(page)
    found.push(...rows.slice(0, PAGE))
    if (rows.length <= PAGE) break
    page = { cursor: idOf(rows[PAGE - 1] as T) }
  }
  return found
}
