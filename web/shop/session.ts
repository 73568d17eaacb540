// Whether somebody is signed in on this device: the token stays in the browser, and what it is worth the API says.

import { useEffect, useMemo, useState } from 'preact/hooks'
import type { SessionHold } from './api.ts'
import { recall, remember } from './shop.ts'

interface Held {
  token: string
  expires_at: string
}
const NAME = 'onetill.shop.session'

export interface Session extends SessionHold {
  isOn: boolean
  hold(session: Held): void
}

export function useSession(): Session {
  const [held, setHeld] = useState<Held | null>(null)
  // Asked for in the middle of a call, when what is drawn may be older.
  const box = useMemo(() => ({ held: null as Held | null }), [])
  const set = (next: Held | null) => {
    box.held = next
    setHeld(next)
    remember(NAME, next)
  }
  useEffect(() => {
    const kept = recall<Held>(NAME)
    if (kept && typeof kept.token === 'string' && Date.parse(kept.expires_at) > Date.now()) set(kept)
    // Signed in or out in another tab.
    const follow = ({ key }: StorageEvent) => {
      if (key !== NAME) return
      box.held = recall<Held>(NAME)
      setHeld(box.held)
    }
    addEventListener('storage', follow)
    return () => removeEventListener('storage', follow)
  }, [])
  const calls = useMemo<SessionHold>(() => ({ token: () => box.held?.token, drop: () => set(null) }), [])
  return { ...calls, isOn: held !== null, hold: set }
}
