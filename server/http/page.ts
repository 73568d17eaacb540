// Lists, page by page. A cursor is the id of the last row seen: ids sort by time, so a page stays where it was while new
// rows arrive, and no row is skipped or shown twice.

import Type, { type Static, type TSchema } from 'typebox'
import { ID_KINDS } from '../lib/ids.ts'

const KINDS = Object.keys(ID_KINDS).join('|')

/** The query members of every list. Spread `PageQuery.properties` to add filters. */
export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'Rows per page.' }),
    cursor: Type.Optional(
      Type.String({
        pattern: `^((${KINDS})_[0-9A-HJKMNP-TV-Z]{26}|[1-9][0-9]{0,17})$`,
        description: 'next_cursor of the page before.',
      }),
    ),
  },
  { additionalProperties: false },
)
export type PageQuery = Static<typeof PageQuery>

export interface Page<T> {
  data: T[]
  /** Pass as `cursor` for the next page; null on the last one. */
  next_cursor: string | null
}

/** The schema of one page of `item`. */
export function PageOf<T extends TSchema>(item: T) {
  return Type.Object({ data: Type.Array(item), next_cursor: Type.Union([Type.String(), Type.Null()]) })
}

/** Makes a page of rows fetched with `limit + 1`: the row too many only shows that there is a next page. */
export function page<T>(rows: T[], limit: number, idOf: (row: T) => string): Page<T> {
  if (rows.length <= limit) return { data: rows, next_cursor: null }
  const data = rows.slice(0, limit)
  return { data, next_cursor: idOf(data[limit - 1] as T) }
}
