// What is told about sessions.

import type { NewEvent } from '../notify/index.ts'
import type { CheckoutDeps } from './deps.ts'
import { type Session, sessionView } from './session.ts'

/** An event of a session as it stands. Its address is told to nobody but the one who made it. */
export function sessionEvent(
  deps: Pick<CheckoutDeps, 'newId' | 'clock' | 'publicUrl'>,
  type: 'checkout_session.created' | 'checkout_session.completed' | 'checkout_session.canceled',
  session: Session,
): NewEvent {
  const { url: _, ...data } = sessionView(deps, session)
  return {
    id: deps.newId('evt'),
    type,
    object_type: 'checkout_session',
    object_id: session.id,
    object_version: data.version,
    data,
  }
}
