// What the parts of the account share: something loaded, with its waiting and its failing; and a press that is carried out once.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Failed } from '../app.tsx'
import { useLoaded, useShop } from '../shop.ts'
import { wordsFor } from './own.ts'

export interface Paged<T> {
  data: T[]
  next_cursor: string | null
}

/** Asks for `path` and draws the answer; `turn` asks again. */
export function Listed<T>({
  path,
  turn = 0,
  children,
}: {
  path: string
  turn?: number
  children(data: T): ComponentChildren
}) {
  const { texts, api } = useShop()
  const loaded = useLoaded(`${path} ${turn}`, () => api.get<T>(path))
  // What was there stays until the new is: nothing jumps.
  const [kept, setKept] = useState<T | null>(null)
  if (loaded.is === 'there' && loaded.data !== kept) setKept(loaded.data)
  if (loaded.is === 'failed') return <Failed again={loaded.again} />
  const data = loaded.is === 'there' ? loaded.data : kept
  if (data === null) return <div class="blank rowlike" role="status" aria-label={texts.loading} />
  return <>{children(data)}</>
}

/** One thing after the other, and what came of it in words. */
export function useAct() {
  const shop = useShop()
  const [isBusy, setBusy] = useState(false)
  const [said, setSaid] = useState<{ text: string; isBad: boolean } | null>(null)
  return {
    isBusy,
    said,
    async act(work: () => Promise<string | undefined>): Promise<boolean> {
      if (isBusy) return false
      setBusy(true)
      setSaid(null)
      try {
        const text = await work()
        setSaid(text === undefined ? null : { text, isBad: false })
        return true
      } catch (error) {
        setSaid({ text: wordsFor(error, shop), isBad: true })
        return false
      } finally {
        setBusy(false)
      }
    },
  }
}

/** The place where it is said, always there, so that nothing moves and it is heard. */
export function Said({ said }: { said: { text: string; isBad: boolean } | null }) {
  return (
    <p class={`saying ${said?.isBad ? 'wrong' : ''}`} role="status">
      {said?.text}
    </p>
  )
}
