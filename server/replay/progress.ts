// The progress line: percent, speed, time left. On a terminal one line that changes; elsewhere a line every few seconds.

import type { Clock } from '../lib/clock.ts'
import type { Progress } from './run.ts'

const TERMINAL_MS = 200
const ELSEWHERE_MS = 5_000

/** Makes the callback for a stream. The last line is always written. */
export function createProgressLine(
  out: { write(text: string): unknown; isTTY?: boolean },
  clock: Pick<Clock, 'now'>,
): (progress: Progress) => void {
  let first: { ms: number; done: number } | undefined
  let shownMs = 0
  return ({ done, known, open, all }) => {
    const ms = clock.now().getTime()
    // What an earlier run did takes no time and would make the speed a fiction.
    if (first === undefined || done === known) first = { ms, done }
    const isLast = done === all
    if (!isLast && ms - shownMs < (out.isTTY ? TERMINAL_MS : ELSEWHERE_MS)) return
    shownMs = ms
    const perSecond = ((done - first.done) * 1000) / Math.max(1, ms - first.ms)
    const left = perSecond > 0 && !isLast ? `, ${duration((all - done) / perSecond)} left` : ''
    const percent = ((done * 100) / all).toFixed(1)
    const before = known > 0 ? ` (${known} by an earlier run)` : ''
    const waiting = isLast ? '' : `, ${open} under way`
    const text = `${percent.padStart(5)} %  ${done} of ${all} invoices${before}, ${perSecond.toFixed(0)}/s${waiting}${left}`
    out.write(out.isTTY ? `\r\u001b[K${text}${isLast ? '\n' : ''}` : `${text}\n`)
  }
}

function duration(seconds: number): string {
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`
}
