// The code on an invoice that a banking app turns into a transfer: EPC069-12, version 002, in UTF-8. Pure.
// Source: European Payments Council, EPC069-12 v2.1, "Quick Response Code: guidelines to enable data capture for the initiation of
// a SEPA credit transfer", read 2026-11.

import { encode } from 'uqr'
import { oneLine } from '../lib/inert-text.ts'
import { toMajor } from '../lib/money.ts'

export interface Transfer {
  /** Whose account it is; at most 70 characters are carried. */
  name: string
  iban: string
  bic?: string | null
  /** Cents of a euro: 1 to 99,999,999,999. */
  amount: bigint
  /** Four letters of ISO 20022, such as `GDDS`. */
  purpose?: string
  /** An ISO 11649 reference; other schemes' go into `text`. */
  reference?: string
  /** At most 140 characters are carried. Not beside a reference. */
  text?: string
}

const MAX_AMOUNT = 99_999_999_999n
/** EPC069-12: error correction M, at most version 13, which holds 331 bytes. */
const MAX_BYTES = 331
const MAX_VERSION = 13

/**
 * The payload. Throws RangeError with `amount`, `BIC`, `IBAN`, `reference` or `name` in its sentence for what no bank would take. Line
 * breaks in names and texts become blanks, so that none begins another element.
 */
export function epcPayload(transfer: Transfer): string {
  const { amount, iban, bic, purpose = '', reference = '' } = transfer
  if (amount < 1n || amount > MAX_AMOUNT) throw new RangeError('the amount must be 0.01 to 999,999,999.99 euro')
  if (bic && !/^[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(bic)) throw new RangeError('the BIC has 8 or 11 places')
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) throw new RangeError('the IBAN is not one')
  if (!/^([A-Z]{4})?$/.test(purpose)) throw new RangeError('the purpose has four letters')
  if (!/^(RF\d{2}[A-Z0-9]{1,21})?$/.test(reference)) throw new RangeError('the reference must be of ISO 11649')
  const name = oneLine(transfer.name, 70)
  if (name === '') throw new RangeError('the name is missing')
  const text = reference === '' ? oneLine(transfer.text ?? '', 140) : ''
  // As the guidelines write it: EUR12.3, EUR5.
  const euros = toMajor(amount, 2).replace(/\.?0+$/, (zeros) => (zeros.startsWith('.') ? '' : zeros.replace(/0+$/, '')))
  const elements = ['BCD', '002', '1', 'SCT', bic ?? '', name, iban, `EUR${euros}`, purpose, reference, text]
  while (elements.at(-1) === '') elements.pop()
  const payload = elements.join('\n')
  if (Buffer.byteLength(payload) > MAX_BYTES) throw new RangeError('the name and text are too long together')
  return payload
}

/** The modules of the code, true for dark, with a quiet zone of `border`. */
export function qrModules(payload: string, border: number): boolean[][] {
  return encode(payload, { ecc: 'M', boostEcc: false, maxVersion: MAX_VERSION, border }).data
}
