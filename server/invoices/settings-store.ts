// The SQL of invoice settings.

import type { Queryable, Tx } from '../db/pool.ts'
import type { InvoiceSettings } from './settings.ts'

export interface SettingsRow {
  settings: InvoiceSettings
  version: number
}

export async function readSettings(db: Queryable, merchantId: string): Promise<SettingsRow | null> {
  const { rows } = await db.query<SettingsRow>(
    'select settings, version from invoice_settings where merchant_id = $1',
    [merchantId],
  )
  return rows[0] ?? null
}

/** Locked until the commit: whoever issues holds this, so that days and numbers of one merchant go up together. */
export async function lockSettings(tx: Tx, merchantId: string): Promise<InvoiceSettings | null> {
  const { rows } = await tx.query<SettingsRow>(
    'select settings, version from invoice_settings where merchant_id = $1 for no key update',
    [merchantId],
  )
  return rows[0]?.settings ?? null
}

/** The new version; null when `ifVersion` names another one than there is. */
export async function writeSettings(
  tx: Tx,
  merchantId: string,
  input: { settings: InvoiceSettings; ifVersion: number | undefined; at: Date },
): Promise<number | null> {
  const { settings, ifVersion, at } = input
  const { rows } = await tx.query<{ version: number }>(
    `insert into invoice_settings as s (merchant_id, settings, time_zone, reminder_days, version, updated_at)
       select $1, $2, $3, $4, 1, $5 where $6::int is null
     on conflict (merchant_id) do update set settings = excluded.settings, time_zone = excluded.time_zone,
       reminder_days = excluded.reminder_days, version = s.version + 1, updated_at = excluded.updated_at
     returning version`,
    [merchantId, JSON.stringify(settings), settings.time_zone, settings.reminder_days, at, ifVersion ?? null],
  )
  if (ifVersion === undefined) return rows[0]?.version ?? null
  const updated = await tx.query<{ version: number }>(
    `update invoice_settings set settings = $2, time_zone = $3, reminder_days = $4, version = version + 1, updated_at = $5
     where merchant_id = $1 and version = $6 returning version`,
    [merchantId, JSON.stringify(settings), settings.time_zone, settings.reminder_days, at, ifVersion],
  )
  return updated.rows[0]?.version ?? null
}
