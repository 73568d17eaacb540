// HTTP ↔ reads of the books.

import Type from 'typebox'
import type { Db } from '../db/pool.ts'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Channel, Currency, Id, Nullable } from '../http/schema.ts'
import { stringifyExactly } from '../lib/exact-json.ts'
import { Problem } from '../lib/problem.ts'
import { accountType } from './accounts.ts'
import { type BalanceRow, readBalances, readEntries } from './store.ts'

const reads = { access: { keys: ['secret', 'restricted'], scope: 'ledger:read' } } as const

/** A sum over years of postings: no payment is that large, but the books may be, so all digits are written. */
const Sum = Type.Unsafe<bigint>({
  type: 'integer',
  description: 'Minor units of the currency, all digits; may pass 2^53, which some JSON readers round.',
})
/** For answers that hold sums: every digit is written. */
const exact = { serializerCompiler: () => stringifyExactly }

const Balance = Type.Object({
  account: Type.String(),
  kind: Type.Enum(['asset', 'liability', 'income', 'expense', 'memo']),
  means: Type.String(),
  currency: Type.String(),
  channel: Nullable(Type.String()),
  store_id: Nullable(Type.String()),
  debit: Sum,
  credit: Sum,
  balance: Sum,
})
const AccountName = Type.String({ pattern: '^[a-z_]{1,40}(:[A-Za-z0-9_]{1,60})?$' })
const Entry = Type.Object({
  id: Id('ent'),
  object: Type.Literal('ledger_entry'),
  event: Type.String(),
  source_id: Type.String(),
  payment_id: Nullable(Type.String()),
  operation_id: Nullable(Type.String()),
  posted_at: Type.String(),
  lines: Type.Array(
    Type.Object({
      account: Type.String(),
      currency: Type.String(),
      channel: Type.String(),
      store_id: Nullable(Type.String()),
      debit: Type.Integer(),
      credit: Type.Integer(),
    }),
  ),
})

export function routes(app: App, deps: { db: Db }): void {
  const AccountQuery = Type.Object(
    {
      account: Type.Optional(AccountName),
      currency: Type.Optional(Currency),
      channel: Type.Optional(Channel),
      store_id: Type.Optional(Id('sto')),
      by: Type.Optional(
        Type.Enum(['account', 'channel', 'store', 'channel_and_store'], {
          description: 'Dimensions to show apart; the others are summed.',
        }),
      ),
    },
    { additionalProperties: false },
  )
  app.get(
    '/v1/ledger/accounts',
    {
      ...exact,
      config: reads,
      schema: {
        tags: ['Ledger'],
        operationId: 'listLedgerAccounts',
        summary: 'Balances by account, currency, channel and store',
        querystring: AccountQuery,
        response: { 200: Type.Object({ data: Type.Array(Balance) }) },
      },
    },
    async (request) => {
      const { by, ...filter } = request.query
      const detail = {
        channel: by === 'channel' || by === 'channel_and_store',
        store: by === 'store' || by === 'channel_and_store',
      }
      const rows = await readBalances(deps.db, callerOf(request).merchantId, filter, detail)
      return { data: rows.map(balanceOut) }
    },
  )

  const EntryQuery = Type.Object(
    {
      ...PageQuery.properties,
      cursor: Type.Optional(Id('ent')),
      payment_id: Type.Optional(Id('pay')),
      account: Type.Optional(AccountName),
    },
    { additionalProperties: false },
  )
  app.get(
    '/v1/ledger/entries',
    {
      config: reads,
      schema: {
        tags: ['Ledger'],
        operationId: 'listLedgerEntries',
        summary: 'Entries, newest first',
        querystring: EntryQuery,
        response: { 200: PageOf(Entry) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query
      return page(
        await readEntries(deps.db, callerOf(request).merchantId, filter, limit, cursor),
        limit,
        (entry) => entry.id,
      )
    },
  )
  app.get(
    '/v1/ledger/entries/:id',
    {
      config: reads,
      schema: {
        tags: ['Ledger'],
        operationId: 'getLedgerEntry',
        summary: 'Read an entry',
        params: Type.Object({ id: Type.String() }),
        response: { 200: Entry },
      },
    },
    async (request) => {
      const [entry] = await readEntries(deps.db, callerOf(request).merchantId, { id: request.params.id }, 1)
      if (!entry) throw new Problem('not-found')
      return entry
    },
  )

  const Total = Type.Object({ currency: Type.String(), debit: Sum, credit: Sum })
  app.get(
    '/v1/ledger/trial_balance',
    {
      ...exact,
      config: reads,
      schema: {
        tags: ['Ledger'],
        operationId: 'getTrialBalance',
        summary: 'Every account with its balance; debits equal credits in each currency',
        querystring: Type.Object({ currency: Type.Optional(Currency) }, { additionalProperties: false }),
        response: {
          200: Type.Object({ data: Type.Array(Balance), totals: Type.Array(Total), is_balanced: Type.Boolean() }),
        },
      },
    },
    async (request) => {
      const rows = await readBalances(deps.db, callerOf(request).merchantId, request.query, {
        channel: false,
        store: false,
      })
      const totals = new Map<string, { debit: bigint; credit: bigint }>()
      for (const row of rows) {
        const total = totals.get(row.currency) ?? { debit: 0n, credit: 0n }
        totals.set(row.currency, { debit: total.debit + row.debit, credit: total.credit + row.credit })
      }
      return {
        data: rows.map(balanceOut),
        totals: [...totals].map(([currency, total]) => ({ currency, ...total })),
        is_balanced: [...totals.values()].every((total) => total.debit === total.credit),
      }
    },
  )
}

function balanceOut(row: BalanceRow): Type.Static<typeof Balance> {
  return {
    ...row,
    ...accountType(row.account),
    balance: row.debit - row.credit,
  }
}
