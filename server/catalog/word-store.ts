// The SQL of the words that names are found by.

import type { Tx } from '../db/pool.ts'
import { formsOf, hashOf } from './words.ts'

/** How many variants have gained or lost each word. */
export type WordCounts = Map<string, number>

/** Counts `words` up or down in `counts`. */
export function countWords(counts: WordCounts, words: Iterable<string>, by: 1 | -1): void {
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + by)
}

/** Brings the dictionary to the changes of a transaction. Locks the words in their order, so that two imports do not embrace. */
export async function writeWordCounts(tx: Tx, merchantId: string, counts: WordCounts): Promise<void> {
  const changed = [...counts].filter(([, by]) => by !== 0).sort(([a], [b]) => (a < b ? -1 : 1))
  if (changed.length === 0) return
  const words = changed.map(([word]) => word)
  const forms = words.map((word) => formsOf(word).map((form) => hashOf(merchantId, form).toString()))
  // Lists of different lengths do not fit one array parameter, so the forms travel as JSON.
  await tx.query(
    `insert into catalog_word (merchant_id, word, forms, variants)
    select $1, r.word, array(select json_array_elements_text(r.forms)::bigint), 0
    from unnest($2::text[], $3::json[]) r (word, forms)
    order by r.word collate "C"
    on conflict (merchant_id, word) do nothing`,
    [merchantId, words, forms.map((one) => JSON.stringify(one))],
  )
  await tx.query(
    `update catalog_word w set variants = w.variants + r.by
    from (select x.word, r.by from unnest($2::text[], $3::int[]) r (word, by)
      join catalog_word x on x.merchant_id = $1 and x.word = r.word order by x.word for update of x) r
    where w.merchant_id = $1 and w.word = r.word`,
    [merchantId, words, changed.map(([, by]) => by)],
  )
}
