// The key with which a checkout page tokenises a card: the token in its address. It opens POST /v1/tokens and nothing else.

import type { Caller } from '../http/auth.ts'
import type { CheckoutDeps } from './deps.ts'
import { stateOf, TOKEN_FORM } from './session.ts'
import { readSessionByToken } from './store.ts'

/** The caller behind a page's token while its session is open; null otherwise. */
export async function pageCaller(
  deps: Pick<CheckoutDeps, 'db' | 'clock' | 'merchantCache'>,
  bearer: string,
): Promise<Caller | null> {
  const session = TOKEN_FORM.test(bearer) ? await readSessionByToken(deps.db, bearer) : null
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
