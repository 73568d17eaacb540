// Prices that change at a moment that was told before. Pure.

/** A price as decimal text in major units, and those that begin within a week, the earliest first. Null is not for sale. */
export interface Priced {
  price: string | null
  price_changes: readonly { at: string; price: string | null }[]
}

/** The price at a moment, in milliseconds: what was planned comes true without anybody telling. */
export function priceAt({ price, price_changes }: Priced, now: number): string | null {
  const begun = price_changes.findLast(({ at }) => Date.parse(at) <= now)
  return begun ? begun.price : price
}
