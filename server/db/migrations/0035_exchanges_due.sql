-- Exchanges that a crash left between two steps are taken up by a worker.

alter table exchange
  -- When one that is settling is looked at again, and how often it was.
  add column due_at timestamptz,
  add column attempt int not null default 0,
  -- The key that asked for it.
  add column asked_by text collate "C";
update exchange set due_at = updated_at where state = 'settling';
create index exchange_due on exchange (due_at, merchant_id) where state = 'settling' and due_at is not null;
