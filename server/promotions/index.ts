// The public face of promotions: what is on offer, counting its uses, and its routes.

export { type ActiveDeps, activePromotions, createPromotionCache, type PromotionCache } from './active.ts'
export type { PromotionDeps, PromotionView } from './change.ts'
export { routes } from './routes.ts'
export { moveUses } from './store.ts'
export { type HoldOutcome, holdUses, type OrderUses, settleUses } from './uses.ts'
