// What the API answers, as far as the till looks at it. Amounts are minor units; unit prices are decimal text in major units.

export interface Price {
  currency: string
  unit_price: string
}
export interface Variant {
  id: string
  product_id: string
  name: string
  sku: string | null
  options: Record<string, string>
  is_active: boolean
  barcodes: { code: string; quantity: number }[]
}
export interface ProductBrief {
  id: string
  name: string
  kind: string
  unit: string
  image_url: string | null
  categories: string[]
  reference: string | null
}
export interface Product extends ProductBrief {
  state: string
  variants: Variant[]
}
export interface Scanned {
  variant: Variant
  quantity: number
  /** Of the label; null when the shop's price holds. */
  unit_price: string | null
  price: Price | null
}
export interface Adjustment {
  source: string
  label: string
  amount: number
}
export interface CartLine {
  id: string
  variant_id: string
  sku: string | null
  name: string | null
  kind?: string | null
  quantity: number
  unit: string | null
  unit_price: string | null
  list_price: string | null
  override_reason: string | null
  note: string | null
  fulfilment: { mode: string; store_id: string | null; is_chosen: boolean }
  list: number
  discount: number
  tax: number
  total: number
  tax_code: string | null
  tax_rate_bp: number
  adjustments: Adjustment[]
  availability: { is_enough: boolean; available: number | null } | null
  is_gone: boolean
}
export interface Tax {
  tax_code: string
  tax_rate_bp: number
  net: number
  tax: number
  total: number
}
export interface Cart {
  id: string
  state: string
  version: number
  currency: string
  customer_id: string | null
  email: string | null
  codes: string[]
  name: string | null
  prices_include_tax: boolean
  lines: CartLine[]
  shipping_address?: object | null
  promotions: { applied: { code: string | null; label: string }[]; refused: { code: string | null; reason: string }[] }
  list: number
  discount: number
  net: number
  tax: number
  total: number
  taxes: Tax[]
  moved_to: string | null
}
export interface CartSummary {
  id: string
  name: string | null
  customer_id: string | null
  line_count: number
  currency: string
  updated_at: string
}
export interface Order {
  id: string
  number: string
  state: string
  channel: string
  currency: string
  customer_id: string | null
  email: string | null
  store_id: string | null
  total: number
  amount_due: number
  amount_paid: number
  amount_refunded: number
  payment_status: string
  fulfilment_status?: string
  placed_at: string
  shipping_address?: { name?: string } | null
  page_url?: string
}
export interface OrderLine {
  id: string
  variant_id: string | null
  sku: string | null
  name: string
  kind: string
  unit: string
  quantity: number
  quantity_open: number
  unit_price: string
  total: number
}
export interface Tender {
  id: string
  method: string
  amount: number
  status: string
  amount_captured: number
  amount_authorized: number
  rounding: number | null
  instrument: { kind: string; brand?: string; last4?: string } | null
  cash: { tendered: number; change: number } | null
  terminal_id: string | null
  decline: { code: string; message: string } | null
}
export interface Payment {
  id: string
  status: string
  attention: string | null
  amount: number
  currency: string
  order_id: string | null
  amount_authorized: number
  amount_captured: number
  amount_in_flight: number
  tenders: Tender[]
  next_action: { type: string; url?: string } | null
  decline: { code: string; message: string } | null
}
export interface Customer {
  id: string
  name: string | null
  email: string | null
  phone: string | null
  groups: string[]
  reference: string | null
}
export interface Page<T> {
  data: T[]
  next_cursor: string | null
}
