// The receipt as a slip of paper, for the browser's printer. What stands on it, and whether it is a copy, the server says and counts.

import { useEffect, useState } from 'react'
import { createPortal } from 'react-dom'
import { fill } from '../shared/fill.ts'
import { isRefused } from './api.ts'
import { bytesOf, printerSettings, sendToUsb } from './printer.ts'
import { Qr } from './qr.tsx'
import { tenderName } from './tender-list.tsx'
import { percent, quantityText, useTill } from './till.tsx'

export interface Receipt {
  is_gift: boolean
  /** 0 for the original, 1, 2, … for copies. */
  copy: number | null
  number: number | null
  /** Of a sale that was made without the server. */
  offline_code?: string
  issued_at: string
  seller: { name: string; organisation_number: string | null; vat_number: string | null; address: string[] }
  store: { name: string; address: { lines: string[]; postal_code?: string; city: string } | null } | null
  register: { name: string } | null
  cashier: string | null
  order: { number: string } | null
  lines: { name: string; quantity: number; unit: string; unit_price?: string; discount?: number; total?: number }[]
  discount: number | null
  total: number | null
  vat: { rate_bp: number | null; net: number; tax: number; gross: number }[]
  tenders: {
    method: string
    amount: number
    rounding: number
    tendered: number | null
    change: number | null
    card: { brand: string | null; last4: string | null } | null
  }[]
  fiscal: { mark: string; journal_sequence: number } | null
  url: string | null
}

type Printed = Receipt & {
  escpos: string | null
  /** What became of it at the register's printer in the network; null where it was not sent there. */
  network: string | null
}

/** Counts a print and prints it. Shown on paper alone. */
export function Slip({ id, isGift, onDone }: { id: string; isGift: boolean; onDone(): void }) {
  const { api, say, texts, language } = useTill()
  const [receipt, setReceipt] = useState<Receipt | null>(null)
  useEffect(() => {
    const { kind, columns } = printerSettings()
    const isNetwork = kind === 'network'
    const escpos = { columns, language, ...(isNetwork ? { network: true } : {}) }
    const body = { ...(isGift ? { gift: true } : {}), ...(kind === 'browser' ? {} : { escpos }) }
    api.call<Printed>('POST', `/receipts/${id}/prints`, { body }).then(
      async (printed) => {
        if (printed.escpos === null) return setReceipt(printed)
        try {
          if (!isNetwork) await sendToUsb(bytesOf(printed.escpos))
          else if (printed.network !== 'sent') throw new Error(printed.network ?? 'no-answer')
          onDone()
        } catch {
          // It is counted already: the same paper comes from the browser's printer, and the next one is no copy of nothing.
          const { failed, troubles } = texts.service.printing
          say({ kind: 'bad', text: troubles[printed.network ?? ''] ?? failed })
          setReceipt(printed)
        }
      },
      (error: unknown) => {
        say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed })
        onDone()
      },
    )
  }, [])
  useEffect(() => {
    if (!receipt) return
    // Opens the browser's dialog; on a till that prints without asking, it prints.
    window.print()
    onDone()
  }, [receipt])
  return receipt ? createPortal(<Paper receipt={receipt} />, document.body) : null
}

/** The slip itself, on paper alone. */
export function Paper({ receipt }: { receipt: Receipt }) {
  const { texts, money, price, language } = useTill()
  const { seller, store, register, fiscal } = receipt
  const issued = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'medium',
    timeStyle: 'short',
  })
  const row = (name: string, value: string, key = name) => (
    <p key={key} className="slip-line">
      <span>{name}</span>
      <span>{value}</span>
    </p>
  )
  return (
    <div className="paper">
      <h2>{seller.name}</h2>
      {store ? (
        <p>{[store.name, ...(store.address?.lines ?? []), store.address?.city].filter(Boolean).join(', ')}</p>
      ) : null}
      {seller.organisation_number === null ? null : (
        <p>{fill(texts.receipt.organisation, { number: seller.organisation_number })}</p>
      )}
      {seller.vat_number === null ? null : <p>{fill(texts.receipt.vatNumber, { number: seller.vat_number })}</p>}
      <p>
        {issued.format(new Date(receipt.issued_at))} · {register?.name} · {receipt.cashier}
      </p>
      <p>
        {receipt.number === null ? '' : fill(texts.receipt.number, { number: receipt.number })}
        {receipt.order ? ` · ${fill(texts.order, { number: receipt.order.number })}` : ''}
      </p>
      {receipt.offline_code === undefined ? null : (
        <>
          <p>{fill(texts.offline.receipt.code, { code: receipt.offline_code })}</p>
          <p>{texts.offline.receipt.later}</p>
        </>
      )}
      {receipt.copy ? <p className="copy">{fill(texts.receipt.copy, { n: receipt.copy })}</p> : null}
      {receipt.is_gift ? <p className="copy">{texts.receipt.gift}</p> : null}
      <hr />
      {receipt.lines.map((line, i) => (
        <div key={String(i)}>
          {row(
            `${quantityText(line.quantity, line.unit, language)} × ${line.name}`,
            line.total === undefined ? '' : money(line.total),
          )}
          {line.unit_price !== undefined && line.quantity > 1 && line.unit !== 'gram' ? (
            <p>{price(line.unit_price)}</p>
          ) : null}
          {line.discount ? row(texts.ticket.discount, money(-line.discount)) : null}
        </div>
      ))}
      <hr />
      {receipt.total === null ? null : (
        <p className="slip-line slip-total">
          <span>{texts.ticket.total}</span>
          <span>{money(receipt.total)}</span>
        </p>
      )}
      {receipt.tenders.map((tender, i) => (
        <div key={String(i)}>
          {row(
            tenderName(texts, {
              method: tender.method,
              instrument: tender.card
                ? { kind: 'card', brand: tender.card.brand ?? undefined, last4: tender.card.last4 ?? undefined }
                : null,
            }),
            money(tender.tendered ?? tender.amount),
          )}
          {tender.rounding === 0 ? null : row(texts.receipt.rounding, money(tender.rounding))}
          {tender.change ? row(texts.finished.change, money(tender.change)) : null}
        </div>
      ))}
      <hr />
      {receipt.vat.map(({ rate_bp, net, tax }) =>
        row(`${texts.report.vat} ${rate_bp === null ? '' : percent(rate_bp, language)} · ${money(net)}`, money(tax)),
      )}
      {fiscal ? <p>{fill(texts.receipt.fiscal, { no: fiscal.journal_sequence, mark: fiscal.mark })}</p> : null}
      {receipt.url === null ? null : <Qr text={receipt.url} label={texts.finished.qrLabel} />}
    </div>
  )
}
