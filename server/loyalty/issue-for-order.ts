// Gift cards as goods: issued when the order that sold them is confirmed, taken back when they are returned unspent. Their
// value moves in the books from what came in for sales to what is owed on cards. In the caller's transaction, once per unit.

import type { Tx } from '../db/pool.ts'
import type { LoyaltyDeps } from './deps.ts'
import { change, newGiftCard } from './gift-card.ts'
import {
  cardsOfOrder,
  type GiftCardRow,
  insertGiftCard,
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
  /** Face value of each, minor units. */
  face_value: bigint
  /** What came in for each, minor units; less than the face when they were on offer. Default: the face value. */
  paid?: (unit: bigint) => bigint
  currency: string
  programme?: string | null
  customer_id?: string | null
  /** Blank cards from the rack, activated by this sale, by unit; for the others a new card is made. */
  blank_ids?: readonly (string | undefined)[]
  channel: string
  store_id?: string | null
  at: Date
}

/**
 * Issues the cards that a line sold; those that are there already stay as they are. Call it after everything else that the
 * transaction locks, events last but these. Answers every card of the line by unit; tell its code with `revealGiftCard`.
 */
export async function issueForOrder(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  sale: GiftCardSale,
): Promise<GiftCardRow[]> {
  const programme = sale.programme == null ? null : await readProgramme(tx, merchantId, sale.programme)
  const made = (await cardsOfOrder(tx, merchantId, sale.order_id)).filter((card) => card.line_id === sale.line_id)
  const units = new Set(made.map((card) => card.unit))
  const changes: Change[] = []
  for (let unit = 1n; unit <= sale.quantity; unit++) {
    if (units.has(unit)) continue
    const { order_id, line_id, currency, at } = sale
    const blank = sale.blank_ids?.[Number(unit - 1n)]
    const customer_id = sale.customer_id ?? null
    let id = blank
    if (id === undefined) {
      const card = await newGiftCard(deps, merchantId, programme, {
        currency,
        customer_id,
        order_id,
        line_id,
        unit,
        at,
      })
      if (!(await insertGiftCard(tx, merchantId, card, at))) continue
      id = card.id
    } else {
      await lockValue(tx, merchantId, id)
      const card = await readGiftCard(tx, merchantId, id)
      if (card?.state !== 'inactive' || card.order_id !== null || card.currency !== currency)
        throw new Error(`the blank gift card ${id} of order ${order_id} cannot be sold`)
      await tieToOrder(tx, merchantId, { id, orderId: order_id, lineId: line_id, unit })
    }
    changes.push(...issueChanges(deps, { id, currency }, sale, unit))
  }
  await bookChanges(tx, merchantId, changes)
  return (await cardsOfOrder(tx, merchantId, sale.order_id)).filter((card) => card.line_id === sale.line_id)
}

function issueChanges(
  deps: LoyaltyDeps,
  card: { id: string; currency: string },
  sale: GiftCardSale,
  unit: bigint,
): Change[] {
  const { order_id, line_id, at, face_value } = sale
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

/**
 * Takes back a card that was sold and is returned: its whole value leaves it and it is blocked. `false` when something of it
 * is spent or held: then the return must be refused. The same again changes nothing and answers true.
 */
export async function voidIssued(
  deps: LoyaltyDeps,
  tx: Tx,
  merchantId: string,
  input: { gift_card_id: string; channel: string; store_id?: string | null; at: Date },
): Promise<boolean> {
  const { at } = input
  await lockValue(tx, merchantId, input.gift_card_id)
  const card = await readGiftCard(tx, merchantId, input.gift_card_id)
  if (card === null || card.order_id === null) return false
  const cause = {
    ref_id: card.id,
    order_id: card.order_id,
    channel: input.channel,
    store_id: input.store_id ?? undefined,
  }
  const { paid, given } = await issuedFor(tx, merchantId, card.id)
  // Its entries add up to nothing once it is taken back.
  if (paid + given === 0n) return true
  if (card.held > 0n || card.balance !== paid + given) return false
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
  ]
  await bookChanges(
    tx,
    merchantId,
    changes.filter(({ units }) => units !== 0n),
  )
  return true
}
