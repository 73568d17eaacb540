// What a person agreed to. Each word is kept with where it was said and how it can be proved; silence is no.

import { type Db, transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { allWords, type ConsentRow, insertConsent, isGranted, lastWords } from './consent-store.ts'
import { announceAbout, type CustomerDeps, mergedAway } from './customer.ts'
import { currentProfile, lockCustomer, personOf, readCustomer } from './store.ts'
import { forgetViews } from './view-store.ts'

export const PURPOSES = [
  'marketing_email',
  'marketing_sms',
  'browsing_history',
  'card_recognition',
  'personalisation',
] as const
export type Purpose = (typeof PURPOSES)[number]

export interface ConsentView {
  object: 'consent'
  purpose: Purpose
  is_granted: boolean
  channel: string
  proof: string | null
  said_at: string
}

/**
 * Records a person's word on a purpose. Withdrawing the consent to browsing history deletes that history in the same
 * transaction. Throws not-found, invalid-state when the profile is merged at this very moment.
 */
export async function sayConsent(
  deps: CustomerDeps,
  merchantId: string,
  customerId: string,
  input: { purpose: Purpose; is_granted: boolean; channel: string; proof?: string },
): Promise<ConsentView> {
  const at = deps.clock.now()
  return transact(deps.db, async (tx) => {
    // Whoever unsubscribes by an old link is heard by the profile that remained; the word stays with the profile it was said to, so
    // that it goes with it should the merge be undone.
    const customer = await lockCustomer(tx, merchantId, await currentProfile(tx, merchantId, customerId))
    if (!customer) throw new Problem('not-found')
    if (customer.merged_into !== null) throw mergedAway(customer.merged_into)
    const word: ConsentRow = {
      id: deps.newId('cns'),
      customer_id: customerId,
      purpose: input.purpose,
      is_granted: input.is_granted,
      channel: input.channel,
      proof: input.proof ?? null,
      said_at: at,
    }
    await insertConsent(tx, merchantId, word)
    if (input.purpose === 'browsing_history' && !input.is_granted)
      await forgetViews(tx, merchantId, await personOf(tx, merchantId, customer.id))
    const data = { purpose: input.purpose, is_granted: input.is_granted, channel: input.channel }
    await announceAbout(deps, tx, { merchantId, at, type: 'customer.consent_changed', customer, data })
    return consentView(word)
  })
}

/** What counts today, one word per purpose; with `history`, every word, newest first. Throws not-found. */
export async function consentsOf(
  deps: CustomerDeps,
  merchantId: string,
  customerId: string,
  history: boolean,
): Promise<ConsentView[]> {
  if (!(await readCustomer(deps.db, merchantId, customerId))) throw new Problem('not-found')
  const person = await personOf(deps.db, merchantId, await currentProfile(deps.db, merchantId, customerId))
  const words = history ? await allWords(deps.db, merchantId, person) : await lastWords(deps.db, merchantId, person)
  return words.map(consentView)
}

/** True when the person agreed to the purpose and has not taken it back. */
export async function hasConsented(db: Db, merchantId: string, customerId: string, purpose: Purpose): Promise<boolean> {
  const person = await personOf(db, merchantId, await currentProfile(db, merchantId, customerId))
  return isGranted(db, merchantId, person, purpose)
}

function consentView(word: ConsentRow): ConsentView {
  return {
    object: 'consent',
    purpose: word.purpose as Purpose,
    is_granted: word.is_granted,
    channel: word.channel,
    proof: word.proof,
    said_at: word.said_at.toISOString(),
  }
}
