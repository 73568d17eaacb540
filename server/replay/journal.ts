// A hint beside the data folder: which steps of a replay are done, one line each, so that a second run need not ask for
// them again. Never the proof of anything: without it, or with lines cut off, the keys at the server lead to the same end.

import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { GivenBack } from './give-back.ts'
import type { Sold } from './sell.ts'

/** What is remembered of a step, by invoice number. */
export type Done =
  | ({ kind: 'sale' } & Sold)
  | ({ kind: 'cancellation' } & GivenBack)
  | ({ kind: 'correction' } & Corrected)

export interface Corrected {
  isDone: true
}

export interface Journal {
  /** What earlier runs did. */
  done: Map<string, Done>
  note(invoice: string, done: Done): void
  close(): Promise<void>
}

/** Amounts are plain numbers in it: exact, for they are far below 2^53. */
interface Line {
  invoice: string
  done: Done
}

/** Opens the journal at `path`, making it and its folder where missing. Lines that cannot be read are left out. */
export async function openJournal(path: string): Promise<Journal> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await endLastLine(path)
  const done = new Map<string, Done>()
  for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = readLine(text)
    if (line) done.set(line.invoice, line.done)
  }
  const out = createWriteStream(path, { flags: 'a', mode: 0o600 })
  return {
    done,
    note(invoice, what) {
      out.write(
        `${JSON.stringify({ invoice, done: what }, (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : value))}\n`,
      )
    },
    close: () => new Promise((resolve, reject) => out.on('error', reject).end(resolve)),
  }
}

/** A run that was killed may have left half a line; the next one must not be glued to it. */
async function endLastLine(path: string): Promise<void> {
  const file = await open(path, 'a+', 0o600)
  try {
    const { size } = await file.stat()
    if (size === 0) return
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    if (buffer[0] !== 0x0a) await file.appendFile('\n')
  } finally {
    await file.close()
  }
}

function readLine(text: string): Line | undefined {
  try {
    const { invoice, done } = JSON.parse(text) as Line
    if (done.kind === 'correction') return { invoice, done }
    if (done.kind === 'cancellation') return { invoice, done: givenWithBigints(done) }
    const { discount } = done
    const parts = withBigints(done.parts)
    return { invoice, done: { ...done, parts, ...(discount ? { discount: givenWithBigints(discount) } : {}) } }
  } catch {
    return undefined
  }
}

function givenWithBigints<T extends GivenBack>(back: T): T {
  return { ...back, given: back.given.map((one) => ({ ...one, parts: withBigints(one.parts) })) }
}

function withBigints(
  parts: readonly { method: string; amount: bigint | number }[],
): { method: string; amount: bigint }[] {
  return parts.map(({ method, amount }) => ({ method, amount: BigInt(amount) }))
}
