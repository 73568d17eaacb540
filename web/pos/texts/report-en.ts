// What stands on interim and Z reports, in English.

export const reportEn = {
  x: 'Interim report (X)',
  z: 'Z report {no}',
  sales: 'Sales, {n}',
  returns: 'Returns, {n}',
  net: 'Net',
  discounts: 'Discounts, {n}',
  vat: 'VAT',
  tenders: 'Ways to pay',
  drawer: 'Drawer',
  cashSales: 'Cash sales',
  cashRefunds: 'Cash refunds',
  counters: 'Counters',
  copies: 'Copies of receipts',
  noSales: 'Drawer openings without a sale',
  grandSales: 'All sales ever',
  grandReturns: 'All returns ever',
  reversals: 'Taken back',
  grandNet: 'Net ever',
  exceptions: '{n} could not be counted. Somebody in the office looks at them.',
}
