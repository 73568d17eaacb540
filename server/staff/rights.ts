// What each role may do at a till, as data. A right is a promise to the till: add, never rename.

export const ROLES = ['cashier', 'supervisor', 'manager'] as const
export type Role = (typeof ROLES)[number]

export const RIGHTS = [
  'open_shift',
  'close_shift',
  'paid_in',
  'paid_out',
  'drop',
  'no_sale',
  'x_report',
  'discount',
  'price_override',
  'refund',
  'return_without_receipt',
  'cancel_order',
  'gift_card_issue',
  'points_adjust',
  'release_terminal',
  'edit_customer',
  'offline_review',
] as const
export type Right = (typeof RIGHTS)[number]

const CASHIER: readonly Right[] = [
  'open_shift',
  'close_shift',
  'paid_in',
  'drop',
  'no_sale',
  'discount',
  'refund',
  'edit_customer',
]
const SUPERVISOR: readonly Right[] = [
  ...CASHIER,
  'paid_out',
  'x_report',
  'price_override',
  'return_without_receipt',
  'cancel_order',
  'gift_card_issue',
  'offline_review',
]

/** How far a right goes: basis points of the list price; null for as far as one likes. */
export interface Limits {
  discount_bp: number | null
  /** Cash a drawer may hold before the till asks for a drop, in whole units of the currency. */
  drawer_cash: number | null
}

export interface Rights {
  rights: readonly Right[]
  limits: Limits
}

const OF_ROLE: Readonly<Record<Role, Rights>> = {
  cashier: { rights: CASHIER, limits: { discount_bp: 1000, drawer_cash: 1000 } },
  supervisor: { rights: SUPERVISOR, limits: { discount_bp: 3000, drawer_cash: 1000 } },
  manager: { rights: RIGHTS, limits: { discount_bp: null, drawer_cash: null } },
}

/** What a role may do, and how far. */
export function rightsOf(role: Role): Rights {
  return OF_ROLE[role]
}
