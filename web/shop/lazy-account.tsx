// The account's pages come when somebody opens them: most visits to a shop are without.

import { useEffect, useState } from 'preact/hooks'
import type { AccountPage } from './account/account-page.tsx'
import { Failed, Skeleton } from './app.tsx'

export function LazyAccount({ section }: { section: string }) {
  const [page, setPage] = useState<{ draw: typeof AccountPage } | 'failed' | null>(null)
  const load = () => {
    setPage(null)
    import('./account/account-page.tsx').then(
      ({ AccountPage: draw }) => setPage({ draw }),
      () => setPage('failed'),
    )
  }
  useEffect(load, [])
  if (page === null) return <Skeleton />
  return page === 'failed' ? <Failed again={load} /> : <page.draw section={section} />
}
