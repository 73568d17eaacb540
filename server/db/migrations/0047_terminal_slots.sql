-- Of several payments that are begun in one call, the second found the first one's operation not written yet and took its terminal.
-- What is in a slot occupies it until it is known to be final.

create or replace function terminal_is_busy(s terminal_slot, p_at timestamptz) returns boolean language sql stable as $$
  select s.released_at is null and case
    when s.operation_id is not null then not exists (
      select from operation o where o.merchant_id = s.merchant_id and o.payment_id = s.payment_id and o.id = s.operation_id
        and o.state in ('succeeded', 'declined', 'no_effect', 'reversed'))
    when s.session is not null then s.held_card is null and s.busy_until > p_at
    else false end
$$;

-- The operations of one command (of one payment, at one moment) are sent one after the other, so they may follow each other in the slot.
create or replace function payment_take_terminal(p_merchant text, p_terminal text, p_payment text, p_operation text, p_at timestamptz) returns boolean
language plpgsql as $$
declare
  s terminal_slot;
begin
  insert into terminal_slot (merchant_id, terminal_id, taken_at) values (p_merchant, p_terminal, p_at)
    on conflict (merchant_id, terminal_id) do nothing;
  select * into s from terminal_slot x where x.merchant_id = p_merchant and x.terminal_id = p_terminal for update;
  if s.operation_id = p_operation then return true; end if;
  -- A statement of its own, after the lock: it sees what the former holder committed.
  if not (s.payment_id is not distinct from p_payment and s.taken_at = p_at) and terminal_is_busy(s, p_at) then return false; end if;
  update terminal_slot x set payment_id = p_payment, operation_id = p_operation, session = null, session_kind = null, busy_until = null,
      held_card = null, steps = '[]', taken_at = p_at, released_at = null, released_by = null, release_reason = null
    where x.merchant_id = p_merchant and x.terminal_id = p_terminal;
  return true;
end $$;
