// Query strings: strict where the usual parsers guess. A parameter given twice is refused instead of becoming a list, a
// number is plain digits or nothing, whole unless the schema takes decimals, and names such as `filter[__proto__]` build no objects.

import type { TSchema } from 'typebox'
import { type FieldProblem, Problem } from '../lib/problem.ts'

/** A parsed query: own members only, on no prototype. */
export type Query = Record<string, string>

const PROBLEM = Symbol('query problem')
type MarkedQuery = Query & { [PROBLEM]?: Problem }

/** What nearly every money request has. Frozen, because it is shared. */
const EMPTY: Query = Object.freeze(Object.create(null) as Query)

/** More parameters than any route takes. */
const MAX_PARAMETERS = 50

/** Parses without throwing, since the router calls this before there is a reply; `queryProblem` tells later what was wrong. */
export function parseQuery(text: string): Query {
  if (text === '') return EMPTY
  const query = Object.create(null) as MarkedQuery
  const pairs = text.split('&')
  if (pairs.length > MAX_PARAMETERS)
    query[PROBLEM] = new Problem('too-many-items', { detail: 'Too many query parameters.' })
  for (const pair of pairs.slice(0, MAX_PARAMETERS)) {
    if (pair === '') continue
    const cut = pair.indexOf('=')
    const name = decode(cut === -1 ? pair : pair.slice(0, cut))
    const value = decode(cut === -1 ? '' : pair.slice(cut + 1))
    if (name === undefined || value === undefined) {
      query[PROBLEM] ??= new Problem('malformed-request', {
        detail: 'The query string is not valid percent-encoded UTF-8.',
      })
    } else if (name.includes('\0') || value.includes('\0')) {
      query[PROBLEM] ??= new Problem('invalid-encoding', {
        status: 422,
        detail: 'The query string holds a NUL character.',
      })
    } else if (!/^\w{1,64}$/.test(name)) {
      query[PROBLEM] ??= new Problem('validation-error', {
        errors: [{ pointer: '?', detail: 'A parameter has a name of a form no route takes.' }],
      })
    } else if (name in query) {
      query[PROBLEM] ??= new Problem('validation-error', {
        errors: [{ pointer: `?${name}`, detail: 'Is given more than once.' }],
      })
    } else query[name] = value
  }
  return query
}

/** What was wrong with the text of a query, if anything. */
export function queryProblem(query: Query): Problem | undefined {
  return (query as MarkedQuery)[PROBLEM]
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text)
  } catch {
    return undefined
  }
}

/** Refuses every parameter: for routes that name none. */
export function refuseQuery(query: Query): Problem | undefined {
  if (query === EMPTY) return undefined
  const problem = queryProblem(query)
  if (problem) return problem
  const errors = Object.keys(query).map((name): FieldProblem => ({ pointer: `?${name}`, detail: 'Is not taken here.' }))
  return errors.length > 0 ? new Problem('unknown-field', { errors }) : undefined
}

type Reader = (text: string) => unknown

/**
 * Makes the step from text to the types of a schema: numbers and booleans by their one plain form; what has another form
 * stays text, and the schema then refuses it. Defaults of absent parameters are filled in.
 */
export function queryReader(schema: TSchema): (query: Query) => Record<string, unknown> {
  const properties = Object.entries((schema as { properties?: Record<string, TSchema> }).properties ?? {})
  const readers = new Map<string, Reader>(properties.flatMap(([name, property]) => readerOf(name, property)))
  const defaults = properties.flatMap(([name, property]) => {
    const value = (property as { default?: unknown }).default
    return value === undefined ? [] : [[name, value] as const]
  })
  return (query) => {
    const values: Record<string, unknown> = Object.create(null)
    for (const [name, value] of defaults) values[name] = value
    for (const name of Object.keys(query)) {
      const text = query[name] as string
      values[name] = readers.get(name)?.(text) ?? text
    }
    return values
  }
}

function readerOf(name: string, property: TSchema): [string, Reader][] {
  const type = (property as { type?: unknown }).type
  if (type === 'integer') return [[name, (text) => (/^-?(0|[1-9]\d{0,30})$/.test(text) ? Number(text) : text)]]
  if (type === 'number')
    return [[name, (text) => (/^-?(0|[1-9]\d{0,30})(\.\d{1,30})?$/.test(text) ? Number(text) : text)]]
  if (type === 'boolean') return [[name, (text) => (text === 'true' ? true : text === 'false' ? false : text)]]
  return []
}
