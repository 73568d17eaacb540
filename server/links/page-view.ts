// What the page of a link shows, as plain data. Shared with web/link as types.

/**
 * - pay: press the button. - choose: say how much first. - paid, paid_elsewhere, paused, expired, canceled, used_up: nothing to pay.
 * - busy: too many at once.
 */
export type LinkPhase =
  | 'pay'
  | 'choose'
  | 'paid'
  | 'paid_elsewhere'
  | 'paused'
  | 'expired'
  | 'canceled'
  | 'used_up'
  | 'busy'

export type AmountProblem = 'missing' | 'too_little' | 'too_much'

export interface LinkPageView {
  /** Its own address, without a query. */
  path: string
  phase: LinkPhase
  merchant: {
    name: string
    logo: string | null
    terms_url: string | null
    privacy_url: string | null
    support_email: string | null
  }
  is_test: boolean
  languages: { code: string; name: string }[]
  description: string | null
  reference: string | null
  /** What is to be paid now, as text; null where the payer says. */
  amount: string | null
  /** Of a link for one payment: some of it is paid, and not all. */
  is_part_paid: boolean
  /** Where a part is paid already: all of it, and what was paid. */
  parts: { total: string; paid: string } | null
  /** The field for the amount, where there is one. */
  field: {
    /** What stands in it. */
    value: string
    currency: string
    least: string | null
    most: string | null
    problem: AmountProblem | null
  } | null
  expires_at: string | null
}
