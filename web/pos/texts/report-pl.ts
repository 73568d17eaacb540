// What stands on interim and Z reports, in Polish.

import type { Texts } from './texts.ts'

export const reportPl: Texts['report'] = {
  x: 'Raport X',
  z: 'Raport Z {no}',
  sales: 'Sprzedaż, {n}',
  returns: 'Zwroty, {n}',
  net: 'Netto',
  discounts: 'Rabaty, {n}',
  vat: 'VAT',
  tenders: 'Sposoby płatności',
  drawer: 'Szuflada',
  cashSales: 'Sprzedaż za gotówkę',
  cashRefunds: 'Zwroty gotówką',
  counters: 'Liczniki',
  copies: 'Kopie paragonów',
  noSales: 'Otwarcia szuflady bez sprzedaży',
  grandSales: 'Cała sprzedaż',
  grandReturns: 'Wszystkie zwroty',
  reversals: 'Cofnięte',
  grandNet: 'Razem netto',
  exceptions: 'Nie dało się policzyć: {n}. Ktoś w biurze to sprawdzi.',
}
