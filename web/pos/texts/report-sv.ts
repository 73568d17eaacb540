// What stands on interim and Z reports, in Swedish.

import type { Texts } from './texts.ts'

export const reportSv: Texts['report'] = {
  x: 'X-dagrapport',
  z: 'Z-dagrapport {no}',
  sales: 'Försäljning, {n}',
  returns: 'Returer, {n}',
  net: 'Netto',
  discounts: 'Rabatter, {n}',
  vat: 'Moms',
  tenders: 'Betalsätt',
  drawer: 'Låda',
  cashSales: 'Kontant försäljning',
  cashRefunds: 'Kontant återbetalt',
  counters: 'Räknare',
  copies: 'Kvittokopior',
  noSales: 'Lådöppningar utan köp',
  grandSales: 'Total försäljning',
  grandReturns: 'Totala returer',
  reversals: 'Återtaget',
  grandNet: 'Totalt netto',
  exceptions: '{n} kunde inte räknas. Någon på kontoret tittar på dem.',
}
