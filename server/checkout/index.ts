// The public face of checkout.

export { accentProperties } from './accent.ts'
export type { BagBook, BagCaller, BagOrder, OpenedBag } from './bag.ts'
export type {
  BagChange,
  BagErrors,
  BagField,
  BagInput,
  BagLine,
  BagOption,
  BagSlot,
  BagStore,
  BagSum,
  BagView,
  Typed,
} from './bag-view.ts'
export { createCheckoutConsumer } from './complete.ts'
export { createSession } from './create.ts'
export type { CheckoutDeps } from './deps.ts'
export { endSession } from './end.ts'
export type { GuardedTry, Leave, SessionGuard } from './guard.ts'
export type { NoticeCode } from './page-view.ts'
export { qrImage } from './qr-image.ts'
export { type CheckoutRouteDeps, routes } from './routes.ts'
export { type DeliveryOption, type NewSession, PAGE_CHANNELS } from './schema.ts'
export { type Session, sessionUrl, stateOf as sessionStateOf } from './session.ts'
export { returnAddress, type Settings, settingsOf, webAddress } from './settings.ts'
export { coveredBy, standingOf } from './standing.ts'
export { countSessionsOfLink, linkedSessions, prolongSession, readSession, sessionsOf, setPart } from './store.ts'
export { pageCaller } from './token-key.ts'
