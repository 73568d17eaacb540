// Handing goods over at the counter: the customer's code, what they take, what they leave, and what is charged for it. A card that says no
// leaves the goods where they are; then it is paid here. What nobody knows yet is said and asked for, and nothing is charged twice.

import { useEffect, useRef, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Payment } from './answers.ts'
import { isRefused, newKey, Refused } from './api.ts'
import { shareOf } from './charge-share.ts'
import { datesFor } from './dates.ts'
import { type Fulfilment, openOf } from './fulfilments.ts'
import { type Choice, HandOverChoice } from './hand-over-choice.tsx'
import { HandOverPay } from './hand-over-pay.tsx'
import { Icon } from './icon.tsx'
import { readOrder } from './order-whole.ts'
import { Banner, Dialog } from './parts.tsx'
import { Slip } from './receipt.tsx'
import { soundBad, soundDone } from './sound.ts'
import { TerminalProgress } from './terminal-progress.tsx'
import { useLoaded, useTill } from './till.tsx'

/** A person may stand at the terminal. */
const COLLECT_MS = 200_000
const AGAIN_MS = 1_500

export interface CounterTender {
  method: 'card' | 'cash'
  terminal_id?: string
  cash?: { register_id: string; tendered?: number }
}

type Step =
  | { is: 'choose' }
  | { is: 'pay'; why: 'declined' | 'unpaid'; amount: number }
  | { is: 'busy'; terminalId: string | null; isUnknown: boolean }
  | { is: 'done'; charged: number; change: number; after: Fulfilment }

export function HandOver(props: { each: Fulfilment; code: string; onClose(): void; onChanged(): void }) {
  const { texts, api, language, info } = useTill()
  const words = texts.service.pickup
  const { each } = props
  const [first] = useState(each)
  const open = first.lines.filter((line) => openOf(line) > 0)
  const [choice, setChoice] = useState<Choice>({
    code: props.code,
    override: null,
    taken: Object.fromEntries(open.map((line) => [line.line_id, openOf(line)])),
    rest: 'keep',
  })
  const [step, setStep] = useState<Step>({ is: 'choose' })
  const [wrong, setWrong] = useState('')
  const [isPrinting, setPrinting] = useState(false)
  const isOver = useRef(false)
  useEffect(() => {
    isOver.current = false
    return () => {
      isOver.current = true
    }
  }, [])
  const loaded = useLoaded(`hand-over ${first.order_id}`, () => readOrder(api, first.order_id))
  const order = loaded.is === 'there' ? loaded.data : null
  const dates = datesFor(language)
  const money = (amount: number) => dates.money(amount, order?.currency ?? info.store.currency)
  const left = open.filter((line) => (choice.taken[line.line_id] ?? 0) < openOf(line))
  const restOf = (line: (typeof open)[number]) => openOf(line) - (choice.taken[line.line_id] ?? 0)
  const refused = choice.rest === 'refuse' ? left : []
  const count = open.reduce((sum, line) => sum + (choice.taken[line.line_id] ?? 0), 0)
  const share =
    order &&
    shareOf(order, {
      taken: new Map(Object.entries(choice.taken)),
      refused: new Map(refused.map((line) => [line.line_id, restOf(line)])),
    })
  const mayGo =
    (count > 0 || refused.length > 0) &&
    (!first.needs_code || choice.override !== null || choice.code.trim().length >= 4)

  const bodyOf = (tender?: CounterTender) => {
    const lines = open
      .map((line) => ({ line_id: line.line_id, quantity: choice.taken[line.line_id] ?? 0 }))
      .filter(({ quantity }) => quantity > 0)
    return {
      ...(choice.override !== null
        ? { staff_override_reason: choice.override }
        : first.needs_code
          ? { code: choice.code.trim() }
          : { staff_override_reason: words.noCodeNeeded }),
      ...(left.length > 0 && lines.length > 0 ? { lines } : {}),
      ...(refused.length > 0
        ? {
            refuse: refused.map((line) => ({
              line_id: line.line_id,
              quantity: restOf(line),
              reason: words.refusedReason,
            })),
          }
        : {}),
      ...(tender === undefined ? {} : { tender }),
    }
  }
  const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  /** The same request with the same key until it is answered, then asked for until its outcome is known. */
  const sure = async (tender?: CounterTender): Promise<Fulfilment> => {
    const options = { body: bodyOf(tender), key: newKey(), timeoutMs: COLLECT_MS }
    const lost = () => setStep({ is: 'busy', terminalId: tender?.terminal_id ?? null, isUnknown: true })
    let after: Fulfilment | null = null
    while (after === null) {
      try {
        after = await api.call<Fulfilment>('POST', `/fulfilments/${first.id}/collect`, options)
      } catch (error) {
        if (!isRefused(error, 'no-answer', 'idempotency-in-flight', 'operation-in-flight') || isOver.current)
          throw error
        lost()
        await pause()
      }
    }
    while (['intent', 'unknown'].includes(after.charge.state) && !isOver.current) {
      lost()
      await pause()
      after = await api.get<Fulfilment>(`/fulfilments/${first.id}`).catch(() => after as Fulfilment)
    }
    return after
  }
  const collect = async (tender?: CounterTender) => {
    setWrong('')
    setStep({ is: 'busy', terminalId: tender?.terminal_id ?? null, isUnknown: false })
    try {
      const after = await sure(tender)
      props.onChanged()
      if (after.charge.state === 'declined') {
        soundBad()
        setWrong(texts.declines[after.charge.decline?.code ?? ''] ?? texts.declines['other'] ?? '')
        return setStep({ is: 'pay', why: 'declined', amount: after.charge.amount })
      }
      const change = tender?.cash ? await changeOf(after.charge.payment_id) : 0
      soundDone()
      setStep({ is: 'done', charged: after.charge.state === 'charged' ? after.charge.amount : 0, change, after })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      soundBad()
      if (error.code === 'order-not-paid') {
        const due = (await readOrder(api, first.order_id).catch(() => order))?.amount_due ?? 0
        return setStep({ is: 'pay', why: 'unpaid', amount: due })
      }
      setWrong(
        error.code === 'code-invalid'
          ? words.wrongCode
          : error.code === 'invalid-state'
            ? words.moved
            : error.code === 'no-answer'
              ? texts.noAnswer
              : (texts.refusals[error.code] ?? texts.failed),
      )
      setStep((now) =>
        tender && now.is !== 'choose' ? { is: 'pay', why: 'declined', amount: share ?? 0 } : { is: 'choose' },
      )
    }
  }
  const changeOf = async (paymentId: string | null): Promise<number> => {
    if (paymentId === null) return 0
    const payment = await api.get<Payment>(`/payments/${paymentId}`).catch(() => null)
    return payment?.tenders.findLast(({ cash }) => cash !== null)?.cash?.change ?? 0
  }
  const go = () => {
    if (step.is === 'choose' && mayGo) void collect()
  }
  const close = () => {
    // While it is not known how it ended it is asked for; the board shows it too.
    if (step.is === 'busy' && !step.isUnknown) return
    props.onClose()
  }
  const title = fill(words.handOverHeading, { number: first.order.number })
  return (
    <Dialog title={title} onClose={close} keys={{ Enter: step.is === 'done' ? props.onClose : go }}>
      {step.is === 'choose' ? (
        <>
          <HandOverChoice
            {...{ lines: open, needsCode: first.needs_code, choice, setChoice, left: left.length }}
            money={share == null ? null : money(share)}
            onSubmit={go}
          />
          <div className="said" role="alert">
            {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
          </div>
          <button type="button" className="button primary big" disabled={!mayGo} onClick={go}>
            {count === 0
              ? words.refuseAll
              : share
                ? fill(words.handOverCharge, { amount: money(share) })
                : words.verbs.collect}
          </button>
        </>
      ) : null}
      {step.is === 'pay' ? (
        <HandOverPay
          {...{ why: step.why, amount: step.amount, wrong, money }}
          onPay={(tender) => void collect(tender)}
        />
      ) : null}
      {step.is === 'busy' ? (
        step.isUnknown ? (
          <Banner kind="warn">
            <strong>{texts.tender.unknown}</strong> {texts.tender.unknownLead}
          </Banner>
        ) : step.terminalId ? (
          <TerminalProgress terminalId={step.terminalId} amount={share ?? first.charge.amount} />
        ) : (
          <p className="quiet busy-note" role="status">
            {words.charging}
          </p>
        )
      ) : null}
      {step.is === 'done' ? (
        <div className="handed" role="status">
          <Icon name="check" />
          <p className="due-label">
            {step.change > 0 ? texts.finished.change : step.charged > 0 ? words.charged : words.handedOver}
          </p>
          <p className="change-amount figure" data-charged={step.charged} data-change={step.change}>
            {step.change > 0 ? money(step.change) : step.charged > 0 ? money(step.charged) : ''}
          </p>
          <p className="quiet">{step.after.state === 'collected' ? words.doneLead : words.doneRefused}</p>
          <div className="row">
            <button type="button" className="button" onClick={() => setPrinting(true)}>
              <Icon name="print" />
              {texts.service.orders.print}
            </button>
            <button type="button" className="button primary big" data-first="" onClick={props.onClose}>
              {texts.done}
            </button>
          </div>
        </div>
      ) : null}
      {isPrinting ? <Slip id={first.order_id} isGift={false} onDone={() => setPrinting(false)} /> : null}
    </Dialog>
  )
}
