// A terminal's slip. Each line is a query string of its own with up to a key, a name and a value; what stands left and right, and
// in which order, is the card schemes' business, so that no line is dropped or moved.

import type { OutputText } from './fields.ts'
import { asList, asObject, asText } from './reading.ts'
import type { PaymentReceipt } from './responses.ts'

/** One line: `name` stands left and `value` right. A blank line has neither. */
export interface SlipLine {
  key: string
  name: string
  value: string
  isBold: boolean
}

export interface Slip {
  qualifier: string
  /** The customer signs this one. */
  needsSignature: boolean
  lines: SlipLine[]
}

/** Reads the slips of an answer. A line that is plain text is its own name. */
export function readSlips(receipts: unknown): Slip[] {
  return asList(receipts).map((receipt) => {
    const { DocumentQualifier, RequiredSignatureFlag, OutputContent } = asObject(receipt)
    return {
      qualifier: asText(DocumentQualifier) ?? '',
      needsSignature: RequiredSignatureFlag === true,
      lines: asList(asObject(OutputContent)['OutputText']).map(readLine),
    }
  })
}

function readLine(line: unknown): SlipLine {
  const { Text, CharacterStyle } = asObject(line)
  const text = asText(Text) ?? ''
  const isBold = CharacterStyle === 'Bold'
  if (!/^(key|name|value)=/.test(text)) return { key: '', name: text, value: '', isBold }
  const fields = new URLSearchParams(text)
  return { key: fields.get('key') ?? '', name: fields.get('name') ?? '', value: fields.get('value') ?? '', isBold }
}

/** Writes one line of a slip. */
export function slipText(line: { key: string; name?: string; value?: string; isBold?: boolean }): OutputText {
  const fields = [
    ...(line.name ? [`name=${encodeURIComponent(line.name)}`] : []),
    ...(line.value ? [`value=${encodeURIComponent(line.value)}`] : []),
    `key=${encodeURIComponent(line.key)}`,
  ]
  return { ...(line.isBold ? { CharacterStyle: 'Bold' } : {}), Text: fields.join('&'), EndOfLineFlag: true }
}

/** Writes a slip. */
export function slip(
  qualifier: PaymentReceipt['DocumentQualifier'],
  lines: readonly Parameters<typeof slipText>[0][],
  needsSignature = false,
): PaymentReceipt {
  return {
    DocumentQualifier: qualifier,
    RequiredSignatureFlag: needsSignature,
    OutputContent: { OutputFormat: 'Text', OutputText: lines.map(slipText) },
  }
}
