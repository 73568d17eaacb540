// Reads a transaction file as a stream, plain or gzip (told by its first bytes, not by its name), and hands over one row
// after the other with its line number. The digest is of the unpacked content: a file and its .gz are the same replay.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse'
import { COLUMNS, type Column, type Row, readRow } from './row.ts'

export interface RowTaker {
  /** A row that can be used. Lines count from 1, the header being the first. */
  row(row: Row, line: number): void
  /** One that cannot, and why. */
  bad(line: number, reason: string): void
}

/** A record longer than this is a quotation mark that is never closed, not a row. */
const MAX_RECORD_BYTES = 64 * 1024

/**
 * Streams the file at `path` into `taker` and answers the SHA-256 of its content in hex. Throws a sentence when the file
 * cannot be read, is cut off inside its compression, or has not the columns of a transaction file.
 */
export async function readTransactions(path: string, taker: RowTaker): Promise<string> {
  const digest = createHash('sha256')
  const hashed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk)
      done(null, chunk)
    },
  })
  const parser = parse({
    bom: true,
    info: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
  })
  let places: Record<Column, number> | undefined
  const taking = async (records: AsyncIterable<{ record: string[]; info: { lines: number } }>): Promise<void> => {
    for await (const { record, info } of records) {
      if (!places) places = placesOf(record)
      else take(taker, record, info.lines, places)
    }
  }
  try {
    const unpack = (await isGzip(path)) ? [createGunzip()] : []
    const reading = pipeline([createReadStream(path), ...unpack, hashed, parser])
    // A header that will not do ends the reading; its sentence is the one to show, not that of the cut stream.
    await Promise.all([taking(parser), reading])
  } catch (error) {
    throw new Error(`${path} cannot be read: ${(error as Error).message}`)
  }
  if (!places) throw new Error(`${path} is empty.`)
  return digest.digest('hex')
}

function take(taker: RowTaker, record: string[], line: number, places: Record<Column, number>): void {
  if (record.length < COLUMNS.length) {
    taker.bad(line, `has ${record.length} cells instead of ${COLUMNS.length}`)
    return
  }
  const row = readRow((column) => record[places[column]] ?? '')
  if (typeof row === 'string') taker.bad(line, row)
  else taker.row(row, line)
}

function placesOf(header: string[]): Record<Column, number> {
  const names = header.map((name) => name.trim())
  const missing = COLUMNS.filter((column) => !names.includes(column))
  if (missing.length > 0) throw new Error(`its header lacks ${missing.join(', ')}`)
  return Object.fromEntries(COLUMNS.map((column) => [column, names.indexOf(column)])) as Record<Column, number>
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}
