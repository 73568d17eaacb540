// Idempotency for commands of other modules that move money or stock: the same keys, the same promise. One key has one
// effect for ever; a repeat gets the first answer; a command whose process died is taken up again.

import { type Db, type Tx, transact } from '../db/pool.ts'
import type { Idempotency } from '../http/idempotency.ts'
import type { Clock } from '../lib/clock.ts'
import { Problem } from '../lib/problem.ts'
import { claimKey, releaseKey, storeReply, takeOverKey } from './once-store.ts'
import type { Reply } from './payment.ts'
import { readKey } from './store.ts'

export interface OnceDeps {
  db: Db
  clock: Pick<Clock, 'now'>
}

/** Longer than any call a command may wait for, a person at a terminal included. */
const LEASE_MS = 180_000

/**
 * Runs `work` under the key. `objectId` names what the command is about (an order, a fulfilment). A refusal (Problem) of a
 * first run frees the key, so `work` must throw one only before it has written anything. After a crash a repeat runs `work`
 * again: every step of it must recognise its own earlier effect by the key or by its object's state. Throws
 * idempotency-key-reused, idempotency-in-flight, and what `work` throws.
 */
export async function once(
  deps: OnceDeps,
  merchantId: string,
  idempotency: Idempotency,
  objectId: string,
  work: () => Promise<Reply>,
): Promise<Reply> {
  const now = deps.clock.now()
  const leaseUntil = new Date(now.getTime() + LEASE_MS)
  const claim = { merchantId, ...idempotency, objectId, leaseUntil, now }
  const isFirst = await claimKey(deps.db, claim)
  if (!isFirst) {
    const known = await readKey(deps.db, merchantId, idempotency.key)
    // Freed between the two statements by a refusal: the caller's next try finds it free.
    if (!known) throw new Problem('idempotency-in-flight')
    if (known.fingerprint !== idempotency.fingerprint) throw new Problem('idempotency-key-reused')
    if (known.status !== null && known.body !== null) return { status: known.status, body: known.body }
    if (!(await takeOverKey(deps.db, claim))) throw new Problem('idempotency-in-flight')
  }
  let reply: Reply
  try {
    reply = await work()
  } catch (error) {
    if (isFirst && error instanceof Problem && error.status < 500) await releaseKey(deps.db, claim)
    throw error
  }
  await storeReply(deps.db, { merchantId, key: idempotency.key, reply })
  return reply
}

/**
 * The same for a command that is one transaction and calls nobody: key, effect and answer are written together or not at all, so
 * that nothing need recognise its own earlier effect. A second request under the key waits for the first. Throws
 * idempotency-key-reused, idempotency-in-flight (the key is a command's that is still running), and what `work` throws.
 */
export function onceWithin(
  deps: OnceDeps,
  merchantId: string,
  idempotency: Idempotency,
  objectId: string,
  work: (tx: Tx) => Promise<Reply>,
): Promise<Reply> {
  return transact(deps.db, async (tx) => {
    const now = deps.clock.now()
    if (!(await claimKey(tx, { merchantId, ...idempotency, objectId, leaseUntil: now, now }))) {
      const known = await readKey(tx, merchantId, idempotency.key)
      if (known && known.fingerprint !== idempotency.fingerprint) throw new Problem('idempotency-key-reused')
      if (known?.status == null || known.body === null) throw new Problem('idempotency-in-flight')
      return { status: known.status, body: known.body }
    }
    const reply = await work(tx)
    await storeReply(tx, { merchantId, key: idempotency.key, reply })
    return reply
  })
}
