// A receipt as it is shown, printed and mailed: everything the law of our countries wants on it, as far as the merchant has told it. A
// gift receipt leaves out what things cost and how they were paid.

import { entryAbout } from '../journal/index.ts'
import { basketView, orderPageUrl, readOrderLines } from '../orders/index.ts'
import type { PaymentView } from '../payments/index.ts'
import type { ReceiptDeps } from './deps.ts'
import type { Found } from './find.ts'
import { countCopies, type VatRow } from './store.ts'
import { partOf, unknownVat } from './vat.ts'
import { returnBehind, soldWith, vatGivenBack } from './write.ts'

export interface Wanted {
  isGift: boolean
  /** This print's number: 0 for the original, 1, 2, … for copies; null when nothing is printed. */
  copy: number | null
}

/** The receipt of what was found. */
export async function receiptView(deps: ReceiptDeps, merchantId: string, found: Found, { isGift, copy }: Wanted) {
  const { row, payment, order, operation } = found
  const merchant = await deps.merchantCache.get(merchantId)
  const registerId = row?.register_id ?? order?.register_id ?? null
  const store = merchant?.stores.get(
    merchant.registers.get(registerId ?? '')?.storeId ?? payment.store_id ?? order?.store_id ?? '',
  )
  const total = row?.total ?? operation?.amount_effective ?? payment.amount
  const shown = await deps.paymentView(merchantId, payment.id)
  const lines = await linesOf(deps, merchantId, found)
  const copies = row ? await countCopies(deps.db, merchantId, row.id) : {}
  const vat = row?.vat ?? (await liveVat(deps, merchantId, found, total))
  const isSale = found.kind === 'sale' && order !== null
  const alone = isSale ? await deps.soldAlone(deps.db, merchantId, order.id) : null
  return {
    object: 'receipt' as const,
    id: row?.id ?? null,
    kind: found.kind,
    is_gift: isGift,
    copy,
    prints: copies['print'] ?? 0,
    number: row === null ? null : Number(row.number),
    issued_at: (
      row?.created_at ??
      operation?.settled_at ??
      order?.confirmed_at ??
      new Date(shown?.created_at ?? 0)
    ).toISOString(),
    offline: alone && { sold_at: alone.sold_at.toISOString(), code: alone.code },
    seller: await deps.sellerOf(merchantId),
    store: store
      ? { id: store.id, name: store.name, country: store.country, time_zone: store.timeZone, address: store.address }
      : null,
    register: registerId === null ? null : { id: registerId, name: merchant?.registers.get(registerId)?.name ?? '' },
    cashier: await cashierOf(deps, merchantId, found),
    order: order && { id: order.id, number: String(order.number) },
    payment_id: payment.id,
    operation_id: operation?.id ?? null,
    currency: payment.currency,
    lines: isGift ? lines.map(({ name, sku, quantity, unit }): Line => ({ name, sku, quantity, unit })) : lines,
    discount: isGift ? null : Number(row?.discount ?? order?.discount ?? 0n),
    total: isGift ? null : Number(total),
    vat: isGift ? [] : vat.map(vatOut),
    tenders:
      isGift || found.kind === 'refund' ? [] : tendersOf(shown, (code) => merchant?.methods.get(code)?.name ?? code),
    given_back:
      operation === null || isGift
        ? null
        : {
            method: operation.method,
            name: merchant?.methods.get(operation.method)?.name ?? operation.method,
            amount: Number(operation.amount_effective ?? operation.amount),
            rounding: Number(operation.rounding ?? 0n),
            reason: operation.reason,
          },
    fiscal: await fiscalOf(deps, merchantId, found),
    url: order === null ? null : await orderPageUrl(deps, merchantId, order.id),
  }
}
export type ReceiptView = Awaited<ReturnType<typeof receiptView>>

function vatOut({ rate_bp, net, tax, gross }: VatRow) {
  return { rate_bp, net: Number(net), tax: Number(tax), gross: Number(gross) }
}

/** What a receipt without a row would say: of a sale on the web, or of one whose row could not be written yet. */
async function liveVat(deps: ReceiptDeps, merchantId: string, found: Found, total: bigint): Promise<VatRow[]> {
  const { order, operation } = found
  if (operation) return partOf(await vatGivenBack(deps.db, merchantId, operation, order?.id ?? null), total)
  if (!order) return unknownVat(total)
  try {
    return partOf((await soldWith(deps.db, merchantId, order.id)).vat, total)
  } catch {
    // Its lines do not add up: no VAT of it could be right, and the register's report says so.
    return unknownVat(total)
  }
}

interface Line {
  name: string
  sku: string | null
  quantity: number
  unit: string
  unit_price?: string
  discount?: number
  total?: number
  tax_rate_bp?: number
}

async function linesOf(deps: ReceiptDeps, merchantId: string, { kind, order, operation }: Found): Promise<Line[]> {
  if (!order) return []
  const lines = await readOrderLines(deps.db, merchantId, [order.id])
  if (kind === 'sale')
    return basketView(lines, order)
      .lines.filter(({ quantity, quantity_cancelled }) => quantity > quantity_cancelled)
      .map(({ name, sku, quantity, quantity_cancelled, unit, unit_price, discount, total, tax_rate_bp }) => ({
        ...{ name, sku, quantity: quantity - quantity_cancelled, unit, unit_price, discount, total, tax_rate_bp },
      }))
  const back = operation && (await returnBehind(deps.db, merchantId, operation))
  return (back?.lines ?? []).flatMap((returned) => {
    const line = lines.find(({ id }) => id === returned.line_id)
    const quantity = returned.restock + returned.quality + returned.damaged + returned.vendor + returned.discard
    if (quantity === 0n) return []
    const { sku = null, unit = 'piece', tax_rate_bp = 0 } = line ?? {}
    return [{ name: returned.name, sku, quantity: Number(quantity), unit, total: Number(returned.amount), tax_rate_bp }]
  })
}

/** Money that came in, one row per tender. Of a card what may be shown of it. */
function tendersOf(payment: PaymentView | null, nameOf: (code: string) => string) {
  return (payment?.tenders ?? [])
    .filter(({ amount_captured, amount_authorized }) => amount_captured + amount_authorized > 0)
    .map(({ method, amount_captured, amount_authorized, amount_tip, rounding, cash, instrument, authentication }) => ({
      ...{ method, name: nameOf(method), amount: amount_captured > 0 ? amount_captured : amount_authorized },
      ...{ is_held: amount_captured === 0, rounding: rounding ?? 0, tip: amount_tip },
      ...{ tendered: cash?.tendered ?? null, change: cash?.change ?? null },
      card: cardOf(instrument, authentication),
    }))
}

/** What may be shown of a card; null for whatever is none. */
function cardOf(instrument: PaymentView['tenders'][number]['instrument'], authentication: string | null) {
  const { brand = null, last4 = null, entry = null } = (instrument ?? {}) as Record<string, string | undefined>
  return brand === null && last4 === null ? null : { brand, last4, entry, authentication }
}

/** Who took the money: a member of staff by name. */
async function cashierOf(deps: ReceiptDeps, merchantId: string, { order }: Found): Promise<string | null> {
  const by = order === null ? null : await deps.placedBy(merchantId, order.id)
  return by === null ? null : ((await deps.namesOf(deps.db, merchantId, [by])).get(by) ?? null)
}

/** Where it stands in the register's journal; null for what was not sold at a register. */
async function fiscalOf(deps: ReceiptDeps, merchantId: string, { row }: Found) {
  if (!row) return null
  const of = { registerId: row.register_id, subjectId: row.id, from: row.number }
  const entry = await entryAbout(deps.db, merchantId, of)
  if (!entry) return null
  // Four characters of the signature are enough to see at a glance that two papers differ.
  const mark = entry.signature.toString('base64url').slice(0, 4)
  return { journal_sequence: Number(entry.seq), hash: entry.hash.toString('hex'), key_id: entry.key_id, mark }
}
