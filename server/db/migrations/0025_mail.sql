-- Mail to people: written in the transaction that gives the reason for it, sent afterwards by a worker.
create table mail (
  merchant_id     text collate "C" not null references merchant,
  id              text collate "C" not null check (id ~ '^mal_[0-9A-Z]{26}$'),
  -- What it is about, for figures and for the page in development: order, payment, invoice, reminder, …
  kind            text        not null check (kind ~ '^[a-z][a-z_]{1,39}$'),
  language        text        not null check (language in ('en', 'nl', 'sv', 'pl', 'fr', 'de')),
  -- Control characters would end a header and begin another; the program refuses or folds them, and this is the last guard.
  from_name       text        not null check (length(from_name) between 1 and 120 and from_name !~ '[[:cntrl:]]'),
  reply_to        text        check (length(reply_to) between 3 and 254 and reply_to !~ '[[:cntrl:][:space:]]'),
  recipient       text        not null check (length(recipient) between 3 and 254 and recipient !~ '[[:cntrl:][:space:]]'),
  subject         text        not null check (length(subject) between 1 and 200 and subject !~ '[[:cntrl:]]'),
  text            text        not null check (octet_length(text) between 1 and 262144),
  html            text        not null check (octet_length(html) between 1 and 262144),
  -- What is made when it is sent: [{kind, ref}], such as the PDF of an invoice.
  attachments     jsonb       not null default '[]'
    check (jsonb_typeof(attachments) = 'array' and octet_length(attachments::text) <= 4096),
  -- The thing it tells of; and the one occasion, so that nobody is told twice.
  object_id       text collate "C" check (length(object_id) between 1 and 64),
  once_key        text collate "C" check (length(once_key) between 1 and 200),
  status          text        not null check (status in ('queued', 'sent', 'failed')),
  attempts        int         not null check (attempts >= 0),
  next_attempt_at timestamptz not null,
  -- A claim: until then one process owns the sending. The fence goes up with each claim; only its holder may close.
  lease_until     timestamptz,
  fence           bigint      not null,
  -- An attempt ended without an answer: a later one may arrive as a second copy, under the same Message-ID.
  is_in_doubt     boolean     not null,
  last_error      text        check (length(last_error) <= 200),
  created_at      timestamptz not null,
  closed_at       timestamptz,
  primary key (merchant_id, id),
  unique (merchant_id, once_key),
  check ((status = 'queued') = (closed_at is null))
);

-- The claim of the sender.
create index mail_due on mail (next_attempt_at) where status = 'queued';
-- What was sent is removed by age.
create index mail_closed on mail (closed_at) where status <> 'queued';
-- What was written about one thing.
create index mail_by_object on mail (merchant_id, object_id, id) where object_id is not null;
