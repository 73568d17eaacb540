// A scanner is a keyboard that types faster than a person and ends with Enter. Its codes are taken from wherever the focus is, before
// any field or button sees the Enter; what had slipped into a field is taken out of it again.

import { dropHeld } from './keys.ts'

/** A person's keys are farther apart on average; slow scanners over radio still type a key within this. */
const MEAN_MS = 40
/** Within a code a single key may be late, where the device had something else to do. */
const LATE_MS = 150
/** Shorter than any code that is scanned: two keys at once are a person's. */
const LEAST = 4
/** FNC1 of GS1 codes comes as this control character, which scanners send as Ctrl+]. */
const GS = '\u001d'

type Field = HTMLInputElement | HTMLTextAreaElement

interface Burst {
  text: string
  firstAt: number
  lastAt: number
  field: Field | null
  /** What the field held before. */
  before: string
}

/** Calls `scanned` for each code. Answers how to stop. */
export function listenForScans(scanned: (code: string) => void): () => void {
  let burst: Burst | null = null
  function onKey(event: KeyboardEvent): void {
    const at = event.timeStamp
    if (burst && at - burst.lastAt > (isScan(burst) ? LATE_MS : MEAN_MS)) burst = null
    if (event.key === 'Enter' || event.key === 'Tab') {
      const done = burst
      burst = null
      if (!done || !isScan(done)) return
      event.preventDefault()
      event.stopImmediatePropagation()
      if (done.field) restore(done.field, done.before)
      scanned(done.text)
      return
    }
    const typed = typedBy(event)
    if (typed === null) return
    if (burst) {
      burst.text += typed
      burst.lastAt = at
      // No longer anybody's typing: nothing but the field itself may see it.
      if (isScan(burst)) {
        event.stopPropagation()
        dropHeld()
      }
      return
    }
    const field = fieldOf(event.target)
    burst = { text: typed, firstAt: at, lastAt: at, field, before: field?.value ?? '' }
  }
  addEventListener('keydown', onKey, { capture: true })
  return () => removeEventListener('keydown', onKey, { capture: true })
}

function isScan({ text, firstAt, lastAt }: Burst): boolean {
  return text.length >= LEAST && lastAt - firstAt <= MEAN_MS * (text.length - 1)
}

function typedBy(event: KeyboardEvent): string | null {
  if (event.ctrlKey && event.key === ']') return GS
  if (event.ctrlKey || event.metaKey || event.altKey) return null
  return event.key.length === 1 ? event.key : null
}

function fieldOf(target: EventTarget | null): Field | null {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ? target : null
}

/** Sets a field as typing does, so that React hears of it. */
function restore(field: Field, value: string): void {
  const proto = field instanceof HTMLInputElement ? HTMLInputElement.prototype : HTMLTextAreaElement.prototype
  Object.getOwnPropertyDescriptor(proto, 'value')?.set?.call(field, value)
  field.dispatchEvent(new Event('input', { bubbles: true }))
}
