// The public face of checkout.

export { createCheckoutConsumer } from './complete.ts'
export { createSession } from './create.ts'
export type { CheckoutDeps } from './deps.ts'
export { qrImage } from './qr-image.ts'
export { type CheckoutRouteDeps, routes } from './routes.ts'
export { type Session, sessionUrl } from './session.ts'
export { returnAddress, type Settings, settingsOf, webAddress } from './settings.ts'
export { pageCaller } from './token-key.ts'
