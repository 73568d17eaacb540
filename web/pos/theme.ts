// Light or dark: as the device says, dark in the evening, or as its people chose.

import { useEffect, useState } from 'react'
import type { Settings } from './till.tsx'

/** Shops light up their shelves and dim their counters at about this time. */
const EVENING = 18
const MORNING = 7
const LOOK_MS = 60_000

const isEvening = (): boolean => {
  const hour = new Date().getHours()
  return hour >= EVENING || hour < MORNING
}

/** Sets the theme on the root, and follows the clock and the device. */
export function useTheme(theme: Settings['theme']): void {
  const [isLate, setLate] = useState(isEvening)
  useEffect(() => {
    const timer = setInterval(() => setLate(isEvening()), LOOK_MS)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    const root = document.documentElement
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const set = () => {
      const isDark = theme === 'dark' || (theme === 'auto' && (dark.matches || isLate))
      root.dataset['theme'] = isDark ? 'dark' : 'light'
    }
    set()
    dark.addEventListener('change', set)
    return () => dark.removeEventListener('change', set)
  }, [theme, isLate])
}
