// The device: a mouth for paper, the screen, the keys. A card is held against it by a click, by dragging it here, or by a key.

import { useState } from 'preact/hooks'
import type { Key, TerminalView } from '../../server/virtual-terminal/view.ts'
import type { Live } from './live.ts'
import { ScreenFace } from './screens.tsx'
import type { Words } from './words.ts'

const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'] as const

interface DeviceProps {
  view: TerminalView
  live: Live
  words: Words
  /** The key that was pressed just now, on whichever keyboard. */
  pressed: Key | null
  onKey(key: Key): void
  onCard(): void
}

export function Device({ view, live, words, pressed, onKey, onCard }: DeviceProps) {
  const { texts } = words
  const { screen } = view
  const [isOver, hover] = useState(false)
  const asksForCard = screen.kind === 'card'
  const state = asksForCard ? 'asks' : screen.kind === 'authorising' ? 'works' : ''
  const result = screen.kind === 'result' ? resultLight(screen.outcome) : ''
  return (
    <section
      class={`device ${isOver ? 'over' : ''}`}
      aria-label={texts.device}
      onDragOver={(event) => {
        if (!asksForCard) return
        event.preventDefault()
        hover(true)
      }}
      onDragLeave={() => hover(false)}
      onDrop={(event) => {
        event.preventDefault()
        hover(false)
        onCard()
      }}
    >
      <div class="mouth" aria-hidden="true" />
      <div class={`lights ${state} ${result}`} aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </div>
      <section class={`screen is-${screen.kind}`} aria-label={texts.screen}>
        <div aria-live="polite">
          <ScreenFace screen={screen} words={words} onTouch={live.touch} onCard={onCard} />
        </div>
      </section>
      <fieldset class="keypad" aria-label={texts.keypad}>
        {DIGITS.map((digit) => (
          <button
            key={digit}
            type="button"
            class={`key k${digit} ${pressed === digit ? 'pressed' : ''}`}
            onClick={() => onKey(digit)}
          >
            {digit}
          </button>
        ))}
        {(['cancel', 'clear', 'confirm'] as const).map((name) => (
          <button
            key={name}
            type="button"
            class={`key ${name} ${pressed === name ? 'pressed' : ''}`}
            onClick={() => onKey(name)}
          >
            <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
              <path d={MARKS[name]} />
            </svg>
            <span class="hidden">{texts.keys[name]}</span>
          </button>
        ))}
      </fieldset>
      <div class="slot" aria-hidden="true" />
    </section>
  )
}

const MARKS = {
  cancel: 'M7 7l10 10M17 7L7 17',
  clear: 'M15 6l-6 6 6 6',
  confirm: 'M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14z',
}

function resultLight(outcome: string): string {
  return outcome === 'approved' || outcome === 'refunded' || outcome === 'partial' ? 'good' : 'bad'
}
