// What is looked at again and again while it is shown, because others change it too. A look that fails keeps what was seen last.

import { useEffect, useState } from 'react'

export interface Polled<T> {
  data: T | null
  hasFailed: boolean
  /** When it was seen, as milliseconds. */
  at: number
  look(): Promise<T | null>
}

export function usePolled<T>(key: string, everyMs: number, load: () => Promise<T>): Polled<T> {
  const [seen, setSeen] = useState<{ key: string; data: T | null; hasFailed: boolean; at: number }>({
    ...{ key, data: null, hasFailed: false, at: Date.now() },
  })
  const look = async () => {
    const next = await load().then(
      (data) => ({ data }),
      () => null,
    )
    setSeen((before) => {
      const was = before.key === key ? before.data : null
      return { key, data: next?.data ?? was, hasFailed: next === null, at: Date.now() }
    })
    return next?.data ?? null
  }
  useEffect(() => {
    let isOver = false
    let timer = 0
    const again = () => {
      // A till nobody looks at asks for nothing.
      const looked = document.hidden ? Promise.resolve(null) : look()
      void looked.finally(() => {
        if (!isOver) timer = setTimeout(again, everyMs) as unknown as number
      })
    }
    again()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [key])
  return seen.key === key ? { ...seen, look } : { data: null, hasFailed: false, at: Date.now(), look }
}
