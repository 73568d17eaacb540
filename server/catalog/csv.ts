// Cells of the catalogue's CSV files, in both directions: what is written is read back as the same.

import { Problem } from '../lib/problem.ts'

/** What spreadsheets take for the beginning of a formula (ASVS 1.2.10), also in full width; quotes before it are ours. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/

/** A cell for a spreadsheet: text that would be a formula gets a ' in front, and what would break the row is quoted. */
export function cellOut(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",;\r\n\t']|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The text of a cell: without the ' that keeps it from being a formula. */
export function cellIn(cell: string): string {
  return FORMULA.test(cell) && cell.startsWith("'") ? cell.slice(1) : cell
}

/** Several values in one cell, parted by |; a | or * of a value's own is written with \ before it. */
export function listOut(values: readonly { text: string; times: bigint }[]): string {
  return values
    .map(({ text, times }) => text.replaceAll(/[\\|*]/g, '\\$&') + (times === 1n ? '' : `*${times}`))
    .join('|')
}

/** Reads `5901234123457|15901234123454*6`; undefined when a number behind * is none. */
export function listIn(cell: string): { text: string; times: number }[] | undefined {
  const values: { text: string; times: number }[] = []
  for (const [part] of cell.matchAll(/(?:\\.|[^|\\])+/g)) {
    const match = /^((?:\\.|[^*\\])*?)\s*(?:\*([^*]*))?$/s.exec(part.trim())
    const times = match?.[2] === undefined ? 1 : /^[1-9]\d{0,6}$/.test(match[2]) ? Number(match[2]) : undefined
    if (!match?.[1] || times === undefined) return undefined
    values.push({ text: match[1].replaceAll(/\\(.)/gs, '$1'), times })
  }
  return values
}

/** The delimiter of a file by its header: whichever of , and ; is there more often. */
export function delimiterOf(header: string): ',' | ';' {
  const count = (sign: string) => header.split(sign).length
  return count(';') > count(',') ? ';' : ','
}

export type Decimal = 'point' | 'comma'

/** Why a number in a cell cannot be read. Thrown as a row's refusal by its caller. */
export class CellFault extends Error {}

/** A price as the API takes it. Throws CellFault; a comma is never guessed to be a decimal point or a thousand. */
export function numberIn(cell: string, decimal: Decimal): string {
  const text = cell.trim()
  if (decimal === 'comma') {
    if (/^\d+(,\d+)?$/.test(text)) return text.replace(',', '.')
    throw new CellFault('Is no number such as 49,95.')
  }
  if (/^\d+(\.\d+)?$/.test(text)) return text
  if (/^\d+,\d+$/.test(text))
    throw new CellFault('Has a decimal comma: write 49.95, or import the file with decimal=comma.')
  throw new CellFault('Is no number such as 49.95.')
}

/** A whole file as text. Throws invalid-encoding, malformed-request. */
export function textOf(bytes: Buffer | null): string {
  if (!bytes || bytes.length === 0) throw new Problem('malformed-request', { detail: 'The file is empty.' })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('invalid-encoding', { detail: 'The file is not UTF-8; save it as "CSV UTF-8".' })
  }
  if (text.includes('\0')) throw new Problem('invalid-encoding', { detail: 'The file holds NUL characters.' })
  return text
}
