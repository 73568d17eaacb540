// The key with which a checkout page tokenises a card: the token in its address. It opens POST /v1/tokens and nothing else.

import type { Caller } from '../http/auth.ts'
import type { CheckoutDeps } from './deps.ts'
import { stateOf } from './session.ts'
import { readByToken } from './store.ts'

/** The caller behind a page's token while its session is open; null otherwise. */
export async function pageCaller(
  deps: Pick<CheckoutDeps, 'db' | 'clock' | 'merchantCache'>,
  bearer: string,
): Promise<Caller | null> {
  const session = await readByToken(deps.db, bearer)
  if (!session || stateOf(session, deps.clock.now()) !== 'open') return null
  const merchant = await deps.merchantCache.get(session.merchant_id)
  if (!merchant) return null
  return {
    merchantId: session.merchant_id,
    keyId: session.id,
    kind: 'restricted',
    scopes: ['tokens:write'],
    mode: merchant.mode,
  }
}
