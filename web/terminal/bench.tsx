// The bench: the slip on the left, the device in the middle, the customer's hand and what may go wrong on the right.

import { useEffect, useState } from 'preact/hooks'
import type { Key } from '../../server/virtual-terminal/view.ts'
import { Device } from './device.tsx'
import { LANGUAGE_NAMES } from './languages.ts'
import { useLive } from './live.ts'
import type { TerminalState } from './page.tsx'
import { Panel } from './panel.tsx'
import { Slips } from './slip.tsx'
import { wordsOf } from './words.ts'

const KEY_OF: Record<string, Key> = { Enter: 'confirm', Escape: 'cancel', Backspace: 'clear', Delete: 'clear' }

export function Bench({ state }: { state: TerminalState }) {
  const words = wordsOf(state.language)
  const { texts } = words
  const live = useLive(state.face.terminal)
  const { view } = live
  const [pressed, press] = useState<Key | null>(null)
  const asksForCard = view.screen.kind === 'card'
  const present = () => {
    if (asksForCard) live.touch({ type: 'card', card: view.settings.card, entry: view.settings.entry })
  }
  const key = (name: Key) => {
    press(name)
    setTimeout(() => press(null), 120)
    live.touch({ type: 'key', key: name })
  }
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const name = /^\d$/.test(event.key) ? (event.key as Key) : KEY_OF[event.key]
      // The green key is not pressed twice when a button has the focus; one that does nothing now does not keep it.
      const focused = event.target instanceof HTMLElement ? event.target.closest('button, a, label') : null
      if (event.key === 'Enter' && focused !== null && focused.getAttribute('aria-disabled') !== 'true') return
      if (name) {
        event.preventDefault()
        key(name)
      } else if (event.key === 't' || event.key === 'T') present()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

  return (
    <div class="page">
      <header>
        <h1>{texts.title}</h1>
        <span class="badge">{texts.badge}</span>
        {state.face.terminals.length > 1 ? (
          <nav class="terminals" aria-label={texts.terminal}>
            <label for="terminal">{texts.terminal}</label>
            <select
              id="terminal"
              value={view.poi_id}
              onChange={(event) => location.assign(`/terminal/${event.currentTarget.value}?lang=${state.language}`)}
            >
              {state.face.terminals.map(({ poi_id, label }) => (
                <option key={poi_id} value={poi_id}>
                  {label === poi_id ? poi_id : `${label} (${poi_id})`}
                </option>
              ))}
            </select>
          </nav>
        ) : (
          <span class="poi">{view.poi_id}</span>
        )}
      </header>
      <p class="connection" role="status">
        {live.isConnected ? '' : texts.noConnection}
      </p>
      <main>
        <Slips slips={view.slips} words={words} />
        <Device view={view} live={live} words={words} pressed={pressed} onKey={key} onCard={present} />
        <Panel face={state.face} live={live} words={words} asksForCard={asksForCard} onCard={present} />
      </main>
      <footer>
        <p class="keys-hint">{texts.keysHint}</p>
        <nav aria-label={texts.language}>
          {Object.entries(LANGUAGE_NAMES).map(([code, name]) => (
            <a
              key={code}
              href={`?lang=${code}`}
              lang={code}
              hreflang={code}
              aria-current={code === state.language ? 'true' : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
      </footer>
    </div>
  )
}

/** Keys belong to a field while somebody writes in it. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement ||
    (target instanceof HTMLInputElement && !['checkbox'].includes(target.type) && target.type !== 'radio')
  )
}
