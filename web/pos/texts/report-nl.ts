// What stands on interim and Z reports, in Dutch.

import type { Texts } from './texts.ts'

export const reportNl: Texts['report'] = {
  x: 'Tussenstand (X)',
  z: 'Z-rapport {no}',
  sales: 'Verkopen, {n}',
  returns: 'Retouren, {n}',
  net: 'Netto',
  discounts: 'Kortingen, {n}',
  vat: 'Btw',
  tenders: 'Betaalwijzen',
  drawer: 'Lade',
  cashSales: 'Contant verkocht',
  cashRefunds: 'Contant terugbetaald',
  counters: 'Tellers',
  copies: 'Kopieën van bonnen',
  noSales: 'Lade geopend zonder verkoop',
  grandSales: 'Alle verkopen ooit',
  grandReturns: 'Alle retouren ooit',
  reversals: 'Teruggenomen',
  grandNet: 'Netto ooit',
  exceptions: '{n} konden niet worden geteld. Iemand op kantoor kijkt ernaar.',
}
