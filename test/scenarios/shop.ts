// A shop for one story: the whole product in this process on an empty database, a simulated provider that remembers what
// really happened, and a clock that stands until the story moves it. Nothing happens in the background; the story says
// when webhooks arrive, when the provider is asked and when holds are looked at.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import {
  createSimulator,
  type JournalRow,
  type SimulatorConnectorOptions,
} from '../../server/connectors/simulator/index.ts'
import { openPool } from '../../server/db/pool.ts'
import type { Clock } from '../../server/lib/clock.ts'
import { silentLog } from '../../server/lib/log.ts'
import { createMerchant, type NewMerchant, type NewMerchantKeys } from '../../server/merchants/index.ts'
import { applyInbound, expireHolds, resolveDue, reverseDuplicates } from '../../server/payments/index.ts'
import { verifyBooks } from '../../server/verify/index.ts'
import type { VirtualTerminals } from '../../server/virtual-terminal/index.ts'
import { type Wired, wire } from '../../server/wiring.ts'
import { type Api, createApi, type Send, sendInProcess } from '../api.ts'
import { testDatabase } from '../database.ts'
import { type Door, openDoor } from '../door.ts'
import { skippedVersions } from '../skipped-versions.ts'

export const SECOND = 1_000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** The cards of docs/guides/simulator.md, by what they do. */
export const CARDS = {
  approved: '4242424242424242',
  mastercard: '5555555555554444',
  declined: '4000000000000002',
  poor: '4000000000009995',
  challenge: '4000002500003155',
  frictionless: '4000000000003055',
  lost_before: '4000007700000109',
  lost_after: '4000007700000208',
  partial: '4000007700000604',
  capture_fails: '4000007700001107',
  refund_fails: '4000007700001206',
  found_late: '4000007700001305',
  settles_later: '4000007700001404',
  declined_later: '4000007700001503',
  down: '4000007700001602',
} as const

export interface ShopOptions {
  merchant?: Partial<NewMerchant>
  /** What the simulated provider's contract allows beyond the usual. */
  connector?: SimulatorConnectorOptions
  durabilityProblem?: string
  /** Terminals on a page; they outlive a process that dies. */
  virtualTerminals?: VirtualTerminals
  /** Who looks again after a second or less, as drivers of terminals do, looks at once. */
  naps?: boolean
}

export type Shop = Awaited<ReturnType<typeof openShop>>

/** Opens a shop with a web shop, one till with a terminal, and two accounts at the simulated provider, A before B. */
export async function openShop(options: ShopOptions = {}) {
  const database = await testDatabase()
  const { db } = database
  const keysFolder = await mkdtemp(join(tmpdir(), 'onetill-story-'))
  let now = Date.parse('2026-11-22T09:00:00Z')
  const clock: Clock & { advance(ms: number): void } = {
    // Each look is a millisecond later than the one before, so that what follows something also has a later time and id.
    now: () => new Date(++now),
    // Nothing in a story waits; only a deadline sleeps, until its call is answered.
    sleep: (ms, signal) =>
      options.naps && ms <= SECOND
        ? turn()
        : new Promise((resolve) => (signal?.aborted ? resolve() : signal?.addEventListener('abort', () => resolve()))),
    advance(ms) {
      now += ms
    },
  }
  let tokens = 0
  const deliver = async (url: string, headers: Record<string, string>, body: string) =>
    send({ method: 'POST', path: new URL(url).pathname, headers, payload: body })
  const simulator = createSimulator({
    path: ':memory:',
    clock,
    publicUrl: 'http://127.0.0.1:4000',
    newToken: () => `story${++tokens}`,
    deliver,
  })
  let door!: Door
  let wired!: Wired
  /** A process with nothing in its memory. */
  async function boot(): Promise<void> {
    const mortal = openDoor()
    wired = await wire({
      ...common,
      db: mortal.database(db),
      simulator: { ...simulator, connector: () => mortal.provider(simulator.connector(options.connector)) },
    })
    await wired.app.ready()
    door = mortal
  }
  const common = {
    clock,
    log: silentLog,
    publicUrl: 'http://127.0.0.1:4000',
    keysFolder,
    simulatorPath: ':memory:',
    // The discard port: endpoints may be made, and nobody listens.
    webhookAllow: '127.0.0.1:9',
    durabilityProblem: () => options.durabilityProblem ?? '',
    isDraining: () => false,
    ...(options.virtualTerminals && { virtualTerminals: options.virtualTerminals }),
  }
  await boot()
  const send: Send = (request) => sendInProcess(wired.app)(request)
  const keys = await createMerchant(wired.merchants, { name: 'Story Retail', currency: 'EUR', ...options.merchant })
  const api = createApi(send, keys.secret_key, 'story')
  const accounts = await accountsOf(api)
  const others: (() => Promise<void>)[] = []

  /** The provider lets happen what time has brought, its webhooks arrive, and what they say is applied. */
  async function news(): Promise<void> {
    // A webhook may bring about the next one; a handful of rounds is more than any story needs.
    for (let round = 0; round < 5; round++) {
      const arrived = await simulator.deliverDue()
      const applied = await applyInbound(wired.payments)
      if (arrived + applied === 0) return
    }
  }

  return {
    api,
    keys,
    clock,
    simulator,
    database,
    send,
    get app() {
      return wired.app
    },
    get payments() {
      return wired.payments
    },
    get wired() {
      return wired
    },
    /** Where the process that runs now can be made to die. */
    get door() {
      return door
    },
    /** The process ends, wherever it is, and another one begins; database and provider outlive it. */
    async restart(): Promise<void> {
      await wired.app.close()
      await wired.lanes.drain()
      await boot()
    },
    accounts,
    till: keys.registers[0]?.id as string,
    terminal: keys.terminals[0]?.id as string,
    news,
    /** Orders, stock and customers learn what happened, and do what follows from it, until nothing is left to do. */
    async settle(): Promise<void> {
      for (let round = 0; round < 20; round++) {
        let did = 0
        for (const worker of wired.commerce.workers) did += await worker.tick()
        if (did === 0) return
      }
      throw new Error('the workers of commerce do not come to rest')
    },
    /** Receipts and supplements that nobody has asked for are written. */
    async work(): Promise<void> {
      for (const worker of wired.counter.workers) await worker.tick()
    },
    /** Asks the provider about every operation whose time has come. */
    ask: () => resolveDue(wired.payments),
    /** Gives back what arrived twice or too late. */
    giveBack: () => reverseDuplicates(wired.payments),
    /** Looks for authorisations that have ended or soon will. */
    expire: () => expireHolds(wired.payments),
    /** The same merchant's API at another process of the service, with connections and lanes of its own. */
    async another(): Promise<Api & { program: Wired }> {
      const pool = openPool(database.url)
      const other = await wire({ ...common, db: pool, simulator })
      await other.app.ready()
      others.push(async () => {
        await other.app.close()
        await other.lanes.drain()
        await pool.end()
      })
      return { ...createApi(sendInProcess(other.app), keys.secret_key, `other${others.length}`), program: other }
    },
    /** A further merchant on the same server. */
    async neighbour(merchant: Partial<NewMerchant> = {}): Promise<{ api: Api; keys: NewMerchantKeys }> {
      const made = await createMerchant(wired.merchants, { name: 'Next Door', currency: 'EUR', ...merchant })
      return { keys: made, api: createApi(send, made.secret_key, 'neighbour') }
    },
    async customer(name = 'Ada'): Promise<string> {
      const answer = await api.call<{ id: string }>('POST', '/v1/customers', { name })
      assert.equal(answer.status, 201, answer.text)
      return answer.body.id
    },
    /** What really happened at the provider, as `effect amount`, oldest first; of one payment, or all. */
    journal: (paymentId?: string): string[] =>
      rowsOf(simulator.journal({ limit: 10_000 }), paymentId).map((row) => `${row.effect} ${row.amount}`),
    /** Every ledger entry of a payment without the fees: `event account ±amount …`, debit positive, oldest first. */
    async books(paymentId: string): Promise<string[]> {
      const entries = await api.entries(paymentId)
      return entries.map(({ event, lines }) => {
        const shown = lines
          .filter(({ account }) => !account.startsWith('fees'))
          .map(({ account, debit, credit }) => `${accountName(accounts, account)} ${signed(debit - credit)}`)
        return [event, ...shown.sort()].join(', ')
      })
    },
    /** What the fees of a payment add up to, by account. */
    async fees(paymentId: string): Promise<Record<string, number>> {
      const sums: Record<string, number> = {}
      for (const { lines } of await api.entries(paymentId)) {
        for (const { account, debit, credit } of lines) {
          if (account.startsWith('fees')) sums[account] = (sums[account] ?? 0) + debit - credit
        }
      }
      return sums
    },
    /** The timeline as `kind state` for instructions and `source outcome → effect` for evidence. */
    async timeline(paymentId: string): Promise<string[]> {
      const { body } = await api.get<{ data: Record<string, string>[] }>(`/v1/payments/${paymentId}/timeline`)
      return body.data.map((row) =>
        row['type'] === 'evidence'
          ? `${row['source']} ${row['outcome']} → ${row['effect']}`
          : `${row['kind']} ${row['state']}`,
      )
    },
    /**
     * Every book balances and every invariant holds; then the shop is closed for good. `hasAllVersions`: whatever happened in it,
     * the events of every object tell versions 1, 2, 3, …
     */
    async close({ hasAllVersions = false } = {}): Promise<void> {
      try {
        const { body } = await api.get<{ is_balanced: boolean }>('/v1/ledger/trial_balance')
        assert.equal(body.is_balanced, true, 'debits equal credits in every currency')
        const broken = (await verifyBooks(db)).filter((result) => result.broken > 0)
        assert.deepEqual(broken, [], 'every invariant of the books holds')
        if (hasAllVersions) assert.deepEqual(await skippedVersions(db), [])
      } finally {
        for (const end of others) await end()
        await wired.app.close()
        await wired.lanes.drain()
        await simulator.stop()
        await database.close()
        await rm(keysFolder, { recursive: true, force: true })
      }
    },
  }
}

interface ShopAccounts {
  a: string
  b: string
  drawer: string
}

async function accountsOf(api: Api): Promise<ShopAccounts> {
  const { body } = await api.get<{ data: { id: string; name: string }[] }>('/v1/connector_accounts')
  const idOf = (name: string) => body.data.find((account) => account.name === name)?.id as string
  return { a: idOf('Simulator A'), b: idOf('Simulator B'), drawer: idOf('Cash drawer') }
}

/** `psp:A` for what provider account A owes, `cash` for the drawer, the account's own name otherwise. */
function accountName(accounts: ShopAccounts, account: string): string {
  if (account === `psp_receivable:${accounts.a}`) return 'psp:A'
  if (account === `psp_receivable:${accounts.b}`) return 'psp:B'
  return account.startsWith('cash:') ? 'cash' : account
}

function signed(amount: number): string {
  return amount > 0 ? `+${amount}` : String(amount)
}

function rowsOf(rows: JournalRow[], paymentId: string | undefined): JournalRow[] {
  return paymentId === undefined ? rows : rows.filter((row) => row.payment_id === paymentId)
}
