// The chart of accounts as data: what each account of the books is, by the part of its name before the colon. Accounts
// come into being with their first line; this table says on which side they normally stand and what they mean.

export type AccountKind = 'asset' | 'liability' | 'income' | 'expense' | 'memo'

export interface AccountType {
  kind: AccountKind
  /** What the account holds, in a bookkeeper's words. */
  means: string
}

/** Names before the colon; the part after it is the connector account, drawer or fee kind. */
export const CHART: Readonly<Record<string, AccountType>> = {
  psp_receivable: { kind: 'asset', means: 'Captured at a provider and not yet paid out by it' },
  payout_in_transit: { kind: 'asset', means: 'Paid out by a provider and not yet on the bank statement' },
  bank: { kind: 'asset', means: 'Received on the bank account' },
  cash: { kind: 'asset', means: 'Cash in a drawer' },
  cash_safe: { kind: 'asset', means: 'Cash in the safe, between drawers and the bank' },
  dispute_receivable: { kind: 'asset', means: 'Taken back by a provider while a dispute is open' },
  sales_clearing: { kind: 'income', means: 'Received from customers for sales, less what was given back' },
  refunds_in_flight: { kind: 'liability', means: 'Promised back to customers and not yet confirmed by the provider' },
  gift_card_liability: { kind: 'liability', means: 'Sold on gift cards and not yet spent' },
  store_credit_liability: { kind: 'liability', means: 'Owed to customers as store credit' },
  loyalty_liability: { kind: 'liability', means: 'Worth of the points that customers can spend' },
  vat_payable: { kind: 'liability', means: 'VAT due on single-purpose vouchers, from when they are sold' },
  voucher_vat: { kind: 'asset', means: 'VAT of single-purpose vouchers not yet spent, due already' },
  tips_payable: { kind: 'liability', means: 'Tips received for the staff' },
  fees: { kind: 'expense', means: 'Fees expected for payments, by kind' },
  fees_accrued: { kind: 'liability', means: 'Fees expected and not yet charged by the provider' },
  fee_variance: { kind: 'expense', means: 'Difference between fees charged and expected' },
  chargeback_loss: { kind: 'expense', means: 'Lost disputes' },
  marketing_expense: { kind: 'expense', means: 'Gift cards and store credit given away' },
  loyalty_expense: { kind: 'expense', means: 'Worth of the points earned, less those taken back or lapsed' },
  rounding: { kind: 'expense', means: 'Cash rounded where small coins are gone: given in, less kept' },
  petty_cash: { kind: 'expense', means: 'Paid out of drawers for small expenses, less what was paid in' },
  cash_over_short: { kind: 'expense', means: 'Differences found when drawers are counted' },
  recon_suspense: { kind: 'liability', means: 'Bank and settlement lines not yet matched' },
  auth_hold: { kind: 'memo', means: 'Authorised and still held on customers’ cards' },
  auth_contra: { kind: 'memo', means: 'Counterpart of auth_hold' },
}

/** The type of an account by its full name. An unknown name is a defect in a posting. */
export function accountType(account: string): AccountType {
  const type = CHART[account.split(':', 1)[0] as string]
  if (!type) throw new Error(`account ${account} is not in the chart`)
  return type
}
