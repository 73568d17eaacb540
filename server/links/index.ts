// The public face of payment links.

export type { LinkDeps } from './deps.ts'
export { createLinkConsumer } from './follow.ts'
export { createLinkGuard } from './guard.ts'
export { linkUrl } from './link.ts'
export { createLinkWorkers, remindDue, tellExpired } from './remind.ts'
export { routes } from './routes.ts'
export { forgetAddressee, linksTo, payableLinkOf, readLink } from './store.ts'
export { linkFacts } from './view.ts'
