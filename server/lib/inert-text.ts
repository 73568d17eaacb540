// Text that others wrote, made harmless for one line of ours: a mail's subject, a name on an invoice. A line break there would
// be another header, and a mark that turns the direction of writing could show an account number backwards.

/** Line and paragraph separators and every other control character, C1 included. */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]+/gu
/** Marks, embeddings, overrides and isolates of Unicode's bidirectional algorithm, and characters that show nothing. */
const INVISIBLE = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]/gu
/** A half of a pair without the other: not to be written in UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/gu

/**
 * `text` as one line without control characters and without marks of direction, blanks folded, at most `maxLength` characters
 * (code points); what is longer ends in an ellipsis. Never throws; of a megabyte only the beginning is looked at.
 */
export function oneLine(text: string, maxLength: number): string {
  // A mark or blank may be dropped for every character kept; more of them than this is no name.
  const clean = text
    .slice(0, maxLength * 8)
    .replaceAll(CONTROL, ' ')
    .replaceAll(INVISIBLE, '')
    .replaceAll(LONE_SURROGATE, '\ufffd')
    .replaceAll(/\s+/gu, ' ')
    .trim()
  const points = [...clean]
  return points.length <= maxLength ? clean : `${points.slice(0, maxLength - 1).join('')}…`
}

/** `text` for HTML, between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
