// The SQL of receipt printers. Each statement is served by the primary key.

import type { Queryable } from '../db/pool.ts'

export interface Printer {
  register_id: string
  host: string
  port: number
  updated_at: Date
}

const COLUMNS = 'register_id, host, port, updated_at'

export async function readPrinter(db: Queryable, merchantId: string, registerId: string): Promise<Printer | null> {
  const { rows } = await db.query<Printer>(
    `select ${COLUMNS} from receipt_printer where merchant_id = $1 and register_id = $2`,
    [merchantId, registerId],
  )
  return rows[0] ?? null
}

export async function writePrinter(db: Queryable, merchantId: string, printer: Printer): Promise<void> {
  const { register_id, host, port, updated_at } = printer
  await db.query(
    `insert into receipt_printer (merchant_id, ${COLUMNS}) values ($1, $2, $3, $4, $5)
     on conflict (merchant_id, register_id) do update set host = $3, port = $4, updated_at = $5`,
    [merchantId, register_id, host, port, updated_at],
  )
}

export async function deletePrinter(db: Queryable, merchantId: string, registerId: string): Promise<void> {
  await db.query('delete from receipt_printer where merchant_id = $1 and register_id = $2', [merchantId, registerId])
}
