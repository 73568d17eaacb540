// Leaves a mail to be sent, in the transaction that gives the reason for it: either both happen or neither.

import type { Queryable } from '../db/pool.ts'
import { checkedMail, type NewMail } from './mail.ts'
import { insertMail } from './store.ts'

/**
 * Queues a mail; the sender takes it within seconds. `tx` is the transaction of what it tells of. Returns false when one with its
 * `onceKey` is there already, sent or not. Headers are made of one line each, whatever the names in them contain. Throws
 * RangeError for an address that is none (see `isMailAddress`), so a caller with an address of a stranger's asks first.
 */
export function queueMail(tx: Queryable, merchantId: string, mail: NewMail): Promise<boolean> {
  return insertMail(tx, merchantId, checkedMail(mail))
}
