// From names to words that can be found again: without case and accents, as hashes that hold the merchant. PostgreSQL's own
// trigrams are an extension that not every server may load; arrays of numbers under a GIN index need none.

/** Words of one variant that are searched; more only make its row longer. */
const MAX_WORDS = 32
const MAX_WORD_LENGTH = 40
/** Below this a typing error makes another word. */
const MIN_FUZZY_LENGTH = 4

/** Letters that Unicode does not take apart. */
const WHOLE_LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  ħ: 'h',
}

/** Small letters without accents: `Żółta SKÓRZANA` is `zolta skorzana`. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[ßæœøłđðþıħ]/g, (letter) => WHOLE_LETTERS[letter] ?? letter)
}

/** The different words of some texts, in order. */
export function wordsOf(texts: readonly string[]): string[] {
  const words = new Set<string>()
  for (const text of texts) {
    for (const word of foldText(text).split(/[^\p{L}\p{N}]+/u)) {
      if (word !== '') words.add(word.slice(0, MAX_WORD_LENGTH))
      if (words.size === MAX_WORDS) return [...words]
    }
  }
  return [...words]
}

/** A SKU as it is typed and searched: letters and digits only. Null when none is left. */
export function skuKey(sku: string): string | null {
  return foldText(sku).replaceAll(/[^\p{L}\p{N}]+/gu, '') || null
}

/**
 * The word itself and all that is left of it when one letter is missing. Two words with a form in common are at most two
 * edits apart, and every pair one edit apart (a letter more, less, other, or two swapped) has one. Only words of letters:
 * an article number that differs in a digit is another article.
 */
export function formsOf(word: string): string[] {
  if (word.length < MIN_FUZZY_LENGTH || /\p{N}/u.test(word)) return []
  const forms = new Set([word])
  for (let i = 0; i < word.length; i++) forms.add(word.slice(0, i) + word.slice(i + 1))
  return [...forms]
}

/** Edits between two words, counting a swap of neighbours as one; `limit + 1` when there are more than `limit`. */
export function editsBetween(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let edits = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
      )
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, (beforeLast[j - 2] as number) + 1)
      row.push(edits)
    }
    beforeLast = last
    last = row
  }
  return Math.min(last[b.length] as number, limit + 1)
}

/** 64 bits of merchant and text (FNV-1a), as PostgreSQL's signed bigint: so that an index of many merchants is walked for one. */
export function hashOf(merchantId: string, text: string): bigint {
  return BigInt.asIntN(64, fnv(fnv(OFFSET, merchantId), `/${text}`))
}

const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n

function fnv(start: bigint, text: string): bigint {
  let hash = start
  for (const byte of Buffer.from(text, 'utf8')) hash = ((hash ^ BigInt(byte)) * PRIME) & 0xffffffffffffffffn
  return hash
}
