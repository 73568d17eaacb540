// The words for a whole cart on the checkout page. A language is a file beside this one; a missing word does not compile.

import type { BagField } from '../../../../server/checkout/bag-view.ts'

type Shown = Exclude<BagField, 'lat' | 'lon'>

export interface BagTexts {
  contact: string
  fields: Record<Shown, string>
  emailHint: string
  optional: string
  missing: Record<Shown, string>
  wrong: Record<Shown, string>
  tooLong: string
  how: string
  ship: string
  shipLead: string
  collect: string
  collectLead: string
  address: string
  speed: string
  /** Names of the demo’s ways of delivery, which a catalogue holds in one language. */
  names: Record<string, string>
  days: string
  daysSame: string
  free: string
  stores: string
  near: string
  nearHere: string
  nearFailed: string
  stock: Record<'there' | 'brought' | 'short', string>
  ready: string
  hours: string
  closed: string
  slot: string
  soonest: string
  update: string
  toPay: string
  working: string
  sums: Record<'goods' | 'delivery' | 'total' | 'tax' | 'tax_on_top', string>
  changed: string
  changedLine: string
  accept: string
  left: string
  none: string
  gone: string
  take: string
  remove: string
  removeNamed: string
  code: string
  useCode: string
  codeUsed: string
  codeIdle: string
  dropCode: string
  chosen: string
  change: string
  emptyTitle: string
  emptyLead: string
  movedTitle: string
  movedLead: string
  heldTitle: string
  heldLead: string
  place: string
  placedTitle: string
  placedLead: string
}
