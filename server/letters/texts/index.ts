// The words of letters, by language.

import type { Language } from '../../lib/language.ts'
import type { LetterKind } from '../occasion.ts'
import { DE } from './de.ts'
import { EN } from './en.ts'
import { FR } from './fr.ts'
import { NL } from './nl.ts'
import { PL } from './pl.ts'
import { SV } from './sv.ts'

export interface LetterTexts {
  order: string
  placed: string
  total: string
  /** `{rate}` is a percentage. */
  vat: string
  paid: string
  due: string
  deliverTo: string
  store: string
  place: string
  code: string
  until: string
  carrier: string
  tracking: string
  look: string
  receipt: string
  follow: string
  why: string
  /** Of a payment that is for no order. */
  thanks: string
  reference: string
  invoice: string
  lookPayment: string
  whyPaid: string
  /** With `{merchant}`, `{number}` of the order and `{amount}` that moved. */
  letters: Record<LetterKind, { subject: string; title: string; lead: string }>
}

export const TEXTS: Record<Language, LetterTexts> = { en: EN, nl: NL, sv: SV, pl: PL, fr: FR, de: DE }

/** `text` with the names in braces replaced, once each: what a value contains is never looked at again. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}
