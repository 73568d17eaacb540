// Which balance somebody means: a gift card by its code, store credit and points by their customer. Wrong codes and PINs are
// counted; an answer never says which of them was wrong.

import { timingSafeEqual } from 'node:crypto'
import { currentProfile, hasCustomer, holdCurrentProfile } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { StoredValueAsk, StoredValueBooks } from '../payments/index.ts'
import { hashOfCode, pinOf, readCode } from './code.ts'
import type { LoyaltyDeps } from './deps.ts'
import { isOver } from './gift-card.ts'
import { clearPinTries, findByCode, type GiftCardRow, readGiftCard, takePinTry } from './gift-card-store.ts'
import { openForProfile } from './open.ts'
import { worthOf } from './points.ts'
import { hasPointValue, readLoyaltyProgramme } from './programme-store.ts'
import { readValue, valuesOf } from './store.ts'

/** A guesser has five tries at a million PINs, then waits; a customer who mistypes rarely needs three. */
const PIN_TRIES = 5
const PIN_LOCK_MS = 15 * 60_000

export interface CodeAsk {
  code: string
  pin?: string | undefined
  callerId: string | undefined
  /** Money may be put onto a card without its PIN. */
  isPinNeeded: boolean
  pointer: string
}

/**
 * The card of a code, fit for use. Throws gift-card-invalid (no such code, wrong PIN, blocked, expired, never activated) and
 * rate-limited (too many wrong codes of this caller or merchant, or wrong PINs for this card).
 */
export async function findGiftCard(deps: LoyaltyDeps, merchantId: string, ask: CodeAsk): Promise<GiftCardRow> {
  deps.limits.misses.check(merchantId, ask.callerId)
  const invalid = (detail?: string) =>
    new Problem('gift-card-invalid', {
      ...(detail === undefined ? {} : { detail }),
      errors: [{ pointer: ask.pointer, detail: 'is not valid' }],
    })
  const miss = () => {
    deps.limits.misses.count(merchantId, ask.callerId)
    return invalid()
  }
  // A typing error, which the check character shows: nobody could have been issued that code.
  const code = readCode(ask.code)
  if (code === undefined) throw invalid()
  const card = await findByCode(deps.db, merchantId, await hashOfCode(deps, merchantId, code))
  if (!card) throw miss()
  if (card.has_pin && ask.isPinNeeded) {
    if (ask.pin === undefined) throw invalid('This card is used with its PIN.')
    if (!(await isRightPin(deps, merchantId, card, ask.pin))) throw miss()
  }
  const at = deps.clock.now()
  const isBlank = card.state === 'inactive' && ask.isPinNeeded
  if (isBlank || card.state === 'blocked' || isOver(card, at)) throw invalid()
  return card
}

async function isRightPin(
  deps: LoyaltyDeps,
  merchantId: string,
  card: GiftCardRow & { pin_locked_until: Date | null },
  given: string,
): Promise<boolean> {
  const now = deps.clock.now()
  const lockUntil = new Date(now.getTime() + PIN_LOCK_MS)
  if (!(await takePinTry(deps.db, merchantId, { id: card.id, now, most: PIN_TRIES, lockUntil }))) {
    const wait = (card.pin_locked_until ?? lockUntil).getTime() - now.getTime()
    throw new Problem('rate-limited', {
      detail: 'Too many wrong PINs.',
      retryAfterS: Math.max(1, Math.ceil(wait / 1000)),
    })
  }
  const right = Buffer.from(await pinOf(deps, merchantId, card.id))
  const typed = Buffer.from(given)
  if (right.length !== typed.length || !timingSafeEqual(right, typed)) return false
  await clearPinTries(deps.db, merchantId, card.id)
  return true
}

/** What the payment core asks. */
export function createStoredValueBooks(deps: LoyaltyDeps): StoredValueBooks {
  return {
    async toCharge(merchantId, ask) {
      if (ask.giftCard !== undefined) {
        const { code, pin } = ask.giftCard
        const card = await findGiftCard(deps, merchantId, { ...ask, code, pin, isPinNeeded: true })
        if (card.currency !== ask.currency) throw new Problem('currency-mismatch')
        return card.id
      }
      if (ask.customerId === undefined) return null
      const customerId = await currentProfile(deps.db, merchantId, ask.customerId)
      await mustOwnOrder(deps, merchantId, customerId, ask.orderCustomerId)
      if (ask.method === 'points') {
        if (!(await hasPointValue(deps.db, merchantId, ask.currency))) {
          throw new Problem('method-unavailable', { detail: `Points are not worth anything in ${ask.currency} here.` })
        }
        return (await valuesOf(deps.db, merchantId, { customerId, kind: 'points' }))[0]?.id ?? null
      }
      const accounts = await valuesOf(deps.db, merchantId, { customerId, kind: 'store_credit' })
      return accounts.find((account) => account.currency === ask.currency)?.id ?? null
    },
    async spendable(merchantId, ask) {
      const id = await this.toCharge(merchantId, ask)
      const value = id === null ? null : await readValue(deps.db, merchantId, id)
      const free = value === null || value.balance < value.held ? 0n : value.balance - value.held
      if (ask.method !== 'points') return free
      const programme = await readLoyaltyProgramme(deps.db, merchantId)
      const rate = programme?.rates.find(({ currency }) => currency === ask.currency)
      return rate === undefined ? 0n : worthOf(rate, free)
    },
    async toCredit(merchantId, ask) {
      if (ask.method === 'gift_card') return giftCardToCredit(deps, merchantId, ask)
      if (ask.method !== 'store_credit') {
        throw new Problem('operation-unsupported', { detail: 'Points are given by an adjustment, not paid out.' })
      }
      const customerId = ask.customerId as string
      if (!(await hasCustomer(deps.db, merchantId, customerId)))
        throw new Problem('reference-not-found', { errors: [{ pointer: ask.pointer, detail: 'does not exist' }] })
      const opened = { kind: 'store_credit' as const, currency: ask.currency, customerId, at: deps.clock.now() }
      return transact(deps.db, async (tx) => {
        await holdCurrentProfile(tx, merchantId, customerId)
        return (await openForProfile(deps, tx, merchantId, opened)).id
      })
    },
  }
}

/** What belongs to a person pays their own orders, under whichever of their profiles, and those of guests. */
async function mustOwnOrder(
  deps: LoyaltyDeps,
  merchantId: string,
  customerId: string,
  orderCustomerId: string | undefined,
): Promise<void> {
  if (orderCustomerId === undefined || orderCustomerId === customerId) return
  if ((await currentProfile(deps.db, merchantId, orderCustomerId)) === customerId) return
  throw new Problem('balance-of-another', {
    errors: [{ pointer: '/tender/method', detail: 'the order is another customer’s' }],
  })
}

async function giftCardToCredit(deps: LoyaltyDeps, merchantId: string, ask: StoredValueAsk): Promise<string> {
  if (ask.giftCard !== undefined) {
    const found = await findGiftCard(deps, merchantId, { ...ask, code: ask.giftCard.code, isPinNeeded: false })
    if (found.currency !== ask.currency) throw new Problem('currency-mismatch')
    return found.id
  }
  const card = await readGiftCard(deps.db, merchantId, ask.giftCardId as string)
  if (!card) throw new Problem('reference-not-found', { errors: [{ pointer: ask.pointer, detail: 'does not exist' }] })
  if (card.currency !== ask.currency) throw new Problem('currency-mismatch')
  if (card.state === 'blocked' || isOver(card, deps.clock.now()))
    throw new Problem('gift-card-invalid', { errors: [{ pointer: ask.pointer, detail: 'is not valid' }] })
  return card.id
}
