// Everything we hold about a customer, in one document a machine can read: the right of access and of portability (GDPR articles 15
// and 20). Secrets of others are none of it: hashes of codes and tokens, staff's keys.

import { goodsInCarts, listCarts } from '../carts/index.ts'
import { addressesOf, consentsOf, identitiesOf, personOf, timelineOf, viewsOf } from '../customers/index.ts'
import { invoiceView, listInvoices, readLines, todayFor } from '../invoices/index.ts'
import { linkFacts, linksTo } from '../links/index.ts'
import { movementsOf } from '../loyalty/index.ts'
import { listMailTo } from '../mail/index.ts'
import { listOrders, readOrderView } from '../orders/index.ts'
import { returnsOfPerson } from '../returns/index.ts'
import { listSessions, passkeysOf, type SignedIn } from '../signin/index.ts'
import type { AccountDeps } from './deps.ts'
import { accountView, ownBalances, ownInstruments } from './own.ts'

/** Rows per look; and of each kind at most so many looks, so that one person cannot keep the server busy. */
const PAGE = 100
const MOST_PAGES = 100
const MOST_MAILS = 1_000
const MOST_ROWS = 10_000

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
    invoices: await ownInvoices(deps, merchantId, person),
    payment_links: await ownLinks(deps, merchantId, {
      customerIds: person,
      emails: account.email === null ? [] : [account.email],
    }),
    carts: await ownCarts(deps, merchantId, person),
    saved_cards: await ownInstruments(deps, who),
    balances: await ownBalances(deps, who),
    balance_movements: (await movementsOf(deps.db, merchantId, person, MOST_ROWS)).map(({ units, at, ...rest }) => ({
      ...{ ...rest, units: Number(units), at: at.toISOString() },
    })),
    passkeys: await passkeysOf(deps, who),
    sign_ins: await listSessions(deps.db, merchantId, person, MOST_ROWS),
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

async function ownInvoices(deps: AccountDeps, merchantId: string, person: string[]) {
  const today = todayFor(undefined, deps.clock.now())
  const issued = []
  for (const customer_id of person) {
    const found = await all(
      ({ cursor }) => listInvoices(deps.db, merchantId, { customer_id }, { limit: PAGE, cursor }),
      ({ id }) => id,
    )
    const lines = await readLines(
      deps.db,
      merchantId,
      found.map(({ id }) => id),
    )
    issued.push(...found.map((invoice) => invoiceView(invoice, lines.get(invoice.id) ?? [], today)))
  }
  return issued
}

async function ownLinks(deps: AccountDeps, merchantId: string, to: { customerIds: string[]; emails: string[] }) {
  const now = deps.clock.now()
  return (await linksTo(deps.db, merchantId, to, MOST_ROWS)).map((link) => linkFacts(link, now))
}

async function ownCarts(deps: AccountDeps, merchantId: string, person: string[]) {
  const carts = await all(
    ({ cursor }) => listCarts(deps.db, merchantId, { customer_ids: person, limit: PAGE, cursor }),
    ({ id }) => id,
  )
  const goods = Map.groupBy(await goodsInCarts(deps.db, merchantId, person, MOST_ROWS), ({ cart_id }) => cart_id)
  return carts.map((cart) => ({
    ...{ id: cart.id, state: cart.state, currency: cart.currency, channel: cart.channel },
    lines: (goods.get(cart.id) ?? []).map(({ variant_id, quantity, note }) => ({
      ...{ variant_id, quantity: Number(quantity), note },
    })),
    created_at: cart.created_at.toISOString(),
  }))
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
