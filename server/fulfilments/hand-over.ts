// Goods are handed over: at the counter, or to a carrier. Only what is handed over is charged. One transaction decides who hands
// what over and plans the charge; the provider is called after it; the goods leave when the money has come.

import { type Tx, transact } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import {
  type Applied,
  atRegister,
  carryOut,
  fulfilLines,
  lockOrder,
  type Order,
  readOrderLines,
} from '../orders/index.ts'
import { once, type Reply } from '../payments/index.ts'
import { getToken } from '../vault/index.ts'
import { type Begun, begin, type Command, moveOf, refused } from './begin.ts'
import { carryOutCharge, LEASE_MS, planCharge } from './charge.ts'
import { hashOfCode, MOST_ATTEMPTS } from './code.ts'
import type { FulfilmentDeps } from './deps.ts'
import { cancelUnits } from './drop.ts'
import { type FulfilmentEvent, tell } from './event.ts'
import { finish } from './finish.ts'
import { type CounterTender, type Fulfilment, type LineUnits, openOf } from './fulfilment.ts'
import { releaseOf } from './release.ts'
import { show } from './show.ts'
import { splitOff } from './split.ts'
import { changeFulfilment, countAttempt, countLines, type Patch, readFulfilment, readLines } from './store.ts'

export interface HandOver {
  verb: 'collect' | 'ship'
  code?: string
  staff_override_reason?: string
  lines?: { line_id: string; quantity: number }[]
  refuse?: { line_id: string; quantity: number; reason: string }[]
  tender?: CounterTender
  tracking?: { carrier: string; number: string; url?: string }
}

/** What the customer pays with is this merchant's. Throws reference-not-found. */
async function mustKnowTender(
  deps: FulfilmentDeps,
  merchantId: string,
  tender: CounterTender | undefined,
): Promise<void> {
  if (!tender) return
  const merchant = await deps.merchantCache.get(merchantId)
  const { cash, terminal_id, token } = tender
  const unknown = (name: string) =>
    new Problem('reference-not-found', { errors: [{ pointer: `/tender/${name}`, detail: 'names nothing of yours' }] })
  if (cash && !merchant?.registers.has(cash.register_id)) throw unknown('cash/register_id')
  if (terminal_id !== undefined && !merchant?.terminals.has(terminal_id)) throw unknown('terminal_id')
  if (token !== undefined && !(await getToken(deps.orders, merchantId, token))) throw unknown('token')
}

interface Started {
  fulfilment: Fulfilment | null
  refund: Applied['refund']
}

/**
 * Hands over all that is open, or what is named. 202 while it is not known whether the charge went through; a decline leaves the
 * goods where they are and says so. Throws not-found, version-conflict, invalid-state, code-invalid, reference-not-found,
 * quantity-exceeds-available and what `once` throws.
 */
export async function handOver(
  deps: FulfilmentDeps,
  merchantId: string,
  idempotency: Idempotency,
  command: Command & { input: HandOver; registerId: string | undefined },
): Promise<Reply> {
  if (!(await readFulfilment(deps.db, merchantId, command.id))) throw new Problem('not-found')
  await mustKnowTender(deps, merchantId, command.input.tender)
  await deps.consumer.catchUp(merchantId)
  return once(deps.payments, merchantId, idempotency, command.id, async () => {
    const code = command.input.code
    const hash = code === undefined ? null : await hashOfCode(deps.payments, merchantId, command.id, code)
    const started = await transact(deps.db, (tx) => start(deps, tx, merchantId, idempotency.key, { ...command, hash }))
    if (!started.fulfilment) throw new Problem('code-invalid')
    if (started.refund) await carryOut(deps.orders, started.refund)
    const after = await carryOutCharge(deps, merchantId, started.fulfilment)
    const body = JSON.stringify(await show(deps.db, merchantId, after))
    return { status: after.charge_state === 'intent' || after.charge_state === 'unknown' ? 202 : 200, body }
  })
}

async function start(
  deps: FulfilmentDeps,
  tx: Tx,
  merchantId: string,
  key: string,
  command: Command & { input: HandOver; registerId: string | undefined; hash: string | null },
): Promise<Started> {
  const begun = await begin(tx, merchantId, command.id)
  const { fulfilment: f, order } = begun
  const { input, by } = command
  // A first run of this very command, whose process died: what it began is brought on.
  if (f.charge_key === key) return { fulfilment: f, refund: null }
  const move = moveOf(f, input.verb, command.ifVersion)
  if (order.state !== 'confirmed') throw refused(`The order is ${order.state}.`)
  const isWrong = input.verb === 'collect' && input.staff_override_reason === undefined && !isRight(f, command.hash)
  if (isWrong) {
    // Counted, so this transaction must stand.
    await countAttempt(tx, merchantId, f.id)
    return { fulfilment: null, refund: null }
  }
  const { taken, refusedUnits, rest } = sortOut(begun, input)
  const at = deps.clock.now()
  const events: FulfilmentEvent[] = []
  // Stock first, then the order and its payment, events last: the order of locks of everybody.
  await releaseOf(deps, tx, merchantId, begun, refusedUnits, at)
  if (rest.length > 0 && taken.length > 0) {
    const sibling = await splitOff(deps, tx, merchantId, begun, rest, at)
    events.push({ type: 'fulfilment.created', ...sibling, order, by, more: { split_from: f.id } })
  }
  const base: Patch = {
    charge_key: key,
    ...(input.verb === 'ship'
      ? { tracking: input.tracking ?? null }
      : { collected_by: input.staff_override_reason === undefined ? ('code' as const) : ('staff' as const) }),
    ...(input.staff_override_reason === undefined ? {} : { reason: input.staff_override_reason }),
  }
  const reason = input.refuse?.[0]?.reason ?? 'refused'
  const here = { ...deps, orders: atRegister(deps.orders, command.registerId) }
  const refund = await cancelUnits(here, tx, merchantId, begun, refusedUnits, { reason, by })
  if (taken.length === 0) {
    const isEmpty = rest.length === 0
    const patch: Patch = isEmpty
      ? { state: 'cancelled', reason, code_hash: null, expires_at: null, ended_at: at, release_at: at }
      : {}
    const after = await changeFulfilment(tx, merchantId, f, move.from, { ...base, ...patch }, at)
    const type = isEmpty ? 'fulfilment.cancelled' : 'fulfilment.reduced'
    const more = { refused: input.refuse }
    await tell(tx, deps, merchantId, at, [
      ...events,
      { type, fulfilment: after, lines: await readLines(tx, merchantId, f.id), order, by, more },
    ])
    return { fulfilment: after, refund }
  }
  const now = (await lockOrder(tx, merchantId, order.id)) as Order
  const orderLines = await readOrderLines(tx, merchantId, order.id)
  const { amount, plan: planned } = await planCharge(tx, merchantId, {
    ...{ order: now, lines: orderLines, fulfilment: f, siblings: begun.siblings, units: taken },
    ...(input.tender === undefined ? {} : { tender: input.tender }),
  })
  const { registerId } = command
  const isGivenHere = input.tender !== undefined && registerId !== undefined
  const plan = planned && isGivenHere ? { ...planned, register_id: registerId } : planned
  await fulfilLines(
    tx,
    merchantId,
    taken.map((units) => ({ ...units, order_id: order.id })),
    at,
  )
  await countLines(tx, merchantId, f.id, 'handed_over', taken)
  // Nothing to charge and nothing else changed: one transaction does it all.
  if (!plan && refusedUnits.length === 0) {
    const done = await finish(deps, tx, merchantId, { order: now, fulfilment: f, by, at, patch: base })
    await tell(tx, deps, merchantId, at, events)
    return { fulfilment: done, refund }
  }
  const charge_plan = plan ?? {
    ...{
      route: 'paid' as const,
      payment_id: null,
      is_last: false,
      order_total: Number(now.total),
      channel: now.channel,
    },
    units: taken.map(({ line_id, quantity }) => ({ line_id, quantity: Number(quantity) })),
  }
  const after = await changeFulfilment(
    tx,
    merchantId,
    f,
    move.from,
    {
      ...{ ...base, charge_state: 'intent', charge_no: f.charge_no + 1, charge_amount: amount, charge_plan },
      ...{ charge_decline: null, charge_due_at: new Date(at.getTime() + LEASE_MS) },
    },
    at,
  )
  const lines = await readLines(tx, merchantId, f.id)
  const more = input.refuse === undefined ? {} : { refused: input.refuse }
  await tell(tx, deps, merchantId, at, [
    ...events,
    { type: 'fulfilment.charge_begun', fulfilment: after, lines, order: now, by, more },
  ])
  return { fulfilment: after, refund }
}

/** The code belongs to whoever shows it: another person may come. */
function isRight(f: Fulfilment, hash: string | null): boolean {
  return f.code_hash !== null && f.code_attempts < MOST_ATTEMPTS && hash === f.code_hash
}

/** What is taken, what is refused and what stays. Throws reference-not-found, quantity-exceeds-available, validation-error. */
function sortOut(
  { lines }: Begun,
  input: HandOver,
): { taken: LineUnits[]; refusedUnits: LineUnits[]; rest: LineUnits[] } {
  const refusedUnits = unitsOf(lines, input.refuse ?? [], '/refuse')
  const named = input.lines && unitsOf(lines, input.lines, '/lines')
  const count = (units: readonly LineUnits[], id: string) => units.find(({ line_id }) => line_id === id)?.quantity ?? 0n
  const all = lines.map((line) => {
    const gone = count(refusedUnits, line.line_id)
    const taken = named ? count(named, line.line_id) : openOf(line) - gone
    const rest = openOf(line) - gone - taken
    if (rest < 0n || taken < 0n)
      throw new Problem('quantity-exceeds-available', { detail: `${line.line_id}: ${openOf(line)} are open.` })
    return { line_id: line.line_id, taken, rest }
  })
  const pick = (of: 'taken' | 'rest') =>
    all.map((each) => ({ line_id: each.line_id, quantity: each[of] })).filter(({ quantity }) => quantity > 0n)
  const taken = pick('taken')
  if (taken.length === 0 && refusedUnits.length === 0) throw refused('Nothing of it is open.')
  return { taken, refusedUnits, rest: pick('rest') }
}

/** Units as they were named, one row per line. */
export function unitsOf(
  lines: readonly { line_id: string }[],
  named: readonly { line_id: string; quantity: number }[],
  pointer: string,
): LineUnits[] {
  const sums = new Map<string, bigint>()
  for (const [i, { line_id, quantity }] of named.entries()) {
    if (!lines.some((line) => line.line_id === line_id))
      throw new Problem('reference-not-found', {
        errors: [{ pointer: `${pointer}/${i}/line_id`, detail: 'is no line of this fulfilment' }],
      })
    sums.set(line_id, (sums.get(line_id) ?? 0n) + BigInt(quantity))
  }
  return [...sums].map(([line_id, quantity]) => ({ line_id, quantity }))
}
