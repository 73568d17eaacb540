// The words of the checkout page. A language is a file beside this one; a missing word does not compile.

import type { NoticeCode } from '../../../server/checkout/page-view.ts'
import type { Language } from '../../../server/lib/language.ts'
import type { BagTexts } from './bag/texts.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { fr } from './fr.ts'
import { nl } from './nl.ts'
import { pl } from './pl.ts'
import { sv } from './sv.ts'

export interface Texts {
  bag: BagTexts
  title: string
  test: string
  toPay: string
  paidSoFar: string
  rest: string
  reference: string
  quantity: string
  payWith: string
  moreMethods: string
  pay: string
  continueTo: string
  paying: string
  reasons: Record<'saved' | 'last_used' | 'usual', string>
  leadsAway: string
  leadsApp: string
  card: Record<
    | 'number'
    | 'expiry'
    | 'expiryHint'
    | 'cvc'
    | 'cvcHint'
    | 'holder'
    | 'save'
    | 'numberWrong'
    | 'expiryWrong'
    | 'cvcWrong'
    | 'noScript',
    string
  >
  giftCard: Record<'code' | 'codeHint' | 'pin', string>
  voucher: Record<'number' | 'pin', string>
  wallet: Record<'simulated' | 'card' | 'confirm' | 'close', string>
  appCode: Record<'code' | 'hint', string>
  bank: Record<'iban' | 'holder' | 'mandate', string>
  notices: Record<NoticeCode, string>
  action: Record<
    | 'yourBank'
    | 'redirectTitle'
    | 'redirectLead'
    | 'redirectButton'
    | 'waitTitle'
    | 'waitLead'
    | 'appLead'
    | 'waitOpen'
    | 'code'
    | 'until'
    | 'waiting'
    | 'other'
    | 'qr',
    string
  >
  account: Record<'ask' | 'signIn' | 'signedIn' | 'signOut' | 'close' | 'emailWrong', string>
  processingTitle: string
  processingLead: string
  unknownTitle: string
  unknownLead: string
  paidTitle: string
  paidLead: string
  paidAt: string
  backToShop: string
  close: string
  elsewhereTitle: string
  elsewhereLead: string
  /** Where a page takes nothing more and a part is paid. */
  endedPart: string
  expiredTitle: string
  expiredLead: string
  canceledTitle: string
  canceledLead: string
  pausedTitle: string
  pausedLead: string
  /** Where it is paid in parts. */
  otherPart: string
  unknownPageTitle: string
  unknownPageLead: string
  validUntil: string
  notNow: string
  trust: string
  terms: string
  privacy: string
  help: string
  language: string
}

export const TEXTS: Record<Language, Texts> = { en, nl, sv, pl, fr, de }
