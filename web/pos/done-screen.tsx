// Paid: what goes back in cash, as large as it gets, until the next customer; and the receipt in whatever form they want it.

import { useEffect, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Tender } from './answers.ts'
import { Icon } from './icon.tsx'
import { keep, kept, NAMES } from './keep.ts'
import { scanned, useKeys, useScan } from './keys.ts'
import { MailDialog } from './mail-dialog.tsx'
import { NoticeBar } from './notice-bar.tsx'
import { OfflineSlip } from './offline/offline-slip.tsx'
import { Dialog, Key } from './parts.tsx'
import { kickDrawer } from './printer.ts'
import { Qr } from './qr.tsx'
import { Slip } from './receipt.tsx'
import { tenderName } from './tender-list.tsx'
import { useSale, useTill } from './till.tsx'

/** What is left of a sale once it is done. */
interface Last {
  orderId: string
  number: string
  total: number
  email: string | null
  pageUrl: string | null
  tenders: Tender[]
}

export function DoneScreen() {
  const { api, texts, sale, go, money, say } = useTill()
  const { order, payment, cart } = useSale()
  const [last] = useState<Last | null>(() => {
    if (!order) return kept<Last>(NAMES.last)
    const done: Last = {
      ...{ orderId: order.id, number: order.number, total: order.total },
      email: order.email ?? cart?.email ?? null,
      pageUrl: order.page_url ?? null,
      tenders: (payment?.tenders ?? []).filter(({ amount_captured }) => amount_captured > 0),
    }
    keep(NAMES.last, done)
    return done
  })
  const [open, setOpen] = useState<'mail' | 'qr' | null>(null)
  const [printing, setPrinting] = useState<'receipt' | 'gift' | null>(null)
  useEffect(() => {
    // What has just been paid in cash goes into the drawer; a receipt that is looked at again opens nothing.
    if (order && last?.tenders.some(({ cash }) => cash !== null)) kickDrawer(api).catch(() => {})
    sale.end()
  }, [])
  const next = () => go({ is: 'sell' })
  const print = () => setPrinting('receipt')
  // Made without the server: it is printed from its document; mail and page come with the server.
  const isOffline = last?.orderId.startsWith('ofs_') ?? false
  const why = isOffline ? texts.offline.why : undefined
  const withServer = (work: () => void) => () => (isOffline ? say({ kind: 'info', text: texts.offline.waits }) : work())
  // The next customer's first article begins their ticket.
  useScan((code) => {
    next()
    setTimeout(() => scanned(code))
  })
  useKeys({
    Enter: next,
    Escape: next,
    F9: next,
    F11: print,
    p: print,
    m: withServer(() => setOpen('mail')),
    q: withServer(() => setOpen('qr')),
  })
  if (!last) {
    return (
      <main className="finished">
        <div className="empty">
          <p>{texts.finished.none}</p>
        </div>
        <NoticeBar />
        <div className="pay-bar">
          <button type="button" className="pay" onClick={next}>
            {texts.finished.next}
          </button>
        </div>
      </main>
    )
  }
  const change = last.tenders.reduce((sum, { cash }) => sum + (cash?.change ?? 0), 0)
  return (
    <main className="finished">
      <section className="change" role="status">
        <Icon name="check" />
        {change > 0 ? (
          <>
            <p className="due-label">{texts.finished.change}</p>
            <p className="change-amount figure" data-change={change}>
              {money(change)}
            </p>
          </>
        ) : (
          <>
            <p className="due-label">{texts.finished.paid}</p>
            <p className="change-amount figure">{money(last.total)}</p>
          </>
        )}
        <p className="quiet">
          {isOffline
            ? `${fill(texts.offline.receipt.code, { code: last.number })} · ${money(last.total)}`
            : fill(texts.finished.order, { number: last.number, amount: money(last.total) })}
        </p>
        <ul className="paid-list">
          {last.tenders.map((tender) => (
            <li key={tender.id}>
              <span>{tenderName(texts, tender)}</span>
              <span className="figure">{money(tender.cash ? tender.cash.tendered : tender.amount_captured)}</span>
            </li>
          ))}
        </ul>
      </section>
      <nav className="receipt-keys" aria-label={texts.finished.receipt}>
        <Key icon="print" label={texts.finished.print} hint="F11" onPress={print} />
        <Key icon="gift" label={texts.finished.gift} hint="G" onPress={() => setPrinting('gift')} />
        <Key icon="mail" label={texts.finished.mail} hint="M" onPress={() => setOpen('mail')} why={why} />
        <Key
          icon="qr"
          label={texts.finished.qr}
          hint="Q"
          onPress={() => setOpen('qr')}
          isOff={last.pageUrl === null}
          why={why}
        />
      </nav>
      <NoticeBar />
      <div className="pay-bar">
        <button type="button" className="pay" onClick={next}>
          <span>{texts.finished.next}</span>
          <span className="hint" aria-hidden="true">
            Enter
          </span>
        </button>
      </div>
      {open === 'mail' ? <MailDialog id={last.orderId} email={last.email} onClose={() => setOpen(null)} /> : null}
      {open === 'qr' && last.pageUrl !== null ? (
        <Dialog title={texts.finished.qr} onClose={() => setOpen(null)}>
          <div className="link-pay">
            <Qr text={last.pageUrl} label={texts.finished.qrLabel} />
            <p className="quiet">{texts.finished.qrLead}</p>
          </div>
        </Dialog>
      ) : null}
      {printing && isOffline ? (
        <OfflineSlip key={printing} id={last.orderId} isGift={printing === 'gift'} onDone={() => setPrinting(null)} />
      ) : null}
      {printing && !isOffline ? (
        <Slip key={printing} id={last.orderId} isGift={printing === 'gift'} onDone={() => setPrinting(null)} />
      ) : null}
    </main>
  )
}
