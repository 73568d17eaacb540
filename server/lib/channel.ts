// The channels of trade: a list that the schema of the API, the methods and the database (a CHECK) must agree on.

/** Where a sale can take place. Order is that of the product page; `merchant_channel` in SQL repeats the list. */
export const CHANNELS = [
  'web',
  'app',
  'pos',
  'link',
  'invoice',
  'phone',
  'chat',
  'social',
  'subscription',
  'kiosk',
  'iot',
] as const

export type Channel = (typeof CHANNELS)[number]
