// Ends a session before it is paid.

import type { Tx } from '../db/pool.ts'
import { appendEvents } from '../notify/index.ts'
import type { CheckoutDeps } from './deps.ts'
import { sessionEvent } from './event.ts'
import type { Session } from './session.ts'
import { cancelSession } from './store.ts'

/** Ends an open session and tells of it; null when it is not open. A payment that is under way stays as it is. */
export async function endSession(
  deps: Pick<CheckoutDeps, 'newId' | 'clock' | 'publicUrl'>,
  tx: Tx,
  merchantId: string,
  id: string,
): Promise<Session | null> {
  const ended = await cancelSession(tx, merchantId, id)
  if (ended)
    await appendEvents(tx, merchantId, deps.clock.now(), [sessionEvent(deps, 'checkout_session.canceled', ended)])
  return ended
}
