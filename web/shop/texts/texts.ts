// The words of the shop. A language is a file beside this one; a missing word does not compile. Only the server holds them all: a page
// gets those of its language.

import type { Language } from '../../../server/lib/language.ts'
import type { AccountTexts } from './account.ts'
import { accountDe } from './account-de.ts'
import { accountEn } from './account-en.ts'
import { accountFr } from './account-fr.ts'
import { accountNl } from './account-nl.ts'
import { accountPl } from './account-pl.ts'
import { accountSv } from './account-sv.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import { nl } from './nl.ts'
import { pl } from './pl.ts'
import { sv } from './sv.ts'

export interface Texts {
  title: string
  slogan: string
  lead: string
  test: string
  skip: string
  search: string
  searchHint: string
  all: string
  categories: Record<string, string>
  categoriesName: string
  options: Record<string, string>
  products: string
  found: string
  nothing: string
  nothingLead: string
  showAll: string
  more: string
  loading: string
  from: string
  perKilo: string
  was: string
  lowest: string
  includesVat: string
  weight: string
  add: string
  added: string
  toCart: string
  online: string
  stock: Record<'yes' | 'low' | 'no', string>
  notReturnable: string
  returnable: string
  cart: string
  cartOf: string
  empty: string
  emptyLead: string
  quantity: string
  fewer: string
  more1: string
  remove: string
  gone: string
  short: string
  changed: string
  code: string
  useCode: string
  removeCode: string
  codeRefused: string
  goods: string
  delivery: string
  free: string
  total: string
  vat: string
  checkout: string
  handover: string
  handoverLead: string
  handoverQr: string
  handoverCode: string
  handoverUntil: string
  close: string
  joinTitle: string
  joinWrong: string
  summary: string
  failed: string
  noAnswer: string
  retry: string
  orders: string
  ordersLead: string
  noOrders: string
  order: string
  deliverTo: string
  language: string
  developers: string
  notFound: string
  home: string
  account: string
  signIn: string
}

export const TEXTS: Record<Language, Texts> = { en, nl, sv, pl, fr, de }

/** The words of the account, which a page gets besides. */
export const ACCOUNT_TEXTS: Record<Language, AccountTexts> = {
  en: accountEn,
  nl: accountNl,
  sv: accountSv,
  pl: accountPl,
  fr: accountFr,
  de: accountDe,
}
