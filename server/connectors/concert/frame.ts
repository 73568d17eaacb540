// What stands on the wire between a till and a terminal in France: records of a tag (two characters), the length of the value (three
// digits) and the value, one after the other, without an end of their own. CZ, the version, comes first. Sources: PayXpert's pages on
// Concert V3 (protocol 3.2) and the Caisse-AP server of Akretion, read 2026-11.

/** Tags and values, in their order. */
export type Frame = ReadonlyMap<string, string>

/** Values longer than this cannot be told. */
const MAX_VALUE = 999

/** Throws a RangeError for a value that no record can hold. */
export function write(records: readonly (readonly [tag: string, value: string])[]): string {
  return records
    .map(([tag, value]) => {
      if (value.length === 0 || value.length > MAX_VALUE) throw new RangeError(`${tag} is too long, or empty`)
      return `${tag}${String(value.length).padStart(3, '0')}${value}`
    })
    .join('')
}

/** Undefined while the last record is not whole: more is to come. Throws a SyntaxError for what is no record. */
export function read(text: string): Frame | undefined {
  const frame = new Map<string, string>()
  let at = 0
  while (at < text.length) {
    const head = text.slice(at, at + 5)
    if (!/^[A-Z0-9]{0,2}$|^[A-Z0-9]{2}\d{0,3}$/.test(head)) throw new SyntaxError('no record')
    if (head.length < 5) return undefined
    const end = at + 5 + Number(head.slice(2))
    if (end > text.length) return undefined
    frame.set(head.slice(0, 2), text.slice(at + 5, end))
    at = end
  }
  return frame
}
