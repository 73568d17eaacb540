// What is told about links.

import type { NewEvent } from '../notify/index.ts'
import type { LinkDeps } from './deps.ts'
import type { Link } from './link.ts'
import { linkFacts } from './view.ts'

export type LinkEvent =
  | 'payment_link.created'
  | 'payment_link.changed'
  | 'payment_link.partly_paid'
  | 'payment_link.paid'
  | 'payment_link.paused'
  | 'payment_link.resumed'
  | 'payment_link.reminded'
  | 'payment_link.expired'
  | 'payment_link.canceled'

/**
 * An event of a link as it stands. Its address is told to nobody but the one who made it; and to whom it went and what was written to them
 * are read from the link, where they can be forgotten.
 */
export function linkEvent(deps: Pick<LinkDeps, 'newId' | 'clock'>, type: LinkEvent, link: Link): NewEvent {
  const { email: _, description: _said, ...data } = linkFacts(link, deps.clock.now())
  return {
    id: deps.newId('evt'),
    type,
    object_type: 'payment_link',
    object_id: link.id,
    object_version: Number(link.version),
    data,
  }
}
