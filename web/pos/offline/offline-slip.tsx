// The receipt of a sale that was made without the server, from its signed document: with its offline code and the VAT of each rate. The
// numbered one comes with the server.

import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import { Paper, type Receipt } from '../receipt.tsx'
import { type TillInfo, useTill } from '../till.tsx'
import type { SaleDocument } from './document.ts'
import type { FeedSettings } from './feed.ts'

/** Counts a print and prints it. Shown on paper alone. */
export function OfflineSlip({ id, isGift = false, onDone }: { id: string; isGift?: boolean; onDone(): void }) {
  const { own, info, catalogue, say, texts } = useTill()
  const [receipt, setReceipt] = useState<Receipt | null>(null)
  useEffect(() => {
    const failed = () => {
      say({ kind: 'bad', text: texts.failed })
      onDone()
    }
    if (!own) return failed()
    own.writer.print(id).then((printed) => {
      if (!printed) return failed()
      const document = JSON.parse(printed.document.text) as SaleDocument
      const settings = catalogue.facts()?.settings ?? null
      const unitOf = (variantId: string) => catalogue.item(variantId)?.unit ?? 'piece'
      setReceipt(receiptOf(document, { copy: printed.copy, isGift, info, settings, unitOf }))
    }, failed)
  }, [])
  useEffect(() => {
    if (!receipt) return
    window.print()
    onDone()
  }, [receipt])
  return receipt ? createPortal(<Paper receipt={receipt} />, document.body) : null
}

interface Around {
  copy: number
  isGift: boolean
  info: TillInfo
  settings: FeedSettings | null
  /** In what an article is counted. */
  unitOf(variantId: string): string
}

/** A signed sale as a receipt. Pure. */
export function receiptOf(document: SaleDocument, { copy, isGift, info, settings, unitOf }: Around): Receipt {
  const { lines, tenders, total, rounding, sold_at, staff_id, receipt_code } = document
  const nobody = { organisation_number: null, vat_number: null, address: [] }
  // Only the cash that closes a sale is rounded.
  const closing = tenders.findLastIndex(({ method }) => method === 'cash')
  return {
    ...{ is_gift: isGift, copy, number: null, offline_code: receipt_code, issued_at: sold_at },
    seller: settings?.seller ?? { name: info.merchant.name, ...nobody },
    store: { name: info.store.name, address: null },
    register: { name: info.register.name },
    cashier: info.staff.find(({ id }) => id === staff_id)?.name ?? null,
    order: null,
    lines: lines.map(({ variant_id, name, quantity, unit_price, total: worth }) => ({
      ...{ name, quantity: Number(quantity), unit: unitOf(variant_id) },
      ...(isGift ? {} : { unit_price, total: worth }),
    })),
    discount: null,
    total: isGift ? null : total,
    vat: isGift ? [] : vatOf(lines),
    tenders: (isGift ? [] : tenders).map(({ method, amount, tendered = null, change = null, last4 = null }, i) => ({
      ...{ method, amount, tendered, change, rounding: i === closing ? rounding : 0 },
      card: last4 === null ? null : { brand: null, last4 },
    })),
    ...{ fiscal: null, url: null },
  }
}

/** The VAT of each rate, the highest first, as every receipt lists it. */
function vatOf(lines: SaleDocument['lines']): Receipt['vat'] {
  const rates = [...new Set(lines.map(({ tax_rate_bp }) => tax_rate_bp))].sort((a, b) => b - a)
  return rates.map((rate_bp) => {
    const of = lines.filter(({ tax_rate_bp }) => tax_rate_bp === rate_bp)
    const gross = of.reduce((sum, { total }) => sum + total, 0)
    const tax = of.reduce((sum, line) => sum + line.tax, 0)
    return { rate_bp, net: gross - tax, tax, gross }
  })
}
