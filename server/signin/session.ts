// The session of a signed-in customer: a token in their browser, its hash here. It opens what is theirs and nothing else, and only
// beside a key of the same merchant.

import { createHash, randomBytes } from 'node:crypto'
import { currentProfile, personOf } from '../customers/index.ts'
import type { Queryable, Tx } from '../db/pool.ts'
import type { SignInDeps } from './deps.ts'
import { endSession, endSessionsOf, findSession, insertSession, type SessionRow } from './store.ts'

const DAY_MS = 86_400_000
/** As long as people expect a shop to know them. Not prolonged by use, so that a token that leaked ends by itself. */
const SESSION_DAYS = 30
/** 192 bits: nobody guesses it, so a plain hash protects it. The prefix lets scanners find leaked ones. */
const TOKEN_BYTES = 24
const TOKEN_FORM = /^cst_[\w-]{32}$/

/** Somebody who proved who they are, as a handler sees them. */
export interface SignedIn {
  merchantId: string
  /** The profile that stands for the person today. */
  customerId: string
  sessionId: string
  /** When they proved it. */
  since: Date
}

export interface OpenedSession {
  object: 'customer_session'
  /** Shown once. */
  token: string
  customer_id: string
  expires_at: string
}

/** Opens a session in the transaction that found the proof. */
export async function openSession(
  deps: Pick<SignInDeps, 'newId'>,
  tx: Tx,
  merchantId: string,
  of: { customerId: string; way: SessionRow['way']; at: Date },
): Promise<OpenedSession> {
  const token = `cst_${randomBytes(TOKEN_BYTES).toString('base64url')}`
  const expires_at = new Date(of.at.getTime() + SESSION_DAYS * DAY_MS)
  await insertSession(tx, merchantId, {
    id: deps.newId('ses'),
    customer_id: of.customerId,
    token_hash: hashOf(token),
    way: of.way,
    created_at: of.at,
    expires_at,
  })
  return { object: 'customer_session', token, customer_id: of.customerId, expires_at: expires_at.toISOString() }
}

/** Who a token stands for at this merchant; null for one that is unknown, ended or another merchant's. */
export async function sessionOf(
  deps: { db: Queryable } & Pick<SignInDeps, 'clock'>,
  merchantId: string,
  token: string | undefined,
): Promise<SignedIn | null> {
  if (token === undefined || !TOKEN_FORM.test(token)) return null
  const session = await findSession(deps.db, merchantId, { tokenHash: hashOf(token), at: deps.clock.now() })
  if (!session) return null
  const customerId = await currentProfile(deps.db, merchantId, session.customer_id)
  return { merchantId, customerId, sessionId: session.id, since: session.created_at }
}

/** Signs out here. */
export async function endOwnSession(deps: { db: Queryable } & Pick<SignInDeps, 'clock'>, who: SignedIn): Promise<void> {
  await endSession(deps.db, who.merchantId, { id: who.sessionId, at: deps.clock.now() })
}

/** Signs the person out in every browser. */
export async function endEverySession(
  deps: { db: Queryable } & Pick<SignInDeps, 'clock'>,
  who: SignedIn,
): Promise<void> {
  const customerIds = await personOf(deps.db, who.merchantId, who.customerId)
  await endSessionsOf(deps.db, who.merchantId, { customerIds, at: deps.clock.now() })
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
