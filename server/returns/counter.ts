// Where goods are taken back.

import { Problem } from '../lib/problem.ts'
import type { Store } from '../merchants/index.ts'

/** The store, when it takes goods back. Throws reference-not-found when there is none, and validation-error when it takes none. */
export function takesBack(store: Store | undefined): Store {
  if (!store) throw new Problem('reference-not-found', { errors: [{ pointer: '/store_id', detail: 'names no store' }] })
  if (!store.capabilities.includes('return'))
    throw new Problem('validation-error', { errors: [{ pointer: '/store_id', detail: 'takes nothing back' }] })
  return store
}
