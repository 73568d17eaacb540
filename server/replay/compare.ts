// Holds the replay's own figures against the books. Every entry on sales_clearing that belongs to one of our payments is
// read over the API and compared movement by movement; then the account's balances are compared channel by channel.

import { accepted, CURRENCY, type Paged } from './api.ts'
import type { Client } from './client.ts'
import { type Movement, signed } from './tally.ts'

interface Entry {
  id: string
  event: string
  payment_id: string | null
  operation_id: string | null
  lines: { account: string; currency: string; channel: string; debit: number; credit: number }[]
}

/** What the books say, against what we say. */
export interface Comparison {
  /** Net per `day channel`, from the entries. */
  ledger: Map<string, bigint>
  /** Movements whose entries are not what they should be, and entries of our payments that no movement explains. */
  differences: string[]
  entries: number
  /** The account by channel, when it could be compared as a whole. */
  balances: Balances
}

/**
 * equal, different: every entry of the account was read, so its balance must be ours plus that of other trade. older: it
 * has entries from before the replay, which are not read. moving: others traded while we read.
 */
export interface Balances {
  outcome: 'equal' | 'different' | 'older' | 'moving'
  channels: { channel: string; ours: bigint; others: bigint; balance: bigint }[]
}

const ACCOUNT = 'sales_clearing'
/** Where an id's ten characters of time are: `pay_` and `ent_` have one length. */
const TIME = [4, 14] as const

/** Reads the books and compares. */
export async function compareWithLedger(client: Client, movements: readonly Movement[]): Promise<Comparison> {
  const byPayment = new Map<string, Movement>()
  const byOperation = new Map<string, Movement>()
  for (const movement of movements) {
    if (movement.kind === 'refund') for (const id of movement.operationIds) byOperation.set(id, movement)
    else byPayment.set(movement.paymentId, movement)
  }
  const found = new Map<Movement, bigint>()
  const ledger = new Map<string, bigint>()
  const ours = new Map<string, bigint>()
  const others = new Map<string, bigint>()
  const differences: string[] = []
  let entries = 0
  let isWhole = true
  const before = await readBalances(client)
  // An entry is posted after its payment was made, and ids sort by time: what is older than our first payment is not ours.
  const oldest = movements.reduce((first, { paymentId }) => (paymentId < first ? paymentId : first), '~').slice(...TIME)

  for await (const entry of entriesOf(client)) {
    if (entry.id.slice(...TIME) < oldest) {
      isWhole = false
      break
    }
    const sale = byPayment.get(entry.payment_id ?? '')
    const movement = byOperation.get(entry.operation_id ?? '') ?? sale
    if (movement) entries++
    for (const line of entry.lines) {
      if (line.account !== ACCOUNT || line.currency !== CURRENCY) continue
      const amount = BigInt(line.credit) - BigInt(line.debit)
      if (!movement) {
        addTo(others, line.channel, amount)
        continue
      }
      found.set(movement, (found.get(movement) ?? 0n) + amount)
      addTo(ours, line.channel, amount)
      addTo(ledger, `${movement.day} ${line.channel}`, amount)
      if (line.channel !== movement.channel) {
        differences.push(
          `${nameOf(movement)}: entry ${entry.id} is in channel ${line.channel}, expected ${movement.channel}`,
        )
      }
    }
  }
  for (const movement of movements) {
    const booked = found.get(movement) ?? 0n
    if (booked !== signed(movement)) {
      differences.push(
        `${nameOf(movement)}: the ledger has ${booked} on ${ACCOUNT}, expected ${signed(movement)} (minor units)`,
      )
    }
  }
  const after = await readBalances(client)
  const channels = [...new Set([...after.keys(), ...ours.keys()])].sort().map((channel) => ({
    channel,
    ours: ours.get(channel) ?? 0n,
    others: others.get(channel) ?? 0n,
    balance: after.get(channel) ?? 0n,
  }))
  const isStill = channels.every(({ channel, balance }) => balance === (before.get(channel) ?? 0n))
  const isEqual = channels.every((one) => one.balance === one.ours + one.others)
  const outcome = isEqual ? 'equal' : !isWhole ? 'older' : isStill ? 'different' : 'moving'
  return { ledger, differences, entries, balances: { outcome, channels } }
}

/** Balances of sales_clearing by channel, money taken positive. */
async function readBalances(client: Client): Promise<Map<string, bigint>> {
  const path = `/v1/ledger/accounts?account=${ACCOUNT}&currency=${CURRENCY}&by=channel`
  const { data } = accepted(`GET ${path}`, await client.get<{ data: { channel: string; balance: number }[] }>(path))
  return new Map(data.map(({ channel, balance }) => [channel, -BigInt(balance)]))
}

async function* entriesOf(client: Client): AsyncGenerator<Entry> {
  let cursor: string | null = null
  do {
    const path: string = `/v1/ledger/entries?account=${ACCOUNT}&limit=100${cursor === null ? '' : `&cursor=${cursor}`}`
    const page: Paged<Entry> = accepted(`GET ${path}`, await client.get<Paged<Entry>>(path))
    yield* page.data
    cursor = page.next_cursor
  } while (cursor !== null)
}

function nameOf({ kind, invoice, paymentId }: Movement): string {
  return `${kind} of invoice ${invoice} (${paymentId})`
}

function addTo(sums: Map<string, bigint>, key: string, amount: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + amount)
}
