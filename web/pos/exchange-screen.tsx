// What came back pays for what is taken instead, and only the difference is paid or given back. The ticket becomes an order, the exchange
// settles both; what is still due goes on to the ways to pay.

import { useEffect, useRef, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Payment } from './answers.ts'
import { isRefused, newKey, Refused } from './api.ts'
import { exchangeNow, setExchange, setExchanged } from './exchange.ts'
import { Icon } from './icon.tsx'
import { useKeys, useScan } from './keys.ts'
import { useReopen } from './leave-sale.tsx'
import { NoticeBar } from './notice-bar.tsx'
import { Banner, Key } from './parts.tsx'
import { Slip } from './receipt.tsx'
import { soundBad, soundDone } from './sound.ts'
import { useSale, useTill } from './till.tsx'

const AGAIN_MS = 1_500

interface Answer {
  id: string
  state: 'settling' | 'awaiting_payment' | 'completed' | 'failed'
  amount_returned: number
  amount_credited: number
  amount_due: number
  amount_back: number
  payment_id: string | null
}
interface Back {
  refunds: { n: number; method: string; amount: number; to: string | null; state: string }[]
}
type Step =
  | { is: 'working' }
  | { is: 'waiting' }
  | { is: 'refused'; text: string }
  | { is: 'done'; back: number; orderId: string; ways: Back['refunds'] }

export function ExchangeScreen() {
  const { texts, api, sale, ticket, go, money } = useTill()
  const words = texts.service.exchange
  const { order } = useSale()
  const [step, setStep] = useState<Step>({ is: 'working' })
  const [isPrinting, setPrinting] = useState(false)
  const reopen = useReopen()
  const isOver = useRef(false)
  const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS))

  /** Sent with one key until it is answered; while the worth is awaited it is sent once more, with a key of its own. */
  const settle = async (body: { return_id: string; order_id: string }): Promise<Answer> => {
    let key = newKey()
    for (;;) {
      try {
        const answer = await api.call<Answer>('POST', '/exchanges', { body, key, timeoutMs: 60_000 })
        if (answer.state !== 'settling') return answer
        key = newKey()
      } catch (error) {
        if (!isRefused(error, 'no-answer', 'idempotency-in-flight', 'operation-in-flight')) throw error
      }
      if (isOver.current) throw new Refused('no-answer')
      setStep({ is: 'waiting' })
      await pause()
    }
  }
  const run = async () => {
    const exchange = exchangeNow()
    if (!exchange) return go({ is: 'sell' })
    try {
      if (!sale.state().cart) {
        const settled = await ticket.settled()
        if (!settled || settled.lines.length === 0) return go({ is: 'sell' })
        sale.begin(settled)
      }
      const placed = await sale.place()
      const answer = await settle({ return_id: exchange.returnId, order_id: placed.id })
      if (answer.state === 'failed') throw new Refused('exchange-failed')
      setExchanged(placed.id)
      const payment = answer.payment_id ? await api.get<Payment>(`/payments/${answer.payment_id}`) : null
      sale.adopt(payment)
      setExchange(null)
      if (answer.amount_due > 0) return go({ is: 'tender' })
      const { refunds } = await api.get<Back>(`/returns/${exchange.returnId}`)
      ticket.leave()
      sale.end()
      soundDone()
      // What went onto the exchange's own card has paid; the rest goes to the customer.
      const ways = refunds.filter(({ to }) => to !== 'gift_card')
      setStep({ is: 'done', back: answer.amount_back, orderId: placed.id, ways })
    } catch (error) {
      if (!(error instanceof Refused) || isOver.current) return
      soundBad()
      const text =
        error.code === 'no-answer'
          ? texts.noAnswer
          : (words.refusals[error.code] ?? texts.refusals[error.code] ?? texts.failed)
      setStep({ is: 'refused', text })
    }
  }
  useEffect(() => {
    isOver.current = false
    void run()
    return () => {
      isOver.current = true
    }
  }, [])
  const back = () => {
    if (step.is !== 'refused') return
    if (order) void reopen()
    else {
      sale.end()
      go({ is: 'sell' })
    }
  }
  const next = () => {
    if (step.is === 'done') go({ is: 'sell' })
  }
  useScan(() => soundBad())
  useKeys({ Escape: step.is === 'done' ? next : back, Enter: next })
  return (
    <main className="finished">
      {step.is === 'done' ? (
        <section className="change" role="status">
          <Icon name="check" />
          <p className="due-label">{step.back > 0 ? words.goesBack : words.even}</p>
          <p className="change-amount figure" data-back={step.back}>
            {money(step.back)}
          </p>
          <ul className="paid-list">
            {step.ways.map(({ n, method, amount }) => (
              <li key={n}>
                <span>
                  {fill(method === 'cash' ? texts.service.returns.byHand : texts.service.returns.back, {
                    amount: money(amount),
                    to: texts.methods[method] ?? method,
                  })}
                </span>
              </li>
            ))}
          </ul>
        </section>
      ) : (
        <section className="change">
          {step.is === 'refused' ? (
            <Banner kind="bad">{step.text}</Banner>
          ) : (
            <>
              <Icon name="undo" />
              <p className="due-label" role="status">
                {step.is === 'waiting' ? words.waiting : words.working}
              </p>
            </>
          )}
        </section>
      )}
      <nav className="receipt-keys" aria-label={texts.finished.receipt}>
        {step.is === 'done' ? (
          <Key icon="print" label={texts.service.orders.print} onPress={() => setPrinting(true)} />
        ) : (
          <Key icon="back" label={texts.tender.back} hint="Esc" isOff={step.is !== 'refused'} onPress={back} />
        )}
      </nav>
      <NoticeBar />
      <div className="pay-bar">
        <button type="button" className="pay" disabled={step.is !== 'done'} onClick={next}>
          {texts.finished.next}
        </button>
      </div>
      {isPrinting && step.is === 'done' ? (
        <Slip id={step.orderId} isGift={false} onDone={() => setPrinting(false)} />
      ) : null}
    </main>
  )
}
