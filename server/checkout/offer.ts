// Which ways to pay a page offers, in which order and why, and why others are not there: for the merchant who wonders.

import Type, { type Static } from 'typebox'
import { Nullable } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { type Channel, groupOf, METHOD_GROUPS, whyNot } from '../merchants/index.ts'
import { familiarMethods } from '../payments/index.ts'
import { withOrder } from './bag-session.ts'
import type { CheckoutDeps } from './deps.ts'
import type { Session } from './session.ts'
import { standingOf } from './standing.ts'
import { formOf, methodViews } from './view.ts'

const WHY = ['saved', ...METHOD_GROUPS] as const
const WHY_NOT = [
  ...(['no_account', 'channel', 'currency', 'country', 'amount'] as const),
  ...(['not_of_session', 'cannot_hold', 'needs_customer', 'not_on_page', 'empty'] as const),
] as const

export const OfferBody = Type.Object(
  {
    object: Type.Literal('checkout_offer'),
    methods: Type.Array(
      Type.Object({
        rank: Type.Integer(),
        code: Type.String(),
        instrument_id: Nullable(Type.String({ description: 'Of a saved card.' })),
        name: Type.String(),
        why: Type.Enum([...WHY], {
          description:
            '`saved`: a card kept for the customer. `familiar`: used before, the latest first. `expected`: people of the country look for it. `card`: nearly everybody has one. `expected_later`: pay later, as the country knows it. `other`: in the order of the catalogue.',
        }),
      }),
    ),
    left_out: Type.Array(
      Type.Object({
        code: Type.String(),
        name: Type.String(),
        why: Type.Enum([...WHY_NOT], {
          description:
            '`no_account`: no enabled account carries it. `channel`, `currency`, `country`, `amount`: it does not take that. `not_of_session`: `methods` of the session leaves it out. `cannot_hold`: the session captures later. `needs_customer`: nobody is recognised. `not_on_page`: it needs a terminal, or a device’s own sheet. `empty`: the customer has nothing on it.',
        }),
      }),
    ),
  },
  { title: 'CheckoutOffer' },
)
export type OfferBody = Static<typeof OfferBody>

/** The page's ways to pay with the reason for each, and every other method of the merchant with the reason against it. */
export async function offerOf(deps: CheckoutDeps, known: Session): Promise<OfferBody> {
  const session = await withOrder(deps, known)
  const config = await deps.merchantCache.get(session.merchant_id)
  if (!config) throw new Problem('not-found')
  const bag = session.cart_id !== null && session.order_id === null ? await deps.bags?.view(session, 'en') : undefined
  const due = bag ? BigInt(bag.total_minor) : (await standingOf(deps, session)).due
  const { merchant_id, customer_id, currency } = session
  const familiar = customer_id === null ? [] : await familiarMethods(deps.db, merchant_id, customer_id)
  const country = session.country ?? undefined
  const channel = session.channel as Channel
  const views = due === 0n ? [] : await methodViews(deps, session, { config, language: 'en', due })
  const shown = new Set(views.map(({ code }) => code))
  const purchase = { amount: due, currency, channel, country, familiar }
  const isKnown = customer_id !== null
  return {
    object: 'checkout_offer',
    methods: views.map(({ value, code, name, form }, i) => {
      const method = config.methods.get(code)
      const why = form === 'saved' || !method ? 'saved' : groupOf(method, country ?? config.country, familiar)
      return { rank: i + 1, code, instrument_id: form === 'saved' ? value : null, name, why }
    }),
    left_out: [...config.methods.values()]
      .filter(({ code }) => !shown.has(code))
      .map((method) => {
        const { code, name } = method
        const against = (): (typeof WHY_NOT)[number] => {
          const because = whyNot(config, deps.methodsOf, purchase, method)
          if (because !== null) return because
          if (session.methods !== null && !session.methods.includes(code)) return 'not_of_session'
          if (session.capture === 'manual' && !method.can.authorize) return 'cannot_hold'
          const isTest = config.mode === 'test'
          if (formOf(method, channel, { isKnown, isTest }) !== null) return 'empty'
          return formOf(method, channel, { isKnown: true, isTest }) === null ? 'not_on_page' : 'needs_customer'
        }
        return { code, name, why: against() }
      }),
  }
}
