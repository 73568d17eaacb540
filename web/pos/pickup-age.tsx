// How a pickup stands with what was promised, as a chip.

import { fill } from '../shared/fill.ts'
import { datesFor } from './dates.ts'
import { ageOf, type Fulfilment } from './fulfilments.ts'
import { Icon } from './icon.tsx'
import { useTill } from './till.tsx'

/** In words, with an icon; the colour says it once more. */
export function AgeChip({ each, now }: { each: Fulfilment; now: number }) {
  const { texts, language } = useTill()
  const words = texts.service.pickup
  const dates = datesFor(language)
  if (each.state === 'collected') return <span className="status good">{dates.moment(each.updated_at)}</span>
  if (each.state === 'pending' && each.transfer_state !== null)
    return (
      <span className="status info">
        <Icon name="truck" />
        {words.coming}
      </span>
    )
  const age = ageOf(each, now)
  if (age === null) return <span className="status grey">{words.states[each.state] ?? each.state}</span>
  const isReady = each.state === 'ready' || each.state === 'arrived'
  const at = dates.moment(age.at, now)
  if (age.kind === 'late')
    return (
      <span className="status bad">
        <Icon name="alert" />
        {isReady ? words.overdue : fill(words.late, { time: spanOf(-age.minutes, words) })}
      </span>
    )
  if (isReady)
    return (
      <span className={age.kind === 'soon' ? 'status warn' : 'status grey'}>
        <Icon name="clock" />
        {fill(words.keptUntil, { at })}
      </span>
    )
  return (
    <span className={age.kind === 'soon' ? 'status warn' : 'status grey'}>
      <Icon name="clock" />
      {fill(words.promised, { at })}
    </span>
  )
}

const spanOf = (minutes: number, words: { minutes: string; hours: string; days: string }): string =>
  minutes < 60
    ? fill(words.minutes, { n: minutes })
    : minutes < 48 * 60
      ? fill(words.hours, { n: Math.floor(minutes / 60) })
      : fill(words.days, { n: Math.floor(minutes / (24 * 60)) })
