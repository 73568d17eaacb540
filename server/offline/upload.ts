// An upload: documents in order, each taken by itself and then booked. It is safe at every point: what was taken is taken, what was not
// booked any more is booked by the worker, and the same upload again answers the same.

import { bookSale } from './book.ts'
import type { OfflineDeps } from './deps.ts'
import type { ChainEnd } from './key.ts'
import { readSale, type SaleRow } from './sale-store.ts'
import { chainEnd, type Sent, takeDocument } from './take.ts'
import { type Seen, seen } from './view.ts'

/** Takes documents in their order. Throws offline-gap at the first one whose predecessor is missing; those before it are taken. */
export async function upload(
  deps: OfflineDeps,
  merchantId: string,
  { documents, deviceId }: { documents: readonly Sent[]; deviceId: string },
): Promise<{ sales: Seen[]; end: ChainEnd | null }> {
  const taken: SaleRow[] = []
  for (const sent of documents) taken.push(await takeDocument(deps, merchantId, { sent, sentBy: deviceId }))
  const isOpen = ({ status, booked_at }: SaleRow) => status === 'accepted' && booked_at === null
  const toBook = taken.filter(isOpen)
  for (const { id } of toBook) await bookSale(deps, merchantId, id)
  if (toBook.length > 0) await deps.followUp(merchantId)
  const now = await Promise.all(taken.map(async (sale) => (await readSale(deps.db, merchantId, sale.id)) ?? sale))
  const end = await chainEnd(deps, merchantId, { sent: documents, deviceId })
  return { sales: await seen(deps.db, merchantId, now), end }
}
