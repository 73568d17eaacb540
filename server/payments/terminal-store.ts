// What occupies the terminals: the SQL of terminal_slot, besides the functions of migration 0046 that take a slot in the
// transaction which writes an operation.

import type { Queryable } from '../db/pool.ts'

/** A terminal that was used at least once. */
export interface TerminalSlot {
  terminal_id: string
  payment_id: string | null
  operation_id: string | null
  session: string | null
  session_kind: 'identify' | 'ask' | null
  busy_until: Date | null
  held_card: HeldCard | null
  steps: { step: string; at: string }[]
  taken_at: Date
  released_at: Date | null
  /** Of the operation. */
  kind: 'sale' | 'authorize' | 'capture' | 'void' | 'refund' | 'increment' | 'extend' | 'credit' | null
  state: string | null
  amount: bigint | null
  tip: bigint | null
  currency: string | null
  connector_account_id: string | null
  psp_reference: string | null
  /** Something occupies it now. */
  is_busy: boolean
}

/** A card that the terminal has read and holds. */
export interface HeldCard {
  /** The terminal's own words for it. */
  words: Record<string, string>
  instrument: Record<string, unknown>
}

/** The slot with the operation in it; null for a terminal that nobody has used. By primary keys. */
export async function readSlot(
  db: Queryable,
  merchantId: string,
  terminalId: string,
  now?: Date,
): Promise<TerminalSlot | null> {
  const { rows } = await db.query<TerminalSlot>(
    `select s.terminal_id, s.payment_id, s.operation_id, s.session, s.session_kind, s.busy_until, s.held_card, s.steps, s.taken_at,
       s.released_at, o.kind, o.state, o.amount, o.tip, o.connector_account_id, o.psp_reference,
       p.currency,
       terminal_is_busy(s, coalesce($3, s.taken_at)) as is_busy
     from terminal_slot s
     left join operation o on o.merchant_id = s.merchant_id and o.payment_id = s.payment_id and o.id = s.operation_id
     left join payment p on p.merchant_id = s.merchant_id and p.id = s.payment_id
     where s.merchant_id = $1 and s.terminal_id = $2`,
    [merchantId, terminalId, now ?? null],
  )
  return rows[0] ?? null
}

/** Adds what the terminal told to the slot that is taken; after fifty steps no more, whatever the terminal sends. */
export async function noteStep(
  db: Queryable,
  merchantId: string,
  terminalId: string,
  { step, at }: { step: string; at: string },
): Promise<void> {
  await db.query(
    `update terminal_slot set steps = steps || jsonb_build_array(jsonb_build_object('step', $3::text, 'at', $4::text))
     where merchant_id = $1 and terminal_id = $2 and jsonb_array_length(steps) < 50`,
    [merchantId, terminalId, step, at],
  )
}

/** Takes the terminal for what is no payment, until `until` at the latest; false while something else occupies it. */
export async function openSession(
  db: Queryable,
  merchantId: string,
  terminalId: string,
  session: { id: string; kind: 'identify' | 'ask'; at: Date; until: Date },
): Promise<boolean> {
  const { rows } = await db.query<{ is_open: boolean }>(
    'select terminal_open_session($1, $2, $3, $4, $5, $6) as is_open',
    [merchantId, terminalId, session.id, session.kind, session.at, session.until],
  )
  return rows[0]?.is_open ?? false
}

/** Keeps the card that a session has read for the payment that follows, until `until`. */
export async function holdCard(
  db: Queryable,
  merchantId: string,
  terminalId: string,
  { session, card, until }: { session: string; card: HeldCard; until: Date },
): Promise<void> {
  await db.query(
    `update terminal_slot set held_card = $4, busy_until = $5 where merchant_id = $1 and terminal_id = $2 and session = $3`,
    [merchantId, terminalId, session, JSON.stringify(card), until],
  )
}

/** Frees the terminal when it is still this session's. */
export async function endSession(
  db: Queryable,
  merchantId: string,
  terminalId: string,
  session: string,
): Promise<void> {
  await db.query(
    `update terminal_slot set session = null, session_kind = null, busy_until = null, held_card = null
     where merchant_id = $1 and terminal_id = $2 and session = $3`,
    [merchantId, terminalId, session],
  )
}

/**
 * A person says that the terminal is free although nobody knows the outcome: `ok`. `free`: nothing occupies it. `running`: it is at
 * the terminal right now, and can be aborted. Writes evidence of source operator and an event of the payment.
 */
export async function releaseTerminal(
  db: Queryable,
  merchantId: string,
  terminalId: string,
  release: { by: string; reason: string; evidenceId: string; eventId: string; at: Date; runsUntilMs: number },
): Promise<'ok' | 'free' | 'running'> {
  const { rows } = await db.query<{ outcome: 'ok' | 'free' | 'running' }>(
    'select terminal_release($1, $2, $3, $4, $5, $6, $7, $8) as outcome',
    [
      merchantId,
      terminalId,
      release.by,
      release.reason,
      release.evidenceId,
      release.eventId,
      release.at,
      release.runsUntilMs,
    ],
  )
  return rows[0]?.outcome ?? 'free'
}
