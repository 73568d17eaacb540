// Keys of the till. Screens and dialogs say which keys they take; the uppermost that takes one gets it, and below a dialog nothing hears.

import { createContext, useContext, useEffect, useRef } from 'react'
import { flushSync } from 'react-dom'

/** By name of the key, `Alt+` before it where it is held: `F9`, `Enter`, `+`, `Alt+1`. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => unknown>>

interface Layer {
  keys: () => Keys
  isModal: boolean
  depth: number
}
const layers: Layer[] = []

/** How many dialogs deep one is: what is in a dialog comes before the dialog itself, whichever was shown first. */
export const Depth = createContext(0)

/** Keys while the component is shown. */
export function useKeys(keys: Keys, { isModal = false } = {}): void {
  const now = useRef(keys)
  now.current = keys
  const depth = useContext(Depth) + (isModal ? 1 : 0)
  useEffect(() => {
    const layer = { keys: () => now.current, isModal, depth }
    layers.push(layer)
    return () => {
      layers.splice(layers.indexOf(layer), 1)
    }
  }, [isModal])
}

export const isTyping = (target: EventTarget | null): boolean =>
  (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)) ||
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement

/** Keys that write, move the cursor or press what has the focus belong to fields and buttons first. */
function isTheirs(event: KeyboardEvent): boolean {
  if (event.altKey || /^F\d+$/.test(event.key) || event.key === 'Escape') return false
  if (isTyping(event.target)) return true
  return (event.key === 'Enter' || event.key === ' ') &&
    event.target instanceof HTMLElement &&
    event.target !== document.body
    ? event.target.closest('button, a, summary, [role=option]') !== null
    : false
}

/** A character does its work only when nothing faster follows it: it may be the first of a code that is being scanned. */
const HOLD_MS = 60
let held: (() => void)[] = []
let holding = 0

function releaseHeld(): void {
  clearTimeout(holding)
  const work = held
  held = []
  // Each sees what the one before it has changed, and so does the key that comes after them.
  for (const act of work) flushSync(act)
}

/** What was typed was the beginning of a code. */
export function dropHeld(): void {
  clearTimeout(holding)
  held = []
}

/** Hands keys to the uppermost layer that takes them. Answers how to stop. */
export function listenForKeys(): () => void {
  function onKey(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.isComposing || isTheirs(event)) return
    const digit = event.altKey ? /^Digit(\d)$/.exec(event.code)?.[1] : undefined
    const name = event.altKey ? `Alt+${digit ?? event.key}` : event.key
    const isCharacter = name.length === 1
    if (!isCharacter) releaseHeld()
    for (const layer of [...layers].reverse().sort((a, b) => b.depth - a.depth)) {
      const handler = layer.keys()[name]
      if (handler) {
        event.preventDefault()
        if (!isCharacter) return void handler(event)
        // Looked up anew when its time comes: what it acts on may have changed by then.
        held.push(() => layer.keys()[name]?.(event))
        clearTimeout(holding)
        holding = setTimeout(releaseHeld, HOLD_MS) as unknown as number
        return
      }
      if (layer.isModal) return
    }
  }
  addEventListener('keydown', onKey)
  return () => removeEventListener('keydown', onKey)
}

/**
 * A button that is pressed with mouse or finger does not take the focus: Enter of a keyboard or scanner would press it again. Answers how
 * to stop.
 */
export function keepFocus(): () => void {
  function onMouse(event: MouseEvent): void {
    if (event.target instanceof Element && event.target.closest('button') !== null) event.preventDefault()
  }
  addEventListener('mousedown', onMouse)
  return () => removeEventListener('mousedown', onMouse)
}

type Scan = (code: string) => void
const targets: (() => Scan)[] = []

/** Takes what is scanned while the component is shown, before those below it. */
export function useScan(scan: Scan): void {
  const now = useRef(scan)
  now.current = scan
  useEffect(() => {
    const target = () => now.current
    targets.push(target)
    return () => {
      targets.splice(targets.indexOf(target), 1)
    }
  }, [])
}

/** Hands a code to whoever takes codes now. */
export function scanned(code: string): void {
  targets.at(-1)?.()(code)
}
