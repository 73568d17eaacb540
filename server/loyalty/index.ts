// The public face of stored value and loyalty: gift cards, store credit, points.

export { type BookDeps, createStoredValueBook } from './book.ts'
export type { LoyaltyDeps } from './deps.ts'
export { createStoredValueBooks } from './find.ts'
export { type GiftCardView, giftCardView, revealGiftCard } from './gift-card.ts'
export type { GiftCardRow } from './gift-card-store.ts'
export { type GiftCardSale, issueForOrder, voidIssued } from './issue-for-order.ts'
export { createLimit, type Limit } from './limit.ts'
export { routes } from './routes.ts'
