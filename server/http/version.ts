// Versions of objects over HTTP: told as ETag, compared as If-Match, so that nobody overwrites what they have not seen.

import { Problem } from '../lib/problem.ts'

export function etagOf(version: number): string {
  return `"${version}"`
}

/** The version an If-Match names, with or without its quotes. One that names none of ours can match nothing: 412. */
export function versionOf(header: string | undefined): number | undefined {
  if (header === undefined || header === '*') return undefined
  const match = /^"?([1-9]\d{0,8})"?$/.exec(header.trim())
  if (!match) throw new Problem('version-conflict', { detail: 'If-Match must be the version, for example "3".' })
  return Number(match[1])
}
