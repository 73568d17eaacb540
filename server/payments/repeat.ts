// What a request gets whose Idempotency-Key was used before. One key has one effect for ever: the stored reply is
// replayed, and where there is none yet the truth of the moment is told, after having asked the provider if the first
// request died on the way.

import type { Idempotency } from '../http/idempotency.ts'
import { Problem } from '../lib/problem.ts'
import type { PaymentDeps } from './deps.ts'
import type { Reply } from './payment.ts'
import { type SendAgain, takeUp } from './resolve.ts'
import { readKey, readOperationsOfKey, renderPayment } from './store.ts'

/**
 * Runs a command whose `work` refuses before anything is written. A repeated request may be refused now for what its
 * first run did (a used token, an amount already refunded), so a refusal is only believed when the key is new.
 */
export async function firstOrRepeat(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  work: () => Promise<Reply>,
  again?: SendAgain,
): Promise<Reply> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem) || !(await readKey(deps.db, merchantId, idempotency.key))) throw error
    return repeat(deps, merchantId, idempotency, again)
  }
}

/**
 * Answers for a key that is claimed; `again` sends what cannot be sent from the books alone. Throws idempotency-key-reused when it was used for another request and
 * idempotency-in-flight while the first request may still be answered.
 */
export async function repeat(
  deps: PaymentDeps,
  merchantId: string,
  idempotency: Idempotency,
  again?: SendAgain,
): Promise<Reply> {
  const known = await readKey(deps.db, merchantId, idempotency.key)
  if (!known) throw new Error('repeat called for a key that is not claimed')
  if (known.fingerprint !== idempotency.fingerprint) throw new Problem('idempotency-key-reused')
  if (known.status !== null && known.body !== null) return { status: known.status, body: known.body }

  const operations = await readOperationsOfKey(deps.db, merchantId, known.payment_id, idempotency.key)
  const now = deps.clock.now()
  for (const operation of operations) {
    // Before its time to be asked about, the first request is still waiting for the provider.
    if (operation.state === 'dispatched' && (operation.ask_at === null || operation.ask_at > now)) {
      throw new Problem('idempotency-in-flight')
    }
    // Unknown without an answer to the instruction itself: its process died, and the resolver has asked in vain since.
    const wasCutOff = operation.state === 'dispatched' || (operation.state === 'unknown' && !operation.was_answered)
    if (wasCutOff) await takeUp(deps, merchantId, operation, again)
  }
  // Read before the stored reply: what settles between the two is answered from that reply, so an answer that calls itself
  // final (201) is always the one a later repeat gets.
  const isOpen = (await readOperationsOfKey(deps.db, merchantId, known.payment_id, idempotency.key)).some(
    (operation) => operation.state === 'dispatched' || operation.state === 'unknown',
  )
  const settled = await readKey(deps.db, merchantId, idempotency.key)
  if (settled?.status != null && settled.body !== null) return { status: settled.status, body: settled.body }
  const body = await renderPayment(deps.db, merchantId, known.payment_id, idempotency.key)
  if (body === null) throw new Error('a claimed key names a payment that does not exist')
  return { status: isOpen ? 202 : 201, body }
}
