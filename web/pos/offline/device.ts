// What a paired device has for selling alone: its boxes, its chain of sales, the queue to the server, and the ticket that was open. Made
// once for each pairing, before the desk.

import type { Api } from '../api.ts'
import { slot } from '../keep.ts'
import type { Boxes } from './boxes.ts'
import { createWriter, type Writer } from './chain.ts'
import { canBeAlone } from './locks.ts'
import { NOTHING_OPEN, type OpenState } from './open-sale.ts'
import { createQueue, type Queue } from './queue.ts'

export interface Device {
  boxes: Boxes
  writer: Writer
  queue: Queue
  before: OpenState
  /** Whether the server has this device's key, so that it may sell alone. */
  isRegistered(): boolean
  /** Makes the key known where it is not. Throws where there was no answer. */
  register(): Promise<void>
  keep(state: OpenState): Promise<void>
}

/** Null where this browser cannot keep or sign anything: then the till sells with its server only. */
export async function openDevice(boxes: Boxes | null, api: Api, pairing: string): Promise<Device | null> {
  if (!boxes || !canBeAlone()) return null
  const writer = await createWriter(boxes, pairing)
  const queue = await createQueue(boxes, api)
  let isRegistered = (await writer.chain()) !== undefined
  let isSure = false
  const before = (await boxes.get<OpenState>('open', slot())) ?? NOTHING_OPEN
  // Written before the browser was killed, and not yet cleared away: its document is the truth.
  const isWritten = before.sale !== null && (await writer.find(before.sale.id)) !== undefined
  return {
    ...{ boxes, writer, queue },
    before: isWritten ? { ...NOTHING_OPEN, isAlone: before.isAlone } : before,
    isRegistered: () => isRegistered,
    async register() {
      if (isSure) return
      await writer.register(api)
      isSure = isRegistered = true
    },
    keep: (state) => boxes.write(['open'], (tx) => tx.put('open', state, slot())),
  }
}
