// A cart goes from one device to another: the one shows a code, as text or QR, the other claims the cart with it. From phone to
// till and from till to phone it is the same. Both then hold the cart, live.

import { randomInt } from 'node:crypto'
import { renderSVG } from 'uqr'
import { transact } from '../db/pool.ts'
import type { Channel } from '../lib/channel.ts'
import { Problem } from '../lib/problem.ts'
import { appendEvents } from '../notify/index.ts'
import { type CartCaller, type CartDeps, MAX_SECRETS } from './cart.ts'
import { applied, assertAlive, assertOpen, cartEvent, changeCart, showChanged, writeChange } from './change.ts'
import { seenIn, type Target } from './change-lines.ts'
import { cartOfCode, insertCode, takeCode } from './code-store.ts'
import { checkPlaceAndCustomer, configOf } from './create.ts'
import type { Guesser } from './guess-limit.ts'
import { newCartSecret } from './secret.ts'
import { lockCarts } from './store.ts'
import type { CartView } from './view.ts'

/** No 0 O, 1 I L, 5 S, 8 B, 2 Z, U V: read aloud across a counter and typed by somebody in a hurry. */
const ALPHABET = '34679ACDEFGHJKMNPQRTWXY'
/** 23^6 = 148 million. Beside it stand the time, the single use and the bounded number of guesses. */
const CODE_LENGTH = 6
/** Long enough to walk to a till, too short to find the code on yesterday's photo. */
const CODE_FOR_MS = 10 * 60_000
/** Two codes of a merchant that live at the same time and are the same: next to never, and then simply another one. */
const TRIES = 5

export interface Handover {
  object: 'cart_handover'
  cart_id: string
  code: string
  /** What the QR holds: a page of the shop that claims the cart, or the till that reads it. */
  url: string
  qr_svg: string
  expires_at: string
}

/** Makes a code for a cart; an earlier one of the same cart stops working. Throws as changes do, but changes nothing. */
export async function handOver(deps: CartDeps, merchantId: string, target: Target): Promise<Handover> {
  let code = ''
  let expiresAt = deps.clock.now()
  await changeCart(deps, merchantId, { ...target, type: 'cart.updated', guard: assertAlive }, async (cart, at, tx) => {
    expiresAt = new Date(at.getTime() + CODE_FOR_MS)
    for (let i = 0; i < TRIES && code === ''; i++) {
      const candidate = newCode()
      const row = { merchantId, cartId: cart.id, code: candidate, expiresAt, at }
      if (await insertCode(tx, row)) code = candidate
    }
    if (code === '') throw new Error('no free hand-over code was found')
    return null
  })
  const url = `${deps.publicUrl.replace(/\/$/, '')}/c/${code}`
  return {
    object: 'cart_handover',
    cart_id: target.id,
    code,
    url,
    qr_svg: renderSVG(url, { ecc: 'M', border: 2 }),
    expires_at: expiresAt.toISOString(),
  }
}

function newCode(): string {
  return Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}

export interface Claim {
  code: string
  channel: Channel
  store_id?: string
  register_id?: string
}

/**
 * Takes a cart over with a code, which is used up by it. The cart is then in the claimant's channel and store, with its customer
 * and lines; a claimant without the merchant's key gets a secret of its own. Throws code-invalid for every code that does not
 * work, rate-limited after too many of those, cart-closed, invalid-state (it is being paid).
 */
export async function claimCart(
  deps: CartDeps,
  merchantId: string,
  by: { caller: CartCaller; guesser: Guesser },
  claim: Claim,
): Promise<CartView & { secret?: string }> {
  deps.guesses.check(merchantId, by.guesser)
  await checkPlaceAndCustomer(deps, await configOf(deps, merchantId), by.caller, claim)
  const secret = by.caller.kind === 'holder' ? newCartSecret() : undefined
  const at = deps.clock.now()
  const cart = await transact(deps.db, async (tx) => {
    const code = { merchantId, code: claim.code.trim().toUpperCase(), at }
    const cartId = await cartOfCode(tx, code)
    // The cart first, as whoever makes a code locks it: the other way round the two would wait for each other.
    const before = cartId === null ? undefined : (await lockCarts(tx, merchantId, [cartId])).get(cartId)
    if (!before || !(await takeCode(tx, before.id, code))) return null
    if (before.state === 'parked') assertAlive(before, at)
    else assertOpen(before, at)
    const { channel, store_id = before.store_id, register_id } = claim
    const change = {
      cart: {
        channel,
        channels_seen: seenIn(before, channel),
        store_id,
        register_id: register_id ?? (store_id === before.store_id ? before.register_id : null),
        secret_hashes: secret ? [...before.secret_hashes, secret.hash].slice(-MAX_SECRETS) : before.secret_hashes,
        // Who claims a parked cart takes it up.
        ...(before.state === 'parked' ? { state: 'open' as const, parked_name: null } : {}),
      },
    }
    const after = applied(before, change, at)
    await writeChange(tx, merchantId, after, change)
    await appendEvents(tx, merchantId, at, [
      cartEvent(deps, 'cart.claimed', after, { from_channel: before.channel, register_id: after.register_id }),
    ])
    return after
  })
  if (!cart) {
    deps.guesses.miss(merchantId, by.guesser)
    throw new Problem('code-invalid')
  }
  deps.hints.poke(cart.id)
  const view = await showChanged(deps, merchantId, cart)
  return secret ? { ...view, secret: secret.secret } : view
}
