// What stands on interim and Z reports, in French.

import type { Texts } from './texts.ts'

export const reportFr: Texts['report'] = {
  x: 'Rapport X',
  z: 'Rapport Z {no}',
  sales: 'Ventes, {n}',
  returns: 'Retours, {n}',
  net: 'Net',
  discounts: 'Remises, {n}',
  vat: 'TVA',
  tenders: 'Moyens de paiement',
  drawer: 'Tiroir',
  cashSales: 'Ventes en espèces',
  cashRefunds: 'Remboursements en espèces',
  counters: 'Compteurs',
  copies: 'Duplicatas',
  noSales: 'Ouvertures sans vente',
  grandSales: 'Ventes cumulées',
  grandReturns: 'Retours cumulés',
  reversals: 'Repris',
  grandNet: 'Net cumulé',
  exceptions: '{n} n’ont pas pu être comptés. Quelqu’un au bureau les regarde.',
}
