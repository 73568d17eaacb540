// JSON with every digit of a bigint. JSON.stringify throws on one, which is right for amounts of payments (they are bounded);
// sums of the books are not bounded.

/** In Node from 22 on; not yet in TypeScript's library. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown }

/** As JSON.stringify, and a bigint becomes a JSON number of exactly its digits. */
export function stringifyExactly(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'bigint' ? rawJSON(String(member)) : member,
  )
}
