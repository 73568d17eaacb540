// The key that leads to the pickup board, with how many wait there: for somebody to begin, or at the counter.

import type { Page } from './answers.ts'
import type { Fulfilment } from './fulfilments.ts'
import { Key } from './parts.tsx'
import { usePolled } from './polled.ts'
import { useTill } from './till.tsx'

const LOOK_MS = 30_000

export function PickupKey({ why }: { why?: string }) {
  const { texts, api, info, go } = useTill()
  const board = usePolled(`waiting ${info.store.id}`, LOOK_MS, () =>
    api.get<Page<Fulfilment>>(`/fulfilments?pickup_store_id=${info.store.id}&limit=100`),
  )
  const n = (board.data?.data ?? []).filter(
    ({ state, transfer_state }) => state === 'arrived' || (state === 'pending' && transfer_state === null),
  ).length
  const { key, waiting } = texts.service.pickup
  return <Key icon="box" label={key} badge={{ n, words: waiting }} why={why} onPress={() => go({ is: 'pickup' })} />
}
