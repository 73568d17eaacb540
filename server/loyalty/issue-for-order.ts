// Gift cards as goods: issued when the money for them is taken, taken back when they are returned unspent. Their
// value moves in the books from what came in for sales to what is owed on cards. In the caller's transaction, once per unit.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { LoyaltyDeps } from './deps.ts'
import { change, newGiftCard } from './gift-card.ts'
import {
  cardsOfOrder,
  type GiftCardRow,
  insertGiftCard,
  type ProgrammeRow,
  readGiftCard,
  readProgramme,
  tieToOrder,
} from './gift-card-store.ts'
import { bookChanges, type Change, issuedFor, lockValue, setState } from './store.ts'

/** Cards of one line of an order. */
export interface GiftCardSale {
  order_id: string
  line_id: string
  /** Units sold: one card each, numbered from 1. */
  quantity: bigint
  /** Face value of each, minor units; by unit where a line does not divide evenly. */
  face_value: bigint | ((unit: bigint) => bigint)
  /** What came in for each, minor units; less than the face when they were on offer. Default: the face value. */
  paid?: (unit: bigint) => bigint
  currency: string
  programme?: string | null
  /** The VAT that the line bears: not 0 for single-purpose vouchers, whatever their programme says by now. */
  tax_rate_bp?: number
  customer_id?: string | null
  /** Blank cards from the rack, activated by this sale, by unit; for the others a new card is made. */
  blank_ids?: readonly (string | undefined)[]
  channel: string
  store_id?: string | null
  at: Date
}

/**
 * Issues the cards that a line sold; those that are there already stay as they are. A blank card that cannot be sold (any
 * more) is replaced by a new one. Call it after everything else that the transaction locks, events last but these. Answers
 * every card of the line by unit; tell its code with `revealGiftCard`.
 */
export async function issueForOrder(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  sale: GiftCardSale,
): Promise<GiftCardRow[]> {
  await bookChanges(tx, merchantId, await planIssue(deps, tx, merchantId, sale))
  return (await cardsOfOrder(tx, merchantId, sale.order_id)).filter((card) => card.line_id === sale.line_id)
}

/** The same without booking the changes, for a caller that has more of them: they are booked together, last. */
export async function planIssue(deps: LoyaltyDeps, tx: Tx, merchantId: string, sale: GiftCardSale): Promise<Change[]> {
  const programme = sale.programme == null ? null : await readProgramme(tx, merchantId, sale.programme)
  const made = (await cardsOfOrder(tx, merchantId, sale.order_id)).filter((card) => card.line_id === sale.line_id)
  const units = new Set(made.map((card) => card.unit))
  const changes: Change[] = []
  for (let unit = 1n; unit <= sale.quantity; unit++) {
    if (units.has(unit)) continue
    const { order_id, line_id, currency, at } = sale
    const blank = sale.blank_ids?.[Number(unit - 1n)]
    const customer_id = sale.customer_id ?? null
    let id = blank !== undefined && (await isSellable(tx, merchantId, blank, currency)) ? blank : undefined
    if (id === undefined) {
      const card = await newGiftCard(deps, merchantId, programme, {
        currency,
        customer_id,
        order_id,
        line_id,
        unit,
        at,
        ...voucherOf(programme, sale.tax_rate_bp),
      })
      if (!(await insertGiftCard(tx, merchantId, card, at))) continue
      id = card.id
    } else {
      await tieToOrder(tx, merchantId, { id, orderId: order_id, lineId: line_id, unit })
    }
    changes.push(...issueChanges(deps, { id, currency }, sale, unit))
  }
  return changes
}

/** What the order sold counts: VAT that the customer paid is not due again, and VAT they did not is due on what the card buys. */
function voucherOf(programme: ProgrammeRow | null, tax_rate_bp: number | undefined) {
  if (tax_rate_bp === undefined) return {}
  if (tax_rate_bp === 0) return { voucher: 'multi_purpose' as const }
  return { voucher: 'single_purpose' as const, tax_category: programme?.tax_category ?? 'standard', tax_rate_bp }
}

async function isSellable(tx: Tx, merchantId: string, id: string, currency: string): Promise<boolean> {
  await lockValue(tx, merchantId, id)
  const card = await readGiftCard(tx, merchantId, id)
  return card?.state === 'inactive' && card.order_id === null && card.currency === currency
}

function issueChanges(
  deps: LoyaltyDeps,
  card: { id: string; currency: string },
  sale: GiftCardSale,
  unit: bigint,
): Change[] {
  const { order_id, line_id, at } = sale
  const face_value = typeof sale.face_value === 'bigint' ? sale.face_value : sale.face_value(unit)
  const paid = sale.paid?.(unit) ?? face_value
  const cause = {
    ref_id: order_id,
    unit_key: `${line_id} ${unit}`,
    order_id,
    channel: sale.channel,
    store_id: sale.store_id ?? undefined,
  }
  const sold: Change = {
    ...change(deps, card, at),
    ...cause,
    event_type: 'gift_card.issued',
    type: 'issue',
    units: paid,
    amount: paid,
    ref_type: 'order',
    counter_account: 'sales_clearing',
  }
  // What the offer gave on top was not received from anybody.
  const given: Change = {
    ...change(deps, card, at),
    ...cause,
    event_type: 'gift_card.loaded',
    type: 'load',
    units: face_value - paid,
    amount: face_value - paid,
    ref_type: 'order_discount',
    counter_account: 'marketing_expense',
  }
  return [sold, given].filter(({ units }) => units !== 0n)
}

/** Where and when cards are taken back. */
export interface TakeBack {
  channel: string
  store_id?: string | null
  at: Date
}

/**
 * Takes back a card that was sold and is returned: its whole value leaves it and it is blocked. `false` when something of it
 * is spent or held: then the return must be refused. The same again changes nothing and answers true.
 */
export async function voidIssued(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  input: TakeBack & { gift_card_id: string },
): Promise<boolean> {
  const plan = await planVoid(deps, tx, merchantId, input.gift_card_id, input)
  if (plan === 'spent') return false
  if (plan !== 'void') await bookChanges(tx, merchantId, plan)
  return true
}

/**
 * Brings a line to as many living cards as it still has units: unspent ones are taken back, the first units first. Answers the
 * changes to be booked, and how many could not be taken back because they are spent or held.
 */
export async function planVoidDownTo(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  input: TakeBack & { order_id: string; line_id: string; units: bigint },
): Promise<{ changes: Change[]; missing: number }> {
  const cards = (await cardsOfOrder(tx, merchantId, input.order_id)).filter((card) => card.line_id === input.line_id)
  const changes: Change[] = []
  let alive = cards.length
  for (const card of cards) if ((await issuedFor(tx, merchantId, card.id)).isVoid) alive--
  for (const card of cards) {
    if (BigInt(alive) <= input.units) break
    const plan = await planVoid(deps, tx, merchantId, card.id, input)
    if (plan === 'spent' || plan === 'void') continue
    changes.push(...plan)
    alive--
  }
  return { changes, missing: Math.max(0, alive - Number(input.units)) }
}

/**
 * Takes back cards of lines that are cancelled, down to the units that are left of each. Throws balance-insufficient when that many
 * are not unused, after which the transaction is lost. Appends events: call it after everything that locks.
 */
export async function voidCancelled(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  input: TakeBack & { order_id: string; lines: readonly { line_id: string; units: bigint }[] },
): Promise<void> {
  const changes: Change[] = []
  for (const line of input.lines) {
    const plan = await planVoidDownTo(deps, tx, merchantId, { ...input, ...line })
    if (plan.missing > 0) throw new Problem('balance-insufficient', { detail: 'A gift card of it has been used.' })
    changes.push(...plan.changes)
  }
  await bookChanges(tx, merchantId, changes)
}

/** The changes that void a card; `void` when it is, `spent` when it cannot be. Locks and blocks it. */
async function planVoid(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  id: string,
  where: TakeBack,
): Promise<Change[] | 'void' | 'spent'> {
  const { at } = where
  await lockValue(tx, merchantId, id)
  const card = await readGiftCard(tx, merchantId, id)
  if (card === null || card.order_id === null) return 'spent'
  const { paid, given, loaded, isVoid } = await issuedFor(tx, merchantId, card.id)
  if (isVoid) return 'void'
  if (card.held > 0n || card.balance !== paid + given + loaded) return 'spent'
  const cause = {
    ref_id: card.id,
    order_id: card.order_id,
    channel: where.channel,
    store_id: where.store_id ?? undefined,
  }
  await setState(tx, merchantId, { id: card.id, state: 'blocked', at })
  const changes: Change[] = [
    {
      ...change(deps, card, at),
      ...cause,
      event_type: 'gift_card.voided',
      type: 'void_issue',
      units: -paid,
      amount: -paid,
      ref_type: 'order',
      counter_account: 'sales_clearing',
    },
    {
      ...change(deps, card, at),
      ...cause,
      event_type: 'gift_card.adjusted',
      type: 'adjust',
      units: -given,
      amount: -given,
      ref_type: 'order_discount',
      counter_account: 'marketing_expense',
    },
    // To be loaded is not to be used. What was loaded was given away, and goes nowhere but back.
    {
      ...change(deps, card, at),
      ...cause,
      event_type: 'gift_card.adjusted',
      type: 'adjust',
      units: -loaded,
      amount: -loaded,
      ref_type: 'void',
      unit_key: 'loaded',
      counter_account: 'marketing_expense',
    },
  ]
  return changes.filter(({ units }) => units !== 0n)
}
