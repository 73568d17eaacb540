// The words of the order page. A language is a file beside this one; a missing word does not compile.

import type { Language } from '../../../server/lib/language.ts'
import type {
  OrderNotice,
  OrderStanding,
  ParcelView,
  ReturnEntryView,
  StepWord,
} from '../../../server/storefront/page-view.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import { nl } from './nl.ts'
import { pl } from './pl.ts'
import { sv } from './sv.ts'

export const REASONS = ['too_small', 'too_large', 'not_as_described', 'damaged', 'changed_mind', 'other'] as const

export interface Texts {
  title: string
  test: string
  order: string
  placedAt: string
  toShop: string
  standing: Record<OrderStanding, { title: string; lead: string }>
  payNow: string
  payUntil: string
  items: string
  cancelledUnits: string
  returnedUnits: string
  askedUnits: string
  discount: string
  delivery: string
  free: string
  total: string
  vat: string
  paid: string
  held: string
  due: string
  refunded: string
  parcels: string
  ways: Record<ParcelView['kind'], string>
  states: Record<ParcelView['state'], string>
  track: string
  code: string
  codeLead: string
  codeQr: string
  until: string
  promised: string
  history: string
  steps: Record<StepWord, string>
  cancel: string
  cancelLead: string
  cancelFree: string
  cancelButton: string
  giveBack: string
  returnLead: string
  returnFree: string
  returnFee: string
  returnQuantity: string
  reason: string
  reasons: Record<(typeof REASONS)[number], string>
  note: string
  returnButton: string
  returns: string
  returnStates: Record<ReturnEntryView['state'], string>
  returnHow: string
  notices: Record<OrderNotice, string>
  receipt: string
  /** With `{number}`. */
  invoice: string
  receiptTitle: string
  receiptNote: string
  print: string
  backToOrder: string
  help: string
  language: string
  unknownTitle: string
  unknownLead: string
}

export const TEXTS: Record<Language, Texts> = { en, nl, sv, pl, fr, de }
