// An upload: documents in order, each taken by itself and then booked. It is safe at every point: what was taken is taken, what was not
// booked any more is booked by the worker, and the same upload again answers the same.

import { Problem } from '../lib/problem.ts'
import { bookSale } from './book.ts'
import type { OfflineDeps } from './deps.ts'
import type { ChainEnd } from './key.ts'
import { readSale, type SaleRow } from './sale-store.ts'
import { chainEnd, type Sent, takeDocument } from './take.ts'
import { type Seen, seen } from './view.ts'

/** How long a request books what it has taken; the rest is for the worker, so that no till waits until it gives up. */
const BOOKING_MS = 10_000

/** Takes documents in their order, and books them. Throws offline-gap at the first whose predecessor is missing; those before it are taken. */
export async function upload(
  deps: OfflineDeps,
  merchantId: string,
  { documents, deviceId }: { documents: readonly Sent[]; deviceId: string },
): Promise<{ sales: Seen[]; end: ChainEnd | null }> {
  const taken: SaleRow[] = []
  let gap: Problem | undefined
  for (const sent of documents) {
    try {
      taken.push(await takeDocument(deps, merchantId, { sent, sentBy: deviceId }))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      gap = error
      break
    }
  }
  const isOpen = ({ status, booked_at }: SaleRow) => status === 'accepted' && booked_at === null
  const toBook = taken.filter(isOpen)
  const until = deps.clock.now().getTime() + BOOKING_MS
  for (const { id } of toBook) {
    if (deps.clock.now().getTime() > until) break
    await bookSale(deps, merchantId, id)
  }
  if (toBook.length > 0) await deps.followUp(merchantId)
  if (gap) throw gap
  const now = await Promise.all(taken.map(async (sale) => (await readSale(deps.db, merchantId, sale.id)) ?? sale))
  const end = await chainEnd(deps, merchantId, { sent: documents, deviceId })
  return { sales: await seen(deps.db, merchantId, now), end }
}
