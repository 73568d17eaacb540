// The terminal as the server has it, kept up to date, and what the page does to it.

import { useEffect, useState } from 'preact/hooks'
import type { Settings, TerminalView, Touch } from '../../server/virtual-terminal/view.ts'

export type Changes = Partial<Settings> & { is_on?: boolean }

export interface Live {
  view: TerminalView
  isConnected: boolean
  /** What the customer does. */
  touch(touch: Touch): void
  set(changes: Changes): void
}

export function useLive(first: TerminalView): Live {
  const [view, show] = useState(first)
  const [isConnected, connect] = useState(true)
  const at = `/terminal/${first.poi_id}`
  useEffect(() => {
    const source = new EventSource(`${at}/live`)
    source.onmessage = ({ data }) => {
      connect(true)
      show(JSON.parse(String(data)) as TerminalView)
    }
    source.onopen = () => connect(true)
    // It connects again by itself.
    source.onerror = () => connect(false)
    return () => source.close()
  }, [at])
  const post = async (path: string, body: object) => {
    try {
      const answer = await fetch(`${at}/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!answer.ok || path !== 'settings') return
      const told = (await answer.json()) as TerminalView
      // The stream may have been faster with something newer.
      show((current) => (told.version > current.version ? told : current))
    } catch {
      connect(false)
    }
  }
  return {
    view,
    isConnected,
    touch: (touch) => void post('touch', touch),
    set(changes) {
      // Shown at once; the server's word follows.
      const { is_on, ...settings } = changes
      const power: Partial<TerminalView> = is_on === undefined ? {} : { screen: { kind: is_on ? 'idle' : 'off' } }
      show((current) => ({ ...current, ...power, settings: { ...current.settings, ...settings } }))
      void post('settings', changes)
    },
  }
}
