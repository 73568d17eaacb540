// A payment link as a QR: the customer pays on their own phone, and the till sees it.

import { useEffect, useState } from 'react'
import { isRefused } from './api.ts'
import { Banner, Dialog } from './parts.tsx'
import { Qr } from './qr.tsx'
import { useSale, useTill } from './till.tsx'

interface Link {
  id: string
  url: string
  state: string
}
const LOOK_MS = 2_000

export function LinkDialog({ onClose }: { onClose(): void }) {
  const { texts, api, sale, money, language } = useTill()
  const { due } = useSale()
  const [link, setLink] = useState<Link | null>(null)
  const [wrong, setWrong] = useState('')
  useEffect(() => {
    let isOver = false
    let timer = 0
    const follow = async (id: string) => {
      if (isOver) return
      try {
        const now = await api.get<Link>(`/payment_links/${id}`)
        if (!isOver) setLink(now)
        await sale.look()
      } catch {
        // Looked at again; the state above says whether the server answers.
      }
      timer = setTimeout(() => void follow(id), LOOK_MS) as unknown as number
    }
    const make = async () => {
      const order = await sale.place()
      const made = await api.call<Link>('POST', '/payment_links', {
        body: { order_id: order.id, channel: 'qr', usage: 'single', language, expires_in: 3600 },
      })
      if (isOver) return
      setLink(made)
      void follow(made.id)
    }
    make().catch((error: unknown) => {
      if (!isOver) setWrong(isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed)
    })
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [])
  const close = () => {
    // Paid or being paid it cannot be ended, and need not be: the order is paid once.
    if (link) api.call('POST', `/payment_links/${link.id}/cancel`, { body: {} }).catch(() => {})
    onClose()
  }
  return (
    <Dialog title={texts.link.heading} onClose={close}>
      <div className="link-pay">
        <p className="due-amount figure">{money(due)}</p>
        {link === null ? <div className="qr blank" /> : <Qr text={link.url} label={texts.link.qr} />}
        <p className="quiet" role="status">
          {link?.state === 'viewed' ? texts.link.viewed : texts.link.lead}
        </p>
        <div className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        </div>
        <button type="button" className="button" data-first="" onClick={close}>
          {texts.link.otherWay}
        </button>
      </div>
    </Dialog>
  )
}
