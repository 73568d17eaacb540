// Payment links as the counter makes and sees them. What is typed becomes what the API is asked for, or says which field is wrong. Pure.

import { forTyping, readTyped } from '../../server/links/typed-amount.ts'

export interface PaymentLink {
  id: string
  url: string
  state: string
  reason: string | null
  kind: 'fixed' | 'open' | 'order'
  amount: number | null
  amount_due: number | null
  amount_paid: number
  currency: string
  min_amount: number | null
  max_amount: number | null
  usage: 'single' | 'multi'
  uses: number
  max_uses: number | null
  email: string | null
  description: string | null
  share: { text: string; whatsapp: string; telegram: string; mail: string; sms: string }
  expires_at: string | null
  created_at: string
}

/** Seconds, in the order they are offered. `ever` has none. */
export const TIMES = { hour: 3600, day: 86_400, week: 7 * 86_400, month: 30 * 86_400, ever: null } as const
export type Time = keyof typeof TIMES

/** What stands in the form. */
export interface Draft {
  kind: PaymentLink['kind']
  amount: string
  least: string
  most: string
  orderNumber: string
  description: string
  isMany: boolean
  maxUses: string
  isInParts: boolean
  lasts: Time
  email: string
  language: string
}

export const newDraft = (language: string, orderNumber = ''): Draft => ({
  kind: orderNumber === '' ? 'fixed' : 'order',
  ...{ amount: '', least: '', most: '', orderNumber, description: '' },
  ...{ isMany: false, maxUses: '', isInParts: false, lasts: 'month', email: '', language },
})

export type WrongField = 'amount' | 'least' | 'most' | 'orderNumber' | 'maxUses'

const MOST_USES = 1_000_000
const LEAST_MANY = 2

/** The body of the request, or the field that cannot be so. `orderId`: of the number that was typed, when there is such an order. */
export function linkBody(
  draft: Draft,
  place: { storeId: string; currency: string },
  orderId: string | null,
): { body: object } | { wrong: WrongField } {
  const paid = whatIsPaid(draft, place.currency, orderId)
  if ('wrong' in paid) return paid
  const isMany = draft.isMany && draft.kind !== 'order'
  const maxUses = draft.maxUses.trim() === '' ? null : Number(draft.maxUses)
  if (isMany && maxUses !== null && !(Number.isInteger(maxUses) && maxUses >= LEAST_MANY && maxUses <= MOST_USES))
    return { wrong: 'maxUses' }
  const [description, email] = [draft.description.trim(), draft.email.trim()]
  return {
    body: {
      ...paid.body,
      ...{ store_id: place.storeId, language: draft.language, expires_in: TIMES[draft.lasts] },
      usage: isMany ? 'multi' : 'single',
      ...(isMany && maxUses !== null ? { max_uses: maxUses } : {}),
      ...(draft.isInParts && !isMany && draft.kind !== 'open' ? { allows_partial: true } : {}),
      ...(description === '' ? {} : { description }),
      ...(email === '' ? {} : { email }),
    },
  }
}

function whatIsPaid(draft: Draft, currency: string, orderId: string | null): { body: object } | { wrong: WrongField } {
  if (draft.kind === 'order') return orderId === null ? { wrong: 'orderNumber' } : { body: { order_id: orderId } }
  if (draft.kind === 'fixed') {
    const amount = minor(draft.amount, currency)
    return amount ? { body: { amount, currency } } : { wrong: 'amount' }
  }
  const [least, most] = [draft.least, draft.most].map((text) => (text.trim() === '' ? null : minor(text, currency)))
  if (least === undefined) return { wrong: 'least' }
  if (most === undefined || (most !== null && least !== null && most < least)) return { wrong: 'most' }
  const open_amount = {
    ...(least === null ? {} : { min_amount: least }),
    ...(most === null ? {} : { max_amount: most }),
  }
  return { body: { open_amount, currency } }
}

/** Undefined for what is no amount, and for nothing. */
function minor(text: string, currency: string): number | undefined {
  const amount = readTyped(text, currency)
  return amount === undefined || amount <= 0n || amount > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(amount)
}

/** An amount as somebody would type it, to show how. */
export const exampleAmount = (currency: string, language: string): string => forTyping(4995n, currency, language)

export const canCancel = ({ state }: PaymentLink): boolean =>
  ['active', 'viewed', 'partly_paid', 'paused'].includes(state)
