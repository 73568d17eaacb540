// From schemas to refusals. Checking is compiled and silent; only after a failure are the reasons collected and turned
// into the one code that helps the caller most (reliability.md §5): what is wrong with the money first, then members
// that do not belong, then everything else. errors[] always lists all of it.

import Type, { type TSchema } from 'typebox'
import type { TLocalizedValidationError } from 'typebox/error'
import { Compile } from 'typebox/schema'
import { escapePointer } from '../lib/json.ts'
import { MAX_AMOUNT } from '../lib/money.ts'
import { type FieldProblem, Problem, type ProblemCode } from '../lib/problem.ts'
import { type Query, queryProblem, queryReader } from './query.ts'
import { AMOUNT_MARK, CURRENCY_FORMAT } from './schema.ts'

export type Validated = { value: unknown } | { error: Problem }

type Check = ReturnType<typeof Compile>
const compiled = new WeakMap<TSchema, Check>()

/** Compiles at the first use: some hundred schemas are a third of a start, and most of them are not met by the first requests. */
function checkOf(schema: TSchema): Check {
  const check = compiled.get(schema) ?? Compile(schema)
  compiled.set(schema, check)
  return check
}

/** Fastify's validator compiler. Never coerces, never drops members; fills defaults in queries only. */
export function compileValidator(route: { schema: unknown; httpPart?: string }): (value: unknown) => Validated {
  const schema = route.schema as TSchema
  switch (route.httpPart) {
    case 'params':
      // A path that cannot name anything of ours names nothing: same answer as for an unknown id.
      return (value) => (checkOf(schema).Check(value) ? { value } : { error: new Problem('not-found') })
    case 'querystring': {
      const read = queryReader(schema)
      return (query) => {
        const problem = queryProblem(query as Query)
        if (problem) return { error: problem }
        const value = read(query as Query)
        const check = checkOf(schema)
        return check.Check(value)
          ? { value }
          : { error: problemOf(schema, value, check.Errors(value)[1], queryPointer) }
      }
    }
    default: {
      const isOptional = Type.IsOptional(schema)
      return (value) => {
        // Fastify shows an absent body as null; JSON's own null never comes this far (see body.ts).
        if (value === null)
          return isOptional ? { value } : { error: new Problem('malformed-json', { detail: 'The body is empty.' }) }
        const check = checkOf(schema)
        if (check.Check(value)) return { value }
        return { error: problemOf(schema, value, check.Errors(value)[1], (pointer) => pointer) }
      }
    }
  }
}

const queryPointer = (pointer: string): string => `?${pointer.slice(1)}`

/** Most helpful first. A body with several faults is answered with the first of these that occurs. */
const PRECEDENCE = [
  'amount-invalid',
  'amount-out-of-range',
  'currency-unknown',
  'unknown-field',
  'too-many-items',
  'validation-error',
] as const
type FieldCode = (typeof PRECEDENCE)[number]

interface Fault extends FieldProblem {
  code: FieldCode
}

function problemOf(
  schema: TSchema,
  value: unknown,
  errors: TLocalizedValidationError[],
  pointerOf: (pointer: string) => string,
): Problem {
  const faults = nearestBranches(errors).flatMap((error) => faultsOf(schema, value, error))
  const code: ProblemCode =
    PRECEDENCE.find((candidate) => faults.some((fault) => fault.code === candidate)) ?? 'validation-error'
  // A member can break several keywords at once; one remark per member is enough.
  const remarks = new Map<string, FieldProblem>()
  for (const { pointer, detail } of faults) {
    if (!remarks.has(pointer)) remarks.set(pointer, { pointer: pointerOf(pointer), detail })
  }
  return new Problem(code, { errors: [...remarks.values()] })
}

/** Of each failed union keeps only the branch the value came closest to; the others would list every field of every form. */
function nearestBranches(errors: TLocalizedValidationError[]): TLocalizedValidationError[] {
  let kept = errors
  for (const { keyword, schemaPath } of errors) {
    if (keyword !== 'anyOf') continue
    const prefix = `${schemaPath}/anyOf/`
    const branches = Map.groupBy(
      kept.filter((error) => error.schemaPath.startsWith(prefix)),
      (error) => error.schemaPath.slice(prefix.length).split('/')[0],
    )
    const nearest = [...branches.values()].sort((a, b) => distance(a) - distance(b))[0] ?? []
    if (nearest.length === 0) continue
    kept = kept.filter(
      (error) =>
        !error.schemaPath.startsWith(prefix) && !(error.keyword === 'anyOf' && error.schemaPath === schemaPath),
    )
    kept = [...kept, ...nearest]
  }
  return kept
}

/** A branch of another basic type (null, a list) is further away than any number of wrong members. */
function distance(errors: TLocalizedValidationError[]): number {
  const depths = errors.map((error) => error.instancePath.split('/').length)
  const shallowest = Math.min(...depths)
  const isOtherType = errors.some(
    (error) => error.keyword === 'type' && error.instancePath.split('/').length === shallowest,
  )
  return errors.length + (isOtherType ? 1000 : 0)
}

function faultsOf(root: TSchema, value: unknown, error: TLocalizedValidationError): Fault[] {
  const pointer = error.instancePath
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map((name) =>
        fault('validation-error', `${pointer}/${escapePointer(name)}`, 'Is required.'),
      )
    case 'additionalProperties': {
      const place = schemaAt(root, error.schemaPath)
      // Where further members have a schema of their own, its errors say what is wrong with them.
      if (place?.['additionalProperties'] !== false) return []
      return error.params.additionalProperties.map((name) =>
        fault('unknown-field', `${pointer}/${escapePointer(name)}`, 'Is not taken here.'),
      )
    }
    case 'boolean':
      // Said again, and better, by the `additionalProperties` error that follows it.
      return []
    case 'maxItems':
    case 'maxProperties':
      return [fault('too-many-items', pointer, `Takes at most ${error.params.limit}.`)]
    case 'enum':
      return [fault('validation-error', pointer, `Must be one of: ${error.params.allowedValues.join(', ')}.`)]
  }
  const schema = schemaAt(root, error.schemaPath)
  const given = valueAt(value, pointer)
  if (schema?.[AMOUNT_MARK] === true) return [amountFault(pointer, given, schema)]
  if (schema?.['format'] === CURRENCY_FORMAT && typeof given === 'string') {
    return [fault('currency-unknown', pointer, 'Must be an active ISO 4217 code in capitals.')]
  }
  if (error.keyword === 'pattern') return [fault('validation-error', pointer, wrongForm(schema))]
  const format = error.keyword === 'format' && FORMAT_REMARKS[error.params.format]
  if (format) return [fault('validation-error', pointer, format)]
  return [fault('validation-error', pointer, `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`)]
}

/** What a value must be, in place of the name of its format. */
const FORMAT_REMARKS: Record<string, string> = {
  'iso-3166-1': 'Must be an ISO 3166-1 alpha-2 country code in capitals, such as NL.',
  'date-time': 'Must be a time that exists, with its zone, such as 2026-02-28T10:00:00Z.',
  date: 'Must be a day that exists, such as 2026-02-28.',
}

/** A regular expression helps nobody; what the field is does. */
function wrongForm(schema: Record<string, unknown> | undefined): string {
  const description = schema?.['description']
  return typeof description === 'string'
    ? `Does not have the form of this field: ${description}`
    : 'Does not have the form that the API description states for it.'
}

function amountFault(pointer: string, given: unknown, schema: Record<string, unknown>): Fault {
  if (typeof given === 'string' && /^[+-]?(NaN|Infinity)$/.test(given))
    return fault('amount-invalid', pointer, 'Must be a whole number of minor units.')
  if (typeof given !== 'number') return fault('validation-error', pointer, 'Must be a JSON integer of minor units.')
  if (given > Number(MAX_AMOUNT)) return fault('amount-out-of-range', pointer, `Must be at most ${MAX_AMOUNT}.`)
  if (!Number.isInteger(given)) return fault('amount-invalid', pointer, 'Must be a whole number of minor units.')
  return fault('amount-invalid', pointer, `Must be at least ${schema['minimum']}.`)
}

function fault(code: FieldCode, pointer: string, detail: string): Fault {
  return { code, pointer, detail }
}

/** Follows `#/properties/a/items` into the schema; undefined when there is no such place. */
function schemaAt(root: TSchema, schemaPath: string): Record<string, unknown> | undefined {
  return valueAt(root, schemaPath.slice(1)) as Record<string, unknown> | undefined
}

function valueAt(root: unknown, pointer: string): unknown {
  let place = root
  for (const name of pointer.split('/').slice(1)) {
    if (typeof place !== 'object' || place === null) return undefined
    place = (place as Record<string, unknown>)[name.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return place
}
