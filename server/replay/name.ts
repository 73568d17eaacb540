// How a replay and its invoices are called at the server. Names become Idempotency-Keys and references, so they are the
// memory that survives everything: made of the file's content, the seed and the invoice, and of nothing else.

import { createHash } from 'node:crypto'

export interface ReplayName {
  /** Letters only: keys that hold long runs of digits could be taken for card numbers and be refused. */
  id: string
  seed: number
}

const LETTERS = 'abcdefghijklmnop'
const ID_LENGTH = 16

/** The name of the replay of a file (`digest`: SHA-256 of its content in hex) under a seed. */
export function replayName(digest: string, seed: number): ReplayName {
  return { id: letters(`${digest} ${seed}`), seed }
}

/** The name of one invoice in a replay; readable for ordinary numbers, a digest for others. */
export function nameOf(replay: ReplayName, invoice: string): string {
  return `replay-${replay.id}.${/^[A-Z]?\d{1,9}$/.test(invoice) ? invoice : letters(invoice)}`
}

function letters(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex').slice(0, ID_LENGTH)
  return [...hex].map((digit) => LETTERS[Number.parseInt(digit, 16)]).join('')
}
