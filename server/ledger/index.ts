// The public face of the books.

export { type AccountKind, accountType, CHART } from './accounts.ts'
export { routes } from './routes.ts'
export { type BalanceRow, lockBalance, type NewEntry, postEntry, readBalances } from './store.ts'
