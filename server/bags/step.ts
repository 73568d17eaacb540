// One step on the page: what was typed is kept, and what follows from it goes into the cart at once, so that every total shown is that of
// the order to be.

import {
  arrangeCart,
  changeLine,
  confirmCart,
  patchCart,
  previewArranged,
  removeLine,
  type Target,
} from '../carts/index.ts'
import type { BagInput, NoticeCode, Session, Typed } from '../checkout/index.ts'
import { Problem } from '../lib/problem.ts'
import type { BagDeps } from './deps.ts'
import { type Known, knownOf, PAGE } from './known.ts'
import { arrangementOf } from './plan.ts'
import { typeInto } from './store.ts'

/** As many as a cart keeps. */
const MOST_CODES = 10

/** What stands in the way is a notice; nothing is half done, since each step changes the cart once. */
export async function bagStep(deps: BagDeps, session: Session, input: BagInput): Promise<NoticeCode | null> {
  try {
    return await carryOut(deps, session, input)
  } catch (error) {
    if (error instanceof Problem && CHANGED.has(error.code)) return 'bag_changed'
    if (error instanceof Problem && error.status < 500) return 'details_missing'
    throw error
  }
}

/** Another device was quicker: the page shows the cart as it is now. */
const CHANGED: ReadonlySet<string> = new Set([
  ...['version-conflict', 'price-changed', 'cart-closed', 'not-found', 'invalid-state', 'tax-unknown'],
])

async function carryOut(deps: BagDeps, session: Session, input: BagInput): Promise<NoticeCode | null> {
  const { merchant_id } = session
  const known = await knownOf(deps, session)
  const target: Target = { id: known.cart.id, caller: PAGE, ifVersion: undefined }
  switch (input.act) {
    case 'update':
    case 'continue':
      return details(deps, session, input)
    case 'edit':
      await keep(deps, session, {}, false)
      return null
    case 'accept': {
      // Exactly what was looked at: a further change is shown again.
      await confirmCart(deps.carts, merchant_id, target, BigInt(input.seen ?? known.view.total))
      return null
    }
    case 'take': {
      const line = known.view.lines.find(({ id }) => id === input.line)
      const left = line?.availability?.available ?? 0
      if (!line) return 'bag_changed'
      if (left <= 0) await removeLine(deps.carts, merchant_id, target, line.id)
      else if (left < line.quantity) await changeLine(deps.carts, merchant_id, target, line.id, { quantity: left })
      return null
    }
    case 'remove':
      await removeLine(deps.carts, merchant_id, target, input.line ?? '')
      return null
    case 'code':
      return useCode(deps, known, target, (input.code ?? '').trim())
    case 'uncode': {
      const codes = known.view.codes.filter((code) => code !== input.code)
      await patchCart(deps.carts, merchant_id, target, { codes })
      return null
    }
  }
}

async function details(deps: BagDeps, session: Session, { act, typed = {} }: BagInput): Promise<NoticeCode | null> {
  await keep(deps, session, typed, act === 'continue')
  const known = await knownOf(deps, session)
  const arrangement = arrangementOf(known)
  const gone = (lines: Known['view']['lines']) => lines.filter(({ is_gone }) => is_gone).length
  // Some parts of a country stand outside its VAT, and only the postal code tells: nothing is sent there.
  const hoped = await previewArranged(deps.carts, session.merchant_id, known.cart, arrangement)
  if (gone(hoped.lines) > gone(known.view.lines)) {
    await keep(deps, session, {}, false)
    return 'not_delivered_there'
  }
  const target = { id: known.cart.id, caller: PAGE, ifVersion: undefined }
  const view = await arrangeCart(deps.carts, session.merchant_id, target, arrangement)
  if (act !== 'continue') return null
  // What stands in the way is said, not only shown: it may be out of sight.
  if (view.lines.some(({ is_gone, availability }) => is_gone || availability?.is_enough === false)) return 'sold_out'
  return view.changes.some(({ what }) => what === 'price') ? 'bag_changed' : null
}

async function useCode(deps: BagDeps, known: Known, target: Target, code: string): Promise<NoticeCode | null> {
  const { codes } = known.view
  if (code === '' || codes.some((each) => each.toLowerCase() === code.toLowerCase())) return null
  // One that does not help makes room.
  const kept = codes.slice(Math.max(0, codes.length + 1 - MOST_CODES))
  const after = await patchCart(deps.carts, known.session.merchant_id, target, { codes: [...kept, code] })
  const isUsed = after.promotions.applied.some((used) => used.code?.toLowerCase() === code.toLowerCase())
  return isUsed ? 'code_used' : 'code_refused'
}

async function keep(deps: BagDeps, session: Session, typed: Typed, is_sent: boolean): Promise<void> {
  await typeInto(deps.db, session, { typed, is_sent, at: deps.clock.now() })
}
