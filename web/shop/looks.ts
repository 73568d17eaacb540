// What somebody who is signed in and has agreed looks at, told to the store's staff who help them on from there. Of everybody else nothing
// is sent: not even to be thrown away. The server asks for the consent again at each look.

import { useEffect, useMemo, useState } from 'preact/hooks'
import type { Api } from './api.ts'
import type { Session } from './session.ts'
import { useShop } from './shop.ts'

export type Looked = { kind: 'product'; product_id: string } | { kind: 'search'; query: string }

export interface Looks {
  saw(what: Looked): void
  /** What was agreed to has changed. */
  askAgain(): void
}

/** A search that is still being typed is none. */
const SEARCH_AFTER_MS = 2_000
const LONGEST = 200

export function useLooks(api: Api, session: Session): Looks {
  const [turn, setTurn] = useState(0)
  // Of each customer anew: another may have signed in, in another tab.
  const token = session.isOn ? session.token() : undefined
  return useMemo(() => {
    let agreed: Promise<boolean> | undefined
    let last = ''
    const isAgreed = () =>
      api
        .get<{ data: { purpose: string; is_granted: boolean }[] }>('/account/consents')
        .then(({ data }) => data.some(({ purpose, is_granted }) => purpose === 'browsing_history' && is_granted))
        .catch(() => {
          agreed = undefined
          return false
        })
    return {
      saw(what) {
        const key = JSON.stringify(what)
        // Back and forward, and what is drawn anew, are one look.
        if (token === undefined || key === last) return
        last = key
        agreed ??= isAgreed()
        // The shop works as well without; a look that is lost is lost.
        void agreed.then((is) => is && api.send('POST', '/account/views', { views: [what] })).catch(() => {})
      },
      askAgain: () => setTurn(turn + 1),
    }
  }, [token, turn])
}

/** The article of the page, once it is there. */
export function useSawProduct(id: string): void {
  const { looks } = useShop()
  useEffect(() => looks.saw({ kind: 'product', product_id: id }), [looks, id])
}

/** A search that found something and that nobody types on. */
export function useSawSearch(q: string, hasFound: boolean): void {
  const { looks } = useShop()
  useEffect(() => {
    if (q === '' || !hasFound) return
    const timer = setTimeout(() => looks.saw({ kind: 'search', query: q.slice(0, LONGEST) }), SEARCH_AFTER_MS)
    return () => clearTimeout(timer)
  }, [looks, q, hasFound])
}
