// Gift cards: issued, loaded, blocked, moved to another card. Each change is one transaction with its entry, its lines in the
// books and its event. The code is told once, in the answer to whoever issues the card, and can be told again only to the
// same request.

import { hasCustomer } from '../customers/index.ts'
import { type Tx, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import { codeOf, hashOfCode, pinOf } from './code.ts'
import type { LoyaltyDeps } from './deps.ts'
import {
  findByRequest,
  type GiftCardRow,
  insertGiftCard,
  type NewGiftCard,
  type ProgrammeRow,
  readGiftCard,
  readProgramme,
} from './gift-card-store.ts'
import { bookChanges, type Change, hasEntry, lockValue, raiseVersion, setState } from './store.ts'

export interface IssueInput {
  /** Face value in minor units; without it the card is a blank one, activated by its first load, sale or refund. */
  amount?: number
  currency: string
  programme?: string
  customer_id?: string
  reason?: string
}

/** A field of the body that names nothing of this merchant. */
function notFound(pointer: string): Problem {
  return new Problem('reference-not-found', { errors: [{ pointer, detail: 'does not exist' }] })
}

/**
 * Issues a card that nobody bought: goodwill, marketing, or blank. Its value is booked as an expense. `key` is the request's
 * Idempotency-Key, by which a repeat finds its card. Throws reference-not-found.
 */
export async function issueGiftCard(
  deps: LoyaltyDeps,
  merchantId: string,
  key: string,
  input: IssueInput,
): Promise<GiftCardRow> {
  const made = await findByRequest(deps.db, merchantId, key)
  if (made) return made
  const programme = input.programme === undefined ? null : await readProgramme(deps.db, merchantId, input.programme)
  if (input.programme !== undefined && !programme) throw notFound('/programme')
  if (input.customer_id !== undefined && !(await hasCustomer(deps.db, merchantId, input.customer_id)))
    throw notFound('/customer_id')
  const at = deps.clock.now()
  const card = await newGiftCard(deps, merchantId, programme, {
    currency: input.currency,
    customer_id: input.customer_id ?? null,
    request_key: key,
    at,
  })
  return transact(deps.db, async (tx) => {
    if (!(await insertGiftCard(tx, merchantId, card, at))) {
      return (await findByRequest(tx, merchantId, key)) as GiftCardRow
    }
    if (input.amount === undefined) await announce(deps, tx, merchantId, card.id, 'gift_card.created', at)
    else {
      await bookChanges(tx, merchantId, [
        {
          ...change(deps, card, at),
          event_type: 'gift_card.issued',
          type: 'issue',
          units: BigInt(input.amount),
          amount: BigInt(input.amount),
          ref_type: 'request',
          ref_id: key,
          reason: input.reason,
          counter_account: 'marketing_expense',
        },
      ])
    }
    return (await readGiftCard(tx, merchantId, card.id)) as GiftCardRow
  })
}

/** An empty card of a programme, ready to be written: its code and PIN exist only as what `codeOf` and `pinOf` make. */
export async function newGiftCard(
  deps: LoyaltyDeps,
  merchantId: string,
  programme: ProgrammeRow | null,
  more: { currency: string; at: Date; customer_id: string | null } & Partial<NewGiftCard>,
): Promise<NewGiftCard> {
  const id = deps.newId('gft')
  const code = await codeOf(deps, merchantId, id)
  const { at, ...columns } = more
  return {
    id,
    code_hash: await hashOfCode(deps, merchantId, code),
    last4: code.slice(-4),
    has_pin: programme?.has_pin ?? false,
    programme: programme?.code ?? null,
    voucher: programme?.voucher ?? 'multi_purpose',
    tax_category: programme?.tax_category ?? null,
    tax_rate_bp: programme?.tax_rate_bp ?? null,
    expires_at: programme?.months_valid == null ? null : addMonths(at, programme.months_valid),
    order_id: null,
    line_id: null,
    unit: null,
    replaces: null,
    request_key: null,
    ...columns,
  }
}

/** The same day `months` later, or that month's last. */
function addMonths(at: Date, months: number): Date {
  const later = new Date(at)
  later.setUTCDate(1)
  later.setUTCMonth(later.getUTCMonth() + months)
  const last = new Date(Date.UTC(later.getUTCFullYear(), later.getUTCMonth() + 1, 0)).getUTCDate()
  later.setUTCDate(Math.min(at.getUTCDate(), last))
  return later
}

/** Loads a card that nobody paid for; its value is booked as an expense. Throws not-found, invalid-state. */
export async function loadGiftCard(
  deps: LoyaltyDeps,
  merchantId: string,
  key: string,
  input: { id: string; amount: number; reason: string },
): Promise<GiftCardRow> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const card = await usable(tx, merchantId, input.id, at)
    await bookChanges(tx, merchantId, [
      {
        ...change(deps, card, at),
        event_type: 'gift_card.loaded',
        type: 'load',
        units: BigInt(input.amount),
        amount: BigInt(input.amount),
        ref_type: 'request',
        ref_id: key,
        reason: input.reason,
        counter_account: 'marketing_expense',
      },
    ])
    return (await readGiftCard(tx, merchantId, card.id)) as GiftCardRow
  })
}

/** Blocks a card, or opens it again. Its balance stays. Throws not-found, invalid-state when it is expired. */
export async function blockGiftCard(
  deps: LoyaltyDeps,
  merchantId: string,
  input: { id: string; isBlocked: boolean },
): Promise<GiftCardRow> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    const account = await lockValue(tx, merchantId, input.id)
    const card = account && (await readGiftCard(tx, merchantId, input.id))
    if (!card) throw new Problem('not-found')
    if (input.isBlocked === (card.state === 'blocked')) return card
    if (card.state === 'expired') throw new Problem('invalid-state', { detail: 'The card has expired.' })
    const reopened = card.balance > 0n ? 'active' : (await hasEntry(tx, merchantId, card.id)) ? 'depleted' : 'inactive'
    await setState(tx, merchantId, { id: card.id, state: input.isBlocked ? 'blocked' : reopened, at })
    return announce(deps, tx, merchantId, card.id, input.isBlocked ? 'gift_card.blocked' : 'gift_card.unblocked', at)
  })
}

/**
 * Moves all that can be spent to another card, or to a new one with the same terms, and blocks the old: a lost card is
 * replaced. Throws not-found, reference-not-found, invalid-state while a payment holds a part of it, currency-mismatch.
 */
export async function transferGiftCard(
  deps: LoyaltyDeps,
  merchantId: string,
  key: string,
  input: { id: string; to?: string },
): Promise<GiftCardRow> {
  const made = await findByRequest(deps.db, merchantId, key)
  if (made) return made
  const before = await readGiftCard(deps.db, merchantId, input.id)
  if (!before) throw new Problem('not-found')
  const at = deps.clock.now()
  const fresh =
    input.to === undefined
      ? await newGiftCard(deps, merchantId, null, { ...termsOf(before), replaces: before.id, request_key: key, at })
      : undefined
  const toId = fresh?.id ?? (input.to as string)
  if (toId === before.id) throw new Problem('invalid-state', { detail: 'A card is not moved to itself.' })
  return transact(deps.db, async (tx) => {
    if (fresh && !(await insertGiftCard(tx, merchantId, fresh, at)))
      return (await findByRequest(tx, merchantId, key)) as GiftCardRow
    // In the order in which every change of two accounts locks them.
    for (const id of [before.id, toId].sort()) await lockValue(tx, merchantId, id)
    const from = (await readGiftCard(tx, merchantId, before.id)) as GiftCardRow
    const to = await readGiftCard(tx, merchantId, toId)
    if (!to) throw notFound('/to')
    if (from.state === 'blocked' && from.balance === 0n) return to
    if (to.currency !== from.currency) throw new Problem('currency-mismatch')
    if (to.state === 'blocked' || isOver(to, at))
      throw new Problem('invalid-state', { detail: 'The other card cannot be used.' })
    if (from.held > 0n) throw new Problem('invalid-state', { detail: 'A payment holds a part of the balance.' })
    if (isOver(from, at)) throw new Problem('invalid-state', { detail: 'The card has expired.' })
    await setState(tx, merchantId, { id: from.id, state: 'blocked', at })
    if (from.balance > 0n) {
      const moved = { ref_type: 'request', ref_id: key, reason: 'transfer' }
      await bookChanges(tx, merchantId, [
        {
          ...change(deps, from, at),
          ...moved,
          event_type: 'gift_card.transferred_out',
          type: 'transfer_out',
          units: -from.balance,
          amount: -from.balance,
        },
        {
          ...change(deps, to, at),
          ...moved,
          event_type: 'gift_card.transferred_in',
          type: 'transfer_in',
          units: from.balance,
          amount: from.balance,
        },
      ])
    } else {
      if (fresh) await announce(deps, tx, merchantId, fresh.id, 'gift_card.created', at)
      await announce(deps, tx, merchantId, from.id, 'gift_card.blocked', at)
    }
    return (await readGiftCard(tx, merchantId, toId)) as GiftCardRow
  })
}

function termsOf(card: GiftCardRow) {
  const { currency, customer_id, expires_at, has_pin, programme, voucher, tax_category, tax_rate_bp } = card
  return { currency, customer_id, expires_at, has_pin, programme, voucher, tax_category, tax_rate_bp }
}

/** A card that takes money: locked until the transaction ends. Throws not-found, invalid-state. */
async function usable(tx: Tx, merchantId: string, id: string, at: Date): Promise<GiftCardRow> {
  await lockValue(tx, merchantId, id)
  const card = await readGiftCard(tx, merchantId, id)
  if (!card) throw new Problem('not-found')
  if (card.state === 'blocked' || isOver(card, at))
    throw new Problem('invalid-state', { detail: 'The card cannot be used.' })
  return card
}

export function isOver(card: Pick<GiftCardRow, 'state' | 'expires_at'>, at: Date): boolean {
  return card.state === 'expired' || (card.expires_at !== null && card.expires_at <= at)
}

/** What every change of a card carries. */
export function change(
  deps: Pick<LoyaltyDeps, 'newId'>,
  card: { id: string; currency: string },
  at: Date,
): Pick<Change, 'entry_id' | 'event_id' | 'account_id' | 'currency' | 'at'> {
  return { entry_id: deps.newId('sve'), event_id: deps.newId('evt'), account_id: card.id, currency: card.currency, at }
}

/** Tells a change that moved no money, as the card's next version. Answers the card as it is now. */
export async function announce(
  deps: Pick<LoyaltyDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  id: string,
  type: string,
  at: Date,
): Promise<GiftCardRow> {
  await raiseVersion(tx, merchantId, id)
  const card = (await readGiftCard(tx, merchantId, id)) as GiftCardRow
  await appendEvents(tx, merchantId, at, [
    {
      id: deps.newId('evt'),
      type,
      object_type: 'gift_card',
      object_id: id,
      object_version: card.version,
      data: giftCardView(card, at),
    },
  ])
  return card
}

/** A card as the API and events show it: never its code. */
export function giftCardView(card: GiftCardRow, now: Date) {
  return {
    id: card.id,
    object: 'gift_card' as const,
    last4: card.last4,
    state: isOver(card, now) && card.state !== 'blocked' ? ('expired' as const) : card.state,
    currency: card.currency,
    balance: Number(card.balance),
    held: Number(card.held),
    available: Number(card.balance - card.held),
    programme: card.programme,
    voucher: card.voucher,
    tax_category: card.tax_category,
    tax_rate_bp: card.tax_rate_bp,
    has_pin: card.has_pin,
    customer_id: card.customer_id,
    order_id: card.order_id,
    line_id: card.line_id,
    replaces: card.replaces,
    expires_at: card.expires_at?.toISOString() ?? null,
    version: card.version,
    created_at: card.created_at.toISOString(),
  }
}
export type GiftCardView = ReturnType<typeof giftCardView>

/** The code, and the PIN where there is one, for the answer to whoever issued the card, or for the mail that brings it. */
export async function revealGiftCard(
  deps: LoyaltyDeps,
  merchantId: string,
  card: { id: string; has_pin: boolean },
): Promise<{ code: string; pin: string | null }> {
  return {
    code: await codeOf(deps, merchantId, card.id),
    pin: card.has_pin ? await pinOf(deps, merchantId, card.id) : null,
  }
}
