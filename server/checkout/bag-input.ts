// What a step on the page of a cart may bring, by form or as data.

import Type from 'typebox'
import { closed, Id } from '../http/schema.ts'
import { BAG_ACTS, BAG_FIELDS, type BagAct, type BagInput, type Typed } from './bag-view.ts'

/** The longest that is kept at all; what is too long for its field is told there. */
const MOST = 260
const Text = Type.String({ maxLength: MOST })
const Fields = Type.Object(
  Object.fromEntries(BAG_FIELDS.map((field) => [field, Type.Optional(Text)])) as Record<
    (typeof BAG_FIELDS)[number],
    ReturnType<typeof Type.Optional<typeof Text>>
  >,
  closed,
)

export const BagStep = Type.Object(
  {
    act: Type.Enum([...BAG_ACTS]),
    typed: Type.Optional(Fields),
    line: Type.Optional(Id('cln')),
    code: Type.Optional(Type.String({ maxLength: 64 })),
    seen: Type.Optional(Type.Integer({ minimum: 0, maximum: 999_999_999_999 })),
  },
  closed,
)

/** The step of a form; null where it is none. `act` may carry its object: `take:cln_…`, `uncode:AUTUMN`. */
export function bagInputOf(form: URLSearchParams): BagInput | null {
  const [, act = '', of] = /^([a-z]+)(?::(.{1,64}))?$/s.exec(form.get('act') ?? '') ?? []
  if (!(BAG_ACTS as readonly string[]).includes(act)) return null
  const typed: Typed = {}
  for (const field of BAG_FIELDS) {
    const text = form.get(field)
    if (text !== null) typed[field] = text
  }
  const code = act === 'uncode' ? of : form.get('code')
  const seen = form.get('seen') ?? ''
  return tidied({
    act: act as BagAct,
    typed,
    ...(of !== undefined && /^cln_[0-9A-Z]{26}$/.test(of) ? { line: of } : {}),
    ...(code == null ? {} : { code: code.slice(0, 64) }),
    ...(/^\d{1,12}$/.test(seen) ? { seen: Number(seen) } : {}),
  })
}

const PLACE: ReadonlySet<string> = new Set(['lat', 'lon'])

/** A kilometre is near enough to sort shops by, and says less of somebody than a metre. */
function roughly(degrees: string): string {
  return /^-?\d{1,3}(\.\d{1,20})?$/.test(degrees) ? Number(degrees).toFixed(2) : ''
}

/** One line each, without what cannot be seen: controls, and marks that turn the direction of what stands beside them. */
export function tidied(input: BagInput): BagInput {
  const tidy = (text: string) =>
    text
      .normalize('NFC')
      .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
      .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, '')
      .trim()
      .slice(0, MOST)
  const typed = Object.fromEntries(
    Object.entries(input.typed ?? {}).map(([field, text]) => [field, PLACE.has(field) ? roughly(text) : tidy(text)]),
  )
  return { ...input, typed, ...(input.code === undefined ? {} : { code: tidy(input.code) }) }
}
