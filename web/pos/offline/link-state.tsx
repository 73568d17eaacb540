// Always said, in the same place: whether the server answers, and what waits for it. A press opens the list of what was sold without it.

import { useSyncExternalStore } from 'react'
import { fill } from '../../shared/fill.ts'
import { Icon } from '../icon.tsx'
import { useLink, useTicket, useTill } from '../till.tsx'
import type { QueueState } from './queue.ts'

const EMPTY: QueueState = {
  waiting: { count: 0, total: 0, oldest: null },
  ...{ isSending: false, trouble: null, noted: [], sent: 0, lastSentAt: null },
}
const noWatch = () => () => {}

export function useQueue(): QueueState {
  const { queue } = useTill()
  return useSyncExternalStore(queue?.watch ?? noWatch, queue?.state ?? (() => EMPTY))
}

export function LinkState({ onOpen }: { onOpen(): void }) {
  const { texts, api, alone, isAlone, time } = useTill()
  const link = useLink(api)
  const { isWaiting } = useTicket()
  const { waiting, noted, trouble } = useQueue()
  const { hasLeft } = useSyncExternalStore(alone.watch, alone.state)
  const words = texts.offline.state
  const n = waiting.count
  const parts = !link.isOn
    ? [fill(texts.link.off, { time: time(link.since) }), ...(n > 0 ? [fill(words.waiting, { n })] : [])]
    : isAlone
      ? [words.finishing]
      : n > 0
        ? [fill(words.sending, { n })]
        : [isWaiting ? texts.link.saving : texts.link.on]
  if (hasLeft) parts.push(words.payment)
  if (noted.length > 0) parts.push(fill(words.look, { n: noted.length }))
  const isCalm = link.isOn && !isAlone && noted.length === 0 && trouble === null
  return (
    <div className={isCalm ? 'link-state' : 'link-state off'}>
      <Icon name={link.isOn ? 'online' : 'offline'} />
      <p role="status">
        {parts.map((part, i) => (
          <span key={part}>{i === 0 ? part : ` · ${part}`}</span>
        ))}
      </p>
      <button type="button" className="over" onClick={onOpen} aria-label={texts.offline.queue.open} />
    </div>
  )
}
