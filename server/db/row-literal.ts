// Rows as PostgreSQL's own text of an array of a composite type. The database reads it in a third of the time it needs for
// the same rows as JSON (8 µs against 29 for a sale's 42 columns), because nothing has to be found by name.

export interface Column {
  name: string
  /** As `format_type` tells it: text, bigint, jsonb, text[] … */
  type: string
}

/** The literal of `rows` for a type with these columns. Members that are no column are left out, absent ones are null. */
export function rowsLiteral(columns: readonly Column[], rows: readonly Record<string, unknown>[]): string {
  const elements = rows.map((row) => quoted(`(${columns.map(({ name, type }) => field(row[name], type)).join(',')})`))
  return `{${elements.join(',')}}`
}

/** Text that means only itself, in a row as in a list: most ids, words and times. */
const PLAIN = /^[\w.:+-]+$/

function field(value: unknown, type: string): string {
  if (value === undefined || value === null) return ''
  if (type === 'json' || type === 'jsonb') return quoted(JSON.stringify(value))
  if (Array.isArray(value)) return quoted(`{${value.map((item) => quoted(String(item))).join(',')}}`)
  if (typeof value === 'object') throw new Error(`a column of type ${type} got an object`)
  const text = String(value)
  return PLAIN.test(text) ? text : quoted(text)
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
