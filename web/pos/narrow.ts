// Whether the screen is a phone's, where list and detail take turns.

import { useSyncExternalStore } from 'react'

/** As the style sheets have it. */
const NARROW = '(max-width: 760px)'

export const useNarrow = (): boolean =>
  useSyncExternalStore(
    (told) => {
      const query = matchMedia(NARROW)
      query.addEventListener('change', told)
      return () => query.removeEventListener('change', told)
    },
    () => matchMedia(NARROW).matches,
  )
