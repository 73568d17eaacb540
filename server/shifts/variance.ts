// When a difference between what was counted and what was expected asks for a reason.

/** In minor units, about five euros: a coin given wrongly asks for nothing. */
const FREE: Readonly<Record<string, bigint>> = {
  EUR: 500n,
  GBP: 500n,
  CHF: 500n,
  SEK: 5_000n,
  NOK: 5_000n,
  DKK: 4_000n,
  PLN: 2_000n,
}
const FREE_ELSEWHERE = 500n

/** True for a difference that somebody has to explain. */
export function asksForReason(variance: bigint, currency: string): boolean {
  const free = FREE[currency] ?? FREE_ELSEWHERE
  return variance > free || variance < -free
}
