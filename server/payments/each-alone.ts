// Background work on many payments at once: what fails fails alone, is logged, and comes up again when its lease is over.

import type { LogFields } from '../lib/log.ts'
import type { PaymentDeps } from './deps.ts'

/** Does `work` on all items together. Never rejects. */
export async function eachAlone<T>(
  deps: Pick<PaymentDeps, 'log'>,
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  named: (item: T) => LogFields,
): Promise<void> {
  await Promise.all(
    items.map((item) =>
      work(item).catch((error: unknown) => {
        deps.log.error('a payment could not be taken further and will be tried again', { ...named(item), error })
      }),
    ),
  )
}
