// Signing in with a code sent by mail. Whoever reads the mail of an address is its owner: the address becomes a verified identity,
// and its owner a customer if they were none. Asked for or not known, the answer is the same, and nothing is looked up for it.

import { randomInt } from 'node:crypto'
import { emailKey, proveEmail } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { type Language, languageOfCountry } from '../lib/language.ts'
import { Problem } from '../lib/problem.ts'
import { isMailAddress } from '../mail/index.ts'
import type { SignInDeps } from './deps.ts'
import { queueCodeMail } from './letter.ts'
import { type OpenedSession, openSession } from './session.ts'
import { type CodeLimit, insertCode, tryCode } from './store.ts'

/** Long enough to find the mail, short enough that a code read later is worth nothing. */
export const CODE_MINUTES = 10
/** Of a million codes. */
export const CODE_TRIES = 5
const CODES = 1_000_000
const CODE_DIGITS = 6

/**
 * With five tries each, an address withstands a hundred guesses a day: one in ten thousand. A place is an IP address, behind which may be
 * an office or a shop's own network.
 */
const LIMITS: readonly CodeLimit[] = [
  { of: 'email', most: 5, window_s: 900 },
  { of: 'email', most: 20, window_s: 86_400 },
  { of: 'place', most: 30, window_s: 900 },
]

export interface BegunSignIn {
  id: string
  object: 'sign_in'
  expires_at: string
}

/** Sends a code to an address. Throws validation-error for an address mail cannot go to, rate-limited. */
export async function beginSignIn(
  deps: SignInDeps,
  merchantId: string,
  input: { email: string; language: Language | undefined; place: string },
): Promise<BegunSignIn> {
  const email = input.email.normalize('NFC').trim()
  if (!isMailAddress(email))
    throw new Problem('validation-error', { errors: [{ pointer: '/email', detail: 'is no e-mail address' }] })
  const at = deps.clock.now()
  const id = deps.newId('sgn')
  const code = String(randomInt(CODES)).padStart(CODE_DIGITS, '0')
  const letterhead = await deps.letterheadOf(merchantId)
  const language = input.language ?? languageOfCountry(letterhead.country)
  const expires_at = new Date(at.getTime() + CODE_MINUTES * 60_000)
  const row = {
    ...{ id, email, language, created_at: at, expires_at },
    email_hash: await emailKey(deps, merchantId, email),
    from_hash: await deps.keyedHash(merchantId, { purpose: 'sign_in place', text: input.place }),
    code_hash: await codeHash(deps, merchantId, id, code),
  }
  const wait = await transact(deps.db, async (tx) => {
    const seconds = await insertCode(tx, merchantId, row, LIMITS)
    if (seconds === 0) await queueCodeMail(deps, tx, merchantId, { id, at, email, code, language, letterhead })
    return seconds
  })
  if (wait > 0)
    throw new Problem('rate-limited', { detail: 'Too many codes were asked for. Wait a while.', retryAfterS: wait })
  return { id, object: 'sign_in', expires_at: expires_at.toISOString() }
}

/** Opens a session for the right code, once. Throws code-invalid, the same for every reason. */
export async function confirmSignIn(
  deps: SignInDeps,
  merchantId: string,
  input: { id: string; code: string },
): Promise<OpenedSession> {
  const session = await confirmOnce(deps, merchantId, input).catch((error: unknown) => {
    // The address was proved in another browser at the same moment; nothing of this was kept, and now it is known.
    if (error instanceof Problem && error.code === 'reference-taken') return confirmOnce(deps, merchantId, input)
    throw error
  })
  if (!session) throw new Problem('code-invalid', { detail: 'The code is wrong, used or expired. Ask for a new one.' })
  return session
}

async function confirmOnce(
  deps: SignInDeps,
  merchantId: string,
  input: { id: string; code: string },
): Promise<OpenedSession | null> {
  const at = deps.clock.now()
  const hash = await codeHash(deps, merchantId, input.id, input.code)
  // A wrong try is no error here: thrown inside, it would not be counted.
  return transact(deps.db, async (tx) => {
    const proof = await tryCode(tx, merchantId, { id: input.id, codeHash: hash, at, most: CODE_TRIES })
    if (!proof) return null
    const customerId = await proveEmail(deps, tx, merchantId, {
      email: proof.email,
      locale: proof.language,
      source: 'sign_in',
      at,
    })
    return openSession(deps, tx, merchantId, { customerId, way: 'code', at })
  })
}

/** Tied to its id, so that two people with the same code have different hashes. */
function codeHash(deps: SignInDeps, merchantId: string, id: string, code: string): Promise<string> {
  return deps.keyedHash(merchantId, { purpose: 'sign_in code', text: `${id} ${code}` })
}
