// A scanner is a keyboard that types faster than a person and ends with Enter. Its codes are taken from wherever the focus is, before
// any field or button sees the Enter; what had slipped into a field is taken out of it again.

/** A person's keys are farther apart; slow scanners over radio still type a key within this. */
const BURST_MS = 40
/** Shorter than any code that is scanned: two keys at once are a person's. */
const LEAST = 4
/** FNC1 of GS1 codes comes as this control character, which scanners send as Ctrl+]. */
const GS = '\u001d'

type Field = HTMLInputElement | HTMLTextAreaElement

interface Burst {
  text: string
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
    if (burst && at - burst.lastAt > BURST_MS) burst = null
    if (event.key === 'Enter' || event.key === 'Tab') {
      const done = burst
      burst = null
      if (!done || done.text.length < LEAST) return
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
      // From the second key on it is no longer anybody's typing: nothing but the field itself may see it.
      if (burst.text.length >= LEAST) event.stopPropagation()
      return
    }
    const field = fieldOf(event.target)
    burst = { text: typed, lastAt: at, field, before: field?.value ?? '' }
  }
  addEventListener('keydown', onKey, { capture: true })
  return () => removeEventListener('keydown', onKey, { capture: true })
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
