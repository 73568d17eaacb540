// The public face of journals.

export { createJournal, type Journal, type JournalKind } from './append.ts'
export { checkJournals, type JournalFault } from './check.ts'
export { type JournalKey, keyIdOf, openJournalKey, readJournalKey } from './key.ts'
export { routes } from './routes.ts'
export { entryAbout, listKeys } from './store.ts'
