// The words of the account. A language is a file beside this one; a missing word does not compile.

import type { SignInTexts } from '../../shared/sign-in/texts.ts'

export interface AccountTexts extends SignInTexts {
  lead: string
  noPasskeysHere: string
  welcome: string
  sections: Record<'orders' | 'returns' | 'wallet' | 'details' | 'security' | 'privacy', string>
  signOutAll: string
  signOutAllLead: string
  noOrders: string
  order: string
  standing: Record<'unpaid' | 'preparing' | 'partly' | 'done' | 'returned' | 'cancelled', string>
  inStore: string
  look: string
  more: string
  noReturns: string
  returnOf: string
  returnStates: Record<
    'requested' | 'approved' | 'in_transit' | 'received' | 'settling' | 'settled' | 'rejected' | 'cancelled',
    string
  >
  moneyBack: string
  cards: string
  noCards: string
  cardName: string
  cardUntil: string
  remove: string
  removeCard: string
  points: string
  pointsNow: string
  pointsWorth: string
  pointsPending: string
  tier: string
  nextTier: string
  pointsEnd: string
  credit: string
  noCredit: string
  name: string
  phone: string
  save: string
  saved: string
  addresses: string
  noAddresses: string
  addAddress: string
  usual: string
  makeUsual: string
  change: string
  cancel: string
  removeAddress: string
  passkeys: string
  passkeysLead: string
  noPasskeys: string
  addPasskey: string
  removePasskey: string
  made: string
  used: string
  thisDevice: string
  consents: string
  purposes: Record<
    'marketing_email' | 'marketing_sms' | 'browsing_history' | 'card_recognition' | 'personalisation',
    { name: string; lead: string }
  >
  history: string
  noHistory: string
  looked: Record<'product' | 'search' | 'wishlist', string>
  export: string
  exportLead: string
  exportButton: string
  erase: string
  eraseLead: string
  eraseGone: string[]
  /** `{country}`, `{years}`. */
  eraseKept: string
  eraseKeptOpen: string
  eraseStays: string[]
  eraseBlocked: string
  blockedOrder: string
  blockedReturn: string
  giveUpCredit: string
  giveUpPoints: string
  eraseButton: string
  eraseSure: string
  eraseNow: string
  erased: string
  erasedLead: string
  signInAgain: string
  tooOld: string
  emailWrong: string
  missing: string
  street: string
  postalCode: string
  city: string
  country: string
}
