// A shift and its reports, as the API tells them to a till. What the drawer should hold is hidden until it has been counted.

export interface Movement {
  id: string
  type: 'float' | 'paid_in' | 'paid_out' | 'drop' | 'no_sale' | string
  amount: number
  reason: string | null
  by_name?: string | null
  at: string
}
export interface Shift {
  id: string
  no: number
  state: 'open' | 'ended' | 'closed'
  currency: string
  float: number
  opened_by_name: string | null
  opened_at: string
  counted: number | null
  expected: number | null
  variance: number | null
  is_overdrawn: boolean
  needs_reason: boolean
  movements: Movement[]
}
export interface Sum {
  count: number
  amount: number
}
export interface Drawer {
  float: number
  cash_sales: number
  cash_refunds: number
  rounding: number
  paid_in: number
  paid_out: number
  drops: number
  expected: number
  counted: number | null
  variance: number | null
  reason: string | null
}
export interface TenderOfReport {
  method: string
  sales: Sum
  refunds: Sum
  reversals: number
  net: number
  tips: number
}
export interface Report {
  object: 'x_report' | 'z_report'
  /** Of a Z. */
  no?: number
  seller: { name: string; organisation_number: string | null; vat_number: string | null; address: string[] }
  store: { name: string }
  register: { name: string }
  created_at: string
  shift: { no: number; opened_by: string | null; opened_at: string; closed_by: string | null; closed_at: string | null }
  sales: Sum
  returns: Sum
  net: number
  discounts: Sum
  items: number
  vat: { rate_bp: number | null; net: number; tax: number; gross: number }[]
  tenders: TenderOfReport[]
  other_currencies: { currency: string; tenders: TenderOfReport[] }[]
  copies: Sum
  no_sales: number
  exceptions: { operation_id: string; amount: number | null; fault: string }[]
  totals: { sales: number; returns: number; net: number }
  drawer: Drawer | null
}
