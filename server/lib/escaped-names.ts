// JSON with escapes in member names, read right. V8 12.8 to at least 14.6 (Node 24 and 26) compares the raw text of a name with
// the names that followed in objects of the same shape before: once somebody has sent {"a":"1","\\":"2"}, {"a":"1","\n":"2"}
// comes out with the member `\` (nodejs/node#63785, read 2026-11). Names without escapes are not concerned, nor are values.

import type { JsonValue } from './json.ts'

/** As JSON.parse, and throws what it throws; `text` may hold escaped names. */
export function parseWithNames(text: string): JsonValue {
  return text.includes('\\') && hasEscapedName(text) ? readEscaped(text) : (JSON.parse(text) as JsonValue)
}

/** Whether a string with a backslash in it stands before a colon. */
function hasEscapedName(text: string): boolean {
  let isEscaped = false
  for (let i = 0; i < text.length; i++) {
    const sign = text[i]
    if (sign === ':' && isEscaped) return true
    if (sign !== '"') continue
    const end = endOfString(text, i)
    isEscaped = text.slice(i, end).includes('\\')
    i = end - 1
  }
  return false
}

/** Reads text that holds escaped names: checked by JSON.parse, then put together name by name. */
export function readEscaped(text: string): JsonValue {
  // Its value may have a wrong name in it, but it refuses exactly what is no JSON; what is read below is known to be some.
  JSON.parse(text)
  return valueAt({ text, at: 0 })
}

interface Cursor {
  text: string
  at: number
}

const BLANK = /\s*/y
const SCALAR = /[^\s,\]}]+/y

function valueAt(cursor: Cursor): JsonValue {
  skipBlank(cursor)
  switch (cursor.text[cursor.at]) {
    case '{':
      return objectAt(cursor)
    case '[':
      return arrayAt(cursor)
    case '"':
      return stringAt(cursor)
    default: {
      SCALAR.lastIndex = cursor.at
      const scalar = SCALAR.exec(cursor.text)?.[0] ?? ''
      cursor.at += scalar.length
      return JSON.parse(scalar) as JsonValue
    }
  }
}

function objectAt(cursor: Cursor): JsonValue {
  const object: { [member: string]: JsonValue } = {}
  while (hasNext(cursor, '}')) {
    const name = stringAt(cursor)
    skipBlank(cursor)
    // The colon.
    cursor.at++
    // As JSON.parse does it: `__proto__` becomes a member like any other.
    Object.defineProperty(object, name, {
      value: valueAt(cursor),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return object
}

function arrayAt(cursor: Cursor): JsonValue {
  const array: JsonValue[] = []
  while (hasNext(cursor, ']')) array.push(valueAt(cursor))
  return array
}

/** Steps over the bracket or comma before the next item, or over the closing bracket when there is none. */
function hasNext(cursor: Cursor, closing: string): boolean {
  skipBlank(cursor)
  const isOver = cursor.text[cursor.at] === closing
  cursor.at++
  if (isOver) return false
  skipBlank(cursor)
  // Only right after the opening bracket.
  if (cursor.text[cursor.at] !== closing) return true
  cursor.at++
  return false
}

function stringAt(cursor: Cursor): string {
  const end = endOfString(cursor.text, cursor.at)
  const string = JSON.parse(cursor.text.slice(cursor.at, end)) as string
  cursor.at = end
  return string
}

/** Behind the closing quote of the string that opens at `from`; the end of the text when it is never closed. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i + 1
  }
  return text.length
}

function skipBlank(cursor: Cursor): void {
  BLANK.lastIndex = cursor.at
  BLANK.exec(cursor.text)
  cursor.at = BLANK.lastIndex
}
