// What must hold of gift cards, store credit and points: in themselves, against the payments that used them, and in the books.

import type { Check } from './index.ts'

export const LOYALTY_CHECKS: readonly Check[] = [
  {
    id: 'balances',
    holds: 'Balances and pending points equal the sum of their entries',
    sql: `select a.merchant_id || ' ' || a.id as "where" from stored_value a
      left join (select merchant_id, account_id, sum(units) as units, sum(pending) as pending from stored_value_entry group by 1, 2) e
        on e.merchant_id = a.merchant_id and e.account_id = a.id
      where a.balance <> coalesce(e.units, 0) or a.pending <> coalesce(e.pending, 0)`,
  },
  {
    id: 'balances',
    holds: 'What is held on a balance equals its open holds',
    sql: `select a.merchant_id || ' ' || a.id as "where" from stored_value a
      left join (select merchant_id, account_id, sum(units - captured_units) as units from stored_value_operation
          where kind = 'authorize' and outcome = 'succeeded' and not is_closed group by 1, 2) h
        on h.merchant_id = a.merchant_id and h.account_id = a.id
      where a.held <> coalesce(h.units, 0)`,
  },
  {
    id: 'balances',
    holds: 'No gift card or store credit is negative or promised twice',
    sql: `select merchant_id || ' ' || id as "where" from stored_value where kind <> 'points' and (balance < 0 or held > balance)`,
  },
  {
    id: 'balances',
    holds: 'What charges took and gave back equals their entries',
    sql: `select c.merchant_id || ' ' || c.id as "where" from stored_value_operation c
      left join lateral (select
          coalesce(-sum(e.units) filter (where e.type = 'redeem'), 0) as taken,
          coalesce(sum(e.units) filter (where e.type = 'reverse_redeem'), 0) as given
        from stored_value_operation o join stored_value_entry e on e.merchant_id = o.merchant_id and e.operation_id = o.id
        where o.merchant_id = c.merchant_id and o.payment_id = c.payment_id and (o.id = c.id or o.parent_id = c.id)) s on true
      where c.kind in ('sale', 'authorize') and (c.captured_units, c.refunded_units) is distinct from (s.taken, s.given)`,
  },
  {
    id: 'balances',
    holds: 'A payment’s operation on a balance succeeded exactly when the balance says so, for the same amount',
    sql: `select coalesce(b.merchant_id, o.merchant_id) || ' ' || coalesce(b.id, o.id) as "where"
      from (select * from operation where method in ('gift_card', 'store_credit', 'points')) o
      full join stored_value_operation b on b.merchant_id = o.merchant_id and b.id = o.id
      where o.id is null
        or (o.state = 'succeeded' and (b.outcome is distinct from 'succeeded' or (o.kind <> 'void' and b.amount <> o.amount_effective)))
        or (o.state in ('declined', 'no_effect') and b.outcome = 'succeeded')`,
  },
  {
    id: 'books',
    holds: 'What the books owe on gift cards, store credit and points equals what is on them',
    // An effect whose answer has not arrived is on the balance and not yet in the books.
    sql: `select coalesce(b.merchant_id, e.merchant_id) || ' ' || coalesce(b.account, e.account) || ' ' || coalesce(b.currency, e.currency) as "where"
      from (select merchant_id, account, currency, sum(credit - debit) as owed from ledger_balance
          where account in ('gift_card_liability', 'store_credit_liability', 'loyalty_liability') group by 1, 2, 3) b
      full join (select e.merchant_id, stored_value_liability(a.kind) as account, e.currency, sum(e.amount) as owed
          from stored_value_entry e
          join stored_value a on a.merchant_id = e.merchant_id and a.id = e.account_id
          left join operation o on o.merchant_id = e.merchant_id and o.id = e.operation_id
          where e.operation_id is null or o.state = 'succeeded' group by 1, 2, 3) e using (merchant_id, account, currency)
      where coalesce(b.owed, 0) <> coalesce(e.owed, 0)`,
  },
  {
    id: 'books',
    holds: 'The VAT that the books hold for single-purpose vouchers is that of what is on them',
    sql: `select coalesce(b.merchant_id, v.merchant_id) || ' ' || coalesce(b.currency, v.currency) as "where"
      from (select merchant_id, currency, sum(debit - credit) as tax from ledger_balance where account = 'voucher_vat' group by 1, 2) b
      full join (select a.merchant_id, a.currency, sum(voucher_vat(a.balance, g.tax_rate_bp)) as tax
          from gift_card g join stored_value a on a.merchant_id = g.merchant_id and a.id = g.id
          where g.voucher = 'single_purpose' group by 1, 2) v using (merchant_id, currency)
      where coalesce(b.tax, 0) <> coalesce(v.tax, 0)`,
  },
]
