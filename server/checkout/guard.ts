// What a page that was made for something else (a payment link) asks it: whether it may be paid, and what became of a try. Given by
// that module through wiring, so that checkout knows nothing of links.

import type { PaymentView } from '../payments/index.ts'
import type { NoticeCode } from './page-view.ts'
import type { Session } from './session.ts'

/** One press of the button, as far as the guard looks at it. */
export interface GuardedTry {
  attempt: string
  /** The token or saved instrument of a card; null for all other ways to pay. */
  card: string | null
}

/** Whether a try may go on. `notice` null: how the page then stands tells why not. */
export type Leave = { ok: true } | { ok: false; notice: NoticeCode | null }

export interface SessionGuard {
  /** How the maker of the page stands: only an `open` page can be paid. */
  standing(session: Session): Promise<'open' | 'paused' | 'expired' | 'canceled' | 'paid_elsewhere'>
  /** Where the customer says how much of it they pay now; null where it is all or nothing. */
  partUrl(session: Session): Promise<string | null>
  /** Asked before any provider is; what was begun is ended by `end`, whatever happens. */
  begin(session: Session, made: GuardedTry): Promise<Leave>
  /** What the try came to; null: no provider was asked. */
  end(session: Session, made: GuardedTry, payment: PaymentView | null): Promise<void>
}
