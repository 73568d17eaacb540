// What the server tells the shop's pages. Shared with web/shop as types.

export interface ShopView {
  /** The publishable key: for all to read, opens what a shopper may do. */
  key: string
  merchant: string
  is_test: boolean
  country: string
  currency: string
  languages: { code: string; name: string }[]
}
