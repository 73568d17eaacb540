// The invariants of docs/testing.md in SQL, written from their sentences and not from the code that keeps them. Each query
// lists what violates it, so an empty answer is a pass. All are read in one statement after every step of a run.

import type { Queryable } from '../../server/db/pool.ts'

interface Invariant {
  id: string
  says: string
  /** Selects one text column per violation; $1 is the merchant. */
  violations: string
}

/** An operation without a final state: its amount is reserved and it will be asked about. */
const OPEN = `state in ('created', 'dispatched', 'pending', 'unknown')`
/** What is approved, not given back and not taken yet. */
const HELD = 'greatest(0, t.authorized - t.released - (t.captured - t.reversed))'

export const INVARIANTS: readonly Invariant[] = [
  {
    id: 'I-01a',
    says: 'every ledger entry sums to zero in each currency',
    violations: `select entry_id from ledger_line where merchant_id = $1 group by entry_id, currency having sum(amount) <> 0`,
  },
  {
    id: 'I-01b',
    says: 'the whole ledger sums to zero in each currency',
    violations: `select currency from ledger_line where merchant_id = $1 group by currency having sum(amount) <> 0`,
  },
  {
    id: 'I-01c',
    says: 'the balances served are the sums of the lines',
    violations: `
      select coalesce(b.account, l.account) from
        (select account, currency, channel, store_id, debit - credit as net from ledger_balance where merchant_id = $1) b
        full join (select account, currency, channel, store_id, sum(amount) as net from ledger_line where merchant_id = $1
                   group by account, currency, channel, store_id) l
          on (b.account, b.currency, b.channel, b.store_id) = (l.account, l.currency, l.channel, l.store_id)
        where coalesce(b.net, 0) <> coalesce(l.net, 0)`,
  },
  {
    id: 'I-01d',
    says: 'what the ledger holds for capture is what the tenders hold',
    violations: `
      select 'auth_hold is ' || l.net || ', tenders hold ' || t.net from
        (select coalesce(sum(amount), 0) as net from ledger_line where merchant_id = $1 and account = 'auth_hold') l,
        (select coalesce(sum(${HELD}), 0) as net from tender t where merchant_id = $1) t
      where l.net <> t.net`,
  },
  {
    id: 'I-01e',
    says: 'refunds in flight in the ledger are the refunds and credits without an outcome',
    violations: `
      select 'ledger ' || l.net || ', operations ' || o.net from
        (select coalesce(-sum(amount), 0) as net from ledger_line where merchant_id = $1 and account = 'refunds_in_flight') l,
        (select coalesce(sum(amount), 0) as net from operation where merchant_id = $1 and kind in ('refund', 'credit') and ${OPEN}) o
      where l.net <> o.net`,
  },
  {
    id: 'I-01f',
    says: 'what the ledger took in, less what went out, is what the operations say took effect',
    violations: `
      select l.account || ': ledger ' || coalesce(l.net, 0) || ', operations ' || coalesce(o.net, 0) from
        (select account, sum(amount) as net from ledger_line l join ledger_entry e
           on e.merchant_id = l.merchant_id and e.id = l.entry_id
         where l.merchant_id = $1 and (account like 'psp_receivable:%' or account like 'cash:%') and e.event not like 'dispute%'
         group by account) l
        full join
        (select case when method = 'cash' then 'cash:' || register_id else 'psp_receivable:' || connector_account_id end as account,
                sum(case when kind in ('sale', 'capture') then 1 else -1 end * (amount_effective + coalesce(rounding, 0))) as net
         from operation where merchant_id = $1 and state = 'succeeded' and kind in ('sale', 'capture', 'refund', 'credit')
         group by 1) o on o.account = l.account
      where coalesce(l.net, 0) <> coalesce(o.net, 0)`,
  },
  {
    id: 'I-01g',
    says: 'the rounding account is what cash was rounded by, and no charge or sum of cash given back was by more than half a step',
    violations: `
      select 'ledger ' || l.net || ', operations ' || o.net from
        (select coalesce(sum(amount), 0) as net from ledger_line where merchant_id = $1 and account = 'rounding') l,
        (select coalesce(sum(case when kind in ('sale', 'capture') then -rounding else rounding end), 0) as net
         from operation where merchant_id = $1 and state = 'succeeded') o
      where l.net <> o.net
      union all
      select o.tender_id || ' rounded by ' || sum(o.rounding) from operation o
      where o.merchant_id = $1 and (o.state = 'succeeded' or o.${OPEN}) and not exists (
        select from evidence v join operation x on x.merchant_id = v.merchant_id and x.payment_id = v.payment_id and x.id = v.operation_id
        where v.merchant_id = $1 and x.tender_id = o.tender_id and v.effect in ('reverse', 'late'))
      group by o.tender_id, o.kind in ('refund', 'credit')
      having 2 * abs(sum(o.rounding)) > 5`,
  },
  {
    id: 'I-02',
    says: 'captured and being captured never exceeds what is authorised plus the declared allowance',
    violations: `
      select o.tender_id from operation o join tender t on t.merchant_id = o.merchant_id and t.payment_id = o.payment_id and t.id = o.tender_id
      where o.merchant_id = $1 and t.method <> 'cash'
      group by o.tender_id, t.over_capture_bp
      having coalesce(sum(case when o.kind = 'capture' and o.state = 'succeeded' then o.amount_effective
                               when o.kind = 'capture' and o.${OPEN} then o.amount end), 0)
           > coalesce(sum(o.amount_effective) filter (where o.kind in ('authorize', 'increment') and o.state = 'succeeded'), 0)
             * (10000 + t.over_capture_bp) / 10000
         and not exists (select from evidence v join operation x on x.merchant_id = v.merchant_id and x.id = v.operation_id
           where v.merchant_id = $1 and x.tender_id = o.tender_id and v.effect in ('reverse', 'late'))`,
  },
  {
    id: 'I-03',
    says: 'refunded and being refunded never exceeds what was captured',
    violations: `
      select o.tender_id from operation o join payment p on p.merchant_id = o.merchant_id and p.id = o.payment_id
      where o.merchant_id = $1 and p.direction = 'charge'
        and not exists (select from evidence v join operation x on x.merchant_id = v.merchant_id and x.id = v.operation_id
          where v.merchant_id = $1 and x.tender_id = o.tender_id and v.effect in ('reverse', 'late'))
      group by o.tender_id
      having coalesce(sum(case when o.state = 'succeeded' then o.amount_effective when o.${OPEN} then o.amount end)
               filter (where o.kind in ('refund', 'credit')), 0)
           > coalesce(sum(o.amount_effective) filter (where o.kind in ('sale', 'capture') and o.state = 'succeeded'), 0)`,
  },
  {
    id: 'I-04',
    says: 'a command charges a tender at one account only: a further try follows a definite no_effect',
    violations: `
      select idempotency_key from operation where merchant_id = $1 and idempotency_key is not null and kind in ('sale', 'authorize')
      group by idempotency_key having count(*) filter (where state <> 'no_effect') > 1`,
  },
  {
    id: 'I-04b',
    says: 'every operation that a command made has that command’s key claimed',
    violations: `
      select id from operation o where merchant_id = $1 and idempotency_key is not null
        and not exists (select from idempotency_key k where k.merchant_id = $1 and k.key = o.idempotency_key and k.payment_id = o.payment_id)`,
  },
  {
    id: 'I-09',
    says: 'one payment of an order has or may get its money; a second is on the list to be given back',
    violations: `
      select p.order_id from payment p
      where p.merchant_id = $1 and p.direction = 'charge' and p.order_id is not null
        and exists (select from tender t where t.merchant_id = $1 and t.payment_id = p.id
          and t.charge_in_flight + t.capture_in_flight + t.increment_in_flight + greatest(0, t.captured - t.reversed - t.refunded) + ${HELD} > 0)
        -- The machine is giving it back.
        and not exists (select from operation o where o.merchant_id = $1 and o.payment_id = p.id
          and o.idempotency_key like 'auto %' and o.${OPEN})
        and not exists (select from payment_task k where k.merchant_id = $1 and k.payment_id = p.id
          and k.kind in ('duplicate_payment', 'late_success') and k.closed_at is null)
      group by p.order_id having count(*) > 1`,
  },
  {
    id: 'I-10',
    says: 'no operation took effect for an amount that nobody instructed, and a webhook never changes the amount',
    violations: `
      select o.id from operation o where o.merchant_id = $1 and o.state = 'succeeded'
        and (o.amount_effective is null or o.amount_effective <= 0 or o.amount_effective > o.amount)
      union all
      select v.operation_id from evidence v join operation o on o.merchant_id = v.merchant_id and o.id = v.operation_id
      where v.merchant_id = $1 and v.source = 'webhook' and v.effect in ('succeed', 'late') and v.amount <> o.amount`,
  },
  {
    id: 'I-11a',
    says: 'the merchant’s events are numbered without a gap',
    violations: `
      select 'from ' || min(seq) || ' to ' || max(seq) || ' are ' || count(*) from event where merchant_id = $1
      having count(*) > 0 and (min(seq) <> 1 or max(seq) <> count(*))`,
  },
  {
    id: 'I-11b',
    says: 'every version of a payment and of a dispute has its event',
    violations: `
      select o.id || ' version ' || o.version || ' has ' || count(e.seq) || ' events' from (
          select id, version from payment where merchant_id = $1 union all select id, version from dispute where merchant_id = $1) o
        left join event e on e.merchant_id = $1 and e.object_id = o.id
      group by o.id, o.version
      having count(distinct e.object_version) <> o.version or max(e.object_version) <> o.version`,
  },
  {
    id: 'I-12',
    says: 'an inbound event marked as applied left evidence, once',
    violations: `
      select i.psp_event_id from inbound_event i
      where i.merchant_id = $1 and i.applied_at is not null and (
        select count(*) from evidence v where v.merchant_id = $1 and v.source = 'webhook'
          and v.body ->> 'psp_event_id' = i.psp_event_id) <> 1`,
  },
  {
    id: 'I-13',
    says: 'an inbound event that is not applied will be tried again',
    violations: `select psp_event_id from inbound_event where merchant_id = $1 and applied_at is null and next_attempt_at is null`,
  },
  {
    id: 'I-14',
    says: 'an operation without an outcome is going to be asked about, and one with an outcome is not',
    violations: `
      select o.id from operation o left join operation_ask a on a.merchant_id = o.merchant_id and a.operation_id = o.id
      where o.merchant_id = $1 and (o.${OPEN}) <> (a.operation_id is not null)`,
  },
  {
    id: 'I-15',
    says: 'an operation without an outcome keeps its amount reserved, and any other frees it',
    violations: `
      select t.id || ' reserves ' || t.charge_in_flight || ' ' || t.capture_in_flight || ' ' || t.void_in_flight || ' ' || t.refund_in_flight || ' ' || t.increment_in_flight
      from tender t left join lateral (
        select
          coalesce(sum(o.amount) filter (where o.kind in ('sale', 'authorize') or o.id = t.charge_operation_id), 0) as charge,
          coalesce(sum(o.amount) filter (where o.kind = 'capture'), 0) as capture,
          coalesce(sum(o.amount) filter (where o.kind = 'void'), 0) as void,
          coalesce(sum(o.amount) filter (where o.kind in ('refund', 'credit') and o.id <> t.charge_operation_id), 0) as refund,
          coalesce(sum(o.amount) filter (where o.kind = 'increment'), 0) as increment
        from operation o where o.merchant_id = $1 and o.tender_id = t.id and o.${OPEN}) r on true
      where t.merchant_id = $1
        and (t.charge_in_flight, t.capture_in_flight, t.void_in_flight, t.refund_in_flight, t.increment_in_flight)
          <> (r.charge, r.capture, r.void, r.refund, r.increment)`,
  },
  {
    id: 'I-15b',
    says: 'nothing that ends a hold is on its way beside an increment of it',
    violations: `
      select i.tender_id from operation i
        join operation o on o.merchant_id = i.merchant_id and o.payment_id = i.payment_id and o.tender_id = i.tender_id and o.id <> i.id
        join tender t on t.merchant_id = i.merchant_id and t.payment_id = i.payment_id and t.id = i.tender_id
      where i.merchant_id = $1 and i.kind = 'increment' and i.${OPEN} and o.${OPEN}
        and (o.kind in ('void', 'increment') or (o.kind = 'capture' and (o.is_final or not 'multi_capture' = any (t.can))))`,
  },
  {
    id: 'I-16a',
    says: 'every stage of a dispute shows on its payment, once',
    violations: `
      select p.id from payment p where p.merchant_id = $1
        and (select array[
            count(*), (select coalesce(sum(d.version), 0) from dispute d where d.merchant_id = $1 and d.payment_id = p.id)]
          from event e where e.merchant_id = $1 and e.object_id = p.id and e.type = 'payment.disputed')
        <> (select array[count(*), count(*)] from evidence v where v.merchant_id = $1 and v.payment_id = p.id and v.effect = 'dispute')`,
  },
  {
    id: 'I-16b',
    says: 'what open and lost disputes are about is kept back',
    violations: `
      select t.id from tender t where t.merchant_id = $1 and t.disputed <> (
        select coalesce(sum(d.amount), 0) from dispute d where d.merchant_id = $1 and d.tender_id = t.id and d.status <> 'won')`,
  },
  {
    id: 'I-16c',
    says: 'money that a refund and a dispute both gave has a task, and nothing else has it',
    violations: `
      select x.id from (
        select t.id, t.payment_id, t.disputed > 0 and coalesce(r.given, 0) > 0 and coalesce(r.given, 0) + t.disputed > t.captured - t.reversed as is_twice,
            exists (select from payment_task k where k.merchant_id = $1 and k.kind = 'given_twice' and k.closed_at is null
              and k.operation_id = t.charge_operation_id) as has_task
          from tender t left join lateral (
            select sum(o.amount_effective) as given from operation o
              where o.merchant_id = $1 and o.tender_id = t.id and o.kind in ('refund', 'credit') and o.state = 'succeeded' and o.id <> t.charge_operation_id) r on true
          where t.merchant_id = $1) x
      where x.is_twice <> x.has_task`,
  },
  {
    id: 'I-17a',
    says: 'money that was taken back, and news that contradicts the books, left a task for a person',
    violations: `
      select v.effect || ' of ' || o.id from evidence v join operation o on o.merchant_id = v.merchant_id and o.id = v.operation_id
      where v.merchant_id = $1 and not exists (
          select from payment_task k where k.merchant_id = $1 and k.operation_id = o.id
            and k.kind = case when v.effect = 'reverse' then 'reversal' when v.outcome like 'dispute%' then 'dispute_mismatch' else 'amount_mismatch' end)
        and (v.effect = 'mismatch' or (v.effect = 'reverse' and o.kind in ('sale', 'capture', 'refund', 'credit')))
      union all
      select v.outcome || ' of ' || o.id from evidence v join operation o on o.merchant_id = v.merchant_id and o.id = v.operation_id
      where v.merchant_id = $1 and v.source = 'webhook' and v.outcome = 'succeeded' and v.effect = 'none:repeated'
        and o.state = 'succeeded' and v.amount <> o.amount_effective and o.kind in ('sale', 'authorize', 'capture', 'refund', 'credit')`,
  },
  {
    id: 'I-17b',
    says: 'a payment asks for the attention that its open tasks need, until they are closed',
    violations: `
      select p.id || ' asks for ' || coalesce(p.attention, 'nothing') from payment p left join lateral (
        select coalesce(bool_or(k.kind in ('late_success', 'duplicate_payment', 'reversal', 'cancel_failed', 'given_twice', 'dispute_contradicted')), false) as review,
          coalesce(bool_or(k.kind in ('amount_mismatch', 'dispute_mismatch')), false) as mismatch
        from payment_task k where k.merchant_id = $1 and k.payment_id = p.id and k.closed_at is null) k on true
      where p.merchant_id = $1 and ((p.attention is not distinct from 'review') <> k.review
        or (p.attention is not distinct from 'amount_mismatch') <> (k.mismatch and not k.review))`,
  },
  {
    id: 'SUM',
    says: 'a payment’s amounts are the sums of its tenders’',
    violations: `
      select p.id from payment p left join lateral (
        select coalesce(sum(t.authorized), 0) as authorized, coalesce(sum(t.captured - t.reversed), 0) as captured,
          coalesce(sum(t.refunded), 0) as refunded,
          coalesce(sum(t.charge_in_flight + t.capture_in_flight + t.refund_in_flight + t.increment_in_flight), 0) as in_flight,
          coalesce(sum(greatest(0, t.captured - t.reversed - t.refunded - t.refund_in_flight - t.disputed)), 0) as refundable,
          coalesce(sum(greatest(0, t.authorized - t.released - (t.captured - t.reversed) - t.capture_in_flight - t.void_in_flight)), 0) as capturable
        from tender t where t.merchant_id = $1 and t.payment_id = p.id) s on true
      where p.merchant_id = $1 and (p.amount_authorized, p.amount_captured, p.amount_refunded, p.amount_in_flight, p.amount_refundable, p.amount_capturable)
        <> (s.authorized, s.captured, s.refunded, s.in_flight, s.refundable, s.capturable)`,
  },
]

const ALL = INVARIANTS.map(
  ({ id, says, violations }) =>
    `select '${id} ${says.replaceAll("'", "''")}: ' || v.what as violation from (${violations}) v (what)`,
).join('\nunion all\n')

/** Every violation in a merchant's books, as sentences. Empty: all is well. */
export async function violations(db: Queryable, merchantId: string): Promise<string[]> {
  const { rows } = await db.query<{ violation: string }>(ALL, [merchantId])
  return rows.map(({ violation }) => violation)
}
