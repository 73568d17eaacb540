// Finding articles by words among tens of thousands, on the device, within a few milliseconds. Pure.

/** Letters without their marks, in lower case: `Été` is found by `ete`, and `ł` by `l`. */
export const folded = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('ł', 'l').replaceAll('ø', 'o')

/** What an article is found by. A space before each word tells where words begin. */
export const searchText = (parts: readonly (string | null)[]): string =>
  ` ${folded(parts.filter((part) => part !== null).join(' '))}`

export const foldedWords = (text: string): string[] => folded(text).split(/\s+/).filter(Boolean)

/** The better the lower: 0 where it begins with the first word, 1 where all words begin words, 2 elsewhere. Null where one is missing. */
export function rankOf(hay: string, words: readonly string[]): number | null {
  let rank = 1
  for (const word of words) {
    if (!hay.includes(word)) return null
    if (rank < 2 && !hay.includes(` ${word}`)) rank = 2
  }
  return rank === 1 && hay.startsWith(` ${words[0]}`) ? 0 : rank
}
