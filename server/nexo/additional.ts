// The two forms in which a terminal and its host write lists of names and values into one text: a query string, or Base64 of
// JSON. `AdditionalResponse` comes in either; `SaleToAcquirerData` may be sent in either.

export type PairsForm = 'form' | 'json'

/** Names and values in the order in which they came. Of JSON, members of members have dotted names: `metadata.order`. */
export interface Pairs {
  form: PairsForm
  values: ReadonlyMap<string, string>
}

/** Deeper JSON than this is nobody's additional data. */
const MAX_DEPTH = 8
/** Members whose own members are a list of names, which may have dots themselves. */
const NAMED_LISTS = ['additionalData', 'metadata']

/** Reads either form. Text that is neither has no pairs. Of a name that comes twice the last counts. */
export function readPairs(text: unknown): Pairs {
  if (typeof text !== 'string' || text === '') return { form: 'form', values: new Map() }
  const json = jsonOf(text)
  if (json !== undefined) return { form: 'json', values: new Map(flattened(json, '', 0)) }
  return { form: 'form', values: new Map(new URLSearchParams(text)) }
}

/**
 * Reads `AdditionalResponse`. What its JSON form keeps under `additionalData` has the same names as in the other form, so that a
 * reader need not know which it was.
 */
export function readAdditional(text: unknown): Pairs {
  const { form, values } = readPairs(text)
  const plain = [...values].map(([name, value]) => [name.replace(/^additionalData\./, ''), value] as const)
  return { form, values: new Map(plain) }
}

/** Writes pairs as one text. In JSON, `additionalData.` and `metadata.` open a member of that name. */
export function writePairs(pairs: Iterable<readonly [string, string]>, form: PairsForm): string {
  if (form === 'form')
    return [...pairs].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
  const whole: Record<string, unknown> = {}
  for (const [name, value] of pairs) {
    const list = NAMED_LISTS.find((each) => name.startsWith(`${each}.`))
    if (list === undefined) whole[name] = value
    else whole[list] = { ...(whole[list] as object | undefined), [name.slice(list.length + 1)]: value }
  }
  return Buffer.from(JSON.stringify(whole), 'utf8').toString('base64')
}

/** Words at the top level of the JSON form of `AdditionalResponse`; the others are members of `additionalData`. */
const TOP_WORDS = new Set(['message', 'refusalReason', 'store'])

/** Writes `AdditionalResponse` in the form in which the question was put. */
export function writeAdditional(values: Iterable<readonly [string, string]>, form: PairsForm): string {
  if (form === 'form') return writePairs(values, form)
  return writePairs(
    [...values].map(([name, value]) => [TOP_WORDS.has(name) ? name : `additionalData.${name}`, value] as const),
    form,
  )
}

function jsonOf(text: string): object | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
  const decoded = Buffer.from(text, 'base64').toString('utf8').trimStart()
  if (!decoded.startsWith('{')) return undefined
  try {
    return JSON.parse(decoded) as object
  } catch {
    return undefined
  }
}

function flattened(value: object, prefix: string, depth: number): [string, string][] {
  if (depth > MAX_DEPTH) return []
  return Object.entries(value).flatMap(([name, member]): [string, string][] => {
    if (member === null || member === undefined) return []
    if (typeof member === 'object') return flattened(member, `${prefix}${name}.`, depth + 1)
    return [[`${prefix}${name}`, String(member)]]
  })
}
