// Forgets how a person signed in: passkeys, sessions, and codes on their way to them.

import { emailKey } from '../customers/index.ts'
import type { Tx } from '../db/pool.ts'
import type { SignInDeps } from './deps.ts'
import { deleteCodesOf, deletePasskeys, endSessionsOf } from './store.ts'

/** In the transaction that forgets the person. */
export async function forgetSignIns(
  deps: SignInDeps,
  tx: Tx,
  merchantId: string,
  of: { customerIds: string[]; emails: string[]; at: Date },
): Promise<void> {
  const { customerIds, at } = of
  await deletePasskeys(tx, merchantId, { customerIds })
  await endSessionsOf(tx, merchantId, { customerIds, at })
  const hashes = await Promise.all(of.emails.map((email) => emailKey(deps, merchantId, email)))
  await deleteCodesOf(tx, merchantId, hashes)
}
