// What every command on a fulfilment begins with, in its transaction: the order's lock, the fulfilment's lock, and the question
// whether the move is allowed from where it stands.

import type { Tx } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { lockOrder, type Order, type OrderLine, readOrderLines } from '../orders/index.ts'
import { type Fulfilment, type FulfilmentLine, MOVES, type Move, type Verb } from './fulfilment.ts'
import { lockFulfilment, readFulfilment, readLines, readOfOrders } from './store.ts'

export interface Command {
  id: string
  /** The key that asks. */
  by: string
  ifVersion: number | undefined
}

export interface Begun {
  order: Order
  orderLines: OrderLine[]
  fulfilment: Fulfilment
  lines: FulfilmentLine[]
  /** All fulfilments of the order, this one too. */
  siblings: Fulfilment[]
}

/** Locks the order and then the fulfilment. Throws not-found. */
export async function begin(tx: Tx, merchantId: string, id: string): Promise<Begun> {
  const known = await readFulfilment(tx, merchantId, id)
  if (!known) throw new Problem('not-found')
  const order = (await lockOrder(tx, merchantId, known.order_id)) as Order
  const fulfilment = (await lockFulfilment(tx, merchantId, id)) as Fulfilment
  return {
    ...{ order, fulfilment, lines: await readLines(tx, merchantId, id) },
    orderLines: await readOrderLines(tx, merchantId, order.id),
    siblings: await readOfOrders(tx, merchantId, [order.id]),
  }
}

/** The move of a verb from where the fulfilment stands. Throws version-conflict, invalid-state with what stands in the way. */
export function moveOf(f: Fulfilment, verb: Verb, ifVersion: number | undefined): Move {
  if (ifVersion !== undefined && ifVersion !== f.version) throw new Problem('version-conflict')
  const move = MOVES[f.mode][verb]
  if (!move) throw refused(`What is ${f.mode.replaceAll('_', ' ')} knows no ${verb.replaceAll('_', ' ')}.`)
  if (!move.from.includes(f.state)) throw refused(`The fulfilment is ${f.state}.`)
  if (f.charge_state === 'intent' || f.charge_state === 'unknown') throw refused('It is being charged.')
  return move
}

export function refused(detail: string): Problem {
  return new Problem('invalid-state', { detail })
}
