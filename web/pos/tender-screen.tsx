// Paying: what is due, large; how it is paid, in keys that never move; what has been paid of it.

import { useEffect, useState, useSyncExternalStore } from 'react'
import { roundCash } from '../../server/totals/index.ts'
import { fill } from '../shared/fill.ts'
import { isRefused } from './api.ts'
import { useBalances } from './balances.ts'
import { GiftCardDialog } from './gift-card-dialog.tsx'
import { Icon } from './icon.tsx'
import { useKeys, useScan } from './keys.ts'
import { LeaveDialog, useReopen } from './leave-sale.tsx'
import { LinkDialog } from './link-dialog.tsx'
import { NoticeBar } from './notice-bar.tsx'
import { SlipDialog } from './offline/slip-dialog.tsx'
import { Banner, digitKeys, Key, Numpad, withDigits } from './parts.tsx'
import { notesOf } from './place.ts'
import type { SaleState, TenderInput } from './sale.ts'
import { soundBad, soundDone } from './sound.ts'
import { TenderList } from './tender-list.tsx'
import { TerminalProgress } from './terminal-progress.tsx'
import { useLink, useSale, useTill } from './till.tsx'

const MOST_DIGITS = 9

export function TenderScreen({ start }: { start?: 'cash' | 'card' }) {
  const { texts, info, api, ticket, sale, catalogue, alone, isAlone, go, money, say } = useTill()
  const link = useLink(api)
  const { notAble } = useSyncExternalStore(alone.watch, alone.state)
  const state = useSale()
  const [digits, setDigits] = useState('')
  const [given, setGiven] = useState(0)
  const standAlone = catalogue.facts()?.settings?.terminals ?? []
  // Without the server only a terminal that a person reads can be used.
  const terminals = isAlone ? standAlone : info.terminals
  const [terminal, setTerminal] = useState(terminals[0]?.id)
  const byHand = standAlone.find(({ id }) => id === terminal)
  const [open, setOpen] = useState<'gift' | 'link' | 'leave' | 'slip' | null>(null)
  const reopen = useReopen()
  const { due, busy, cart } = state
  const typed = Number(digits)
  const cashDue = inCash(due, info.store.cash_rounding)
  const isBusy = busy !== null || cart === null
  const balances = useBalances(cart?.customer_id ?? null)

  // What is on the ticket now is what is paid, with all its changes answered.
  useEffect(() => {
    if (sale.state().cart) return
    ticket.settled().then(
      (settled) => {
        if (!settled || settled.lines.length === 0) return go({ is: 'sell' })
        sale.begin(settled)
        if (start === 'cash') void sale.tender(cashOf(inCash(settled.total, info.store.cash_rounding)))
        if (start === 'card' && byHand) setOpen('slip')
        else if (start === 'card' && terminal) void sale.tender({ method: 'card', terminal_id: terminal })
      },
      (error: unknown) => {
        go({ is: 'sell' })
        say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed })
      },
    )
  }, [])
  useEffect(() => {
    if (!state.isPaid || state.busy) return
    ticket.leave()
    soundDone()
    go({ is: 'done' })
  }, [state.isPaid, state.busy])
  useEffect(() => {
    if (state.declined || state.refusal) soundBad()
  }, [state.declined, state.refusal])

  const cashOf = (tendered: number): TenderInput => ({
    method: 'cash',
    cash: { register_id: info.register.id, tendered },
  })
  const pay = (input: TenderInput) => {
    if (isBusy || due === 0) return
    setDigits('')
    setGiven(0)
    void sale.tender(input)
  }
  /** A part where a smaller amount was typed; else all that is due. */
  const part = typed > 0 && typed < due ? { amount: typed } : {}
  const byCash = (tendered: number) =>
    pay(tendered >= cashDue ? cashOf(tendered) : { ...cashOf(tendered), amount: tendered })
  const byNote = (note: number) => {
    const sum = given + note
    if (sum >= cashDue) byCash(sum)
    else setGiven(sum)
  }
  const byCard = () => {
    if (isBusy || due === 0 || !terminal) return
    if (byHand) setOpen('slip')
    else pay({ method: 'card', terminal_id: terminal, ...part })
  }
  const byBalance = (method: 'store_credit' | 'points', available: number) => {
    const amount = Math.min(available, typed > 0 ? typed : due)
    pay({ method, ...(amount < due ? { amount } : {}) })
  }
  const leave = () => {
    if (busy) return
    const paid = state.payment?.tenders.some(({ amount_captured }) => amount_captured > 0)
    if (paid) setOpen('leave')
    else if (state.order) void reopen()
    else {
      sale.end()
      go({ is: 'sell' })
    }
  }
  const isFirst = state.payment === null || state.payment.tenders.every(({ amount_captured }) => amount_captured === 0)
  // Typing a slip over is the slower way.
  const isCardFirst = terminal !== undefined && !byHand
  const why = isAlone ? texts.offline.why : undefined
  const canSetAside = !isAlone && !link.isOn && state.isUnderWay && notAble === null
  // Nothing to pay: the order alone is made.
  const isFree = cart !== null && cart.total === 0
  const main = () => {
    if (isFree) sale.place().catch(() => say({ kind: 'bad', text: texts.failed }))
    else if (isCardFirst) byCard()
    else byCash(typed > 0 ? typed : cashDue)
  }

  useScan(() => {
    soundBad()
    say({ kind: 'bad', text: texts.tender.noScan })
  })
  useKeys({
    ...digitKeys((change) => setDigits(change), MOST_DIGITS),
    Escape: leave,
    Enter: () => (typed > 0 && typed >= due ? byCash(typed) : main()),
    F10: () => byCash(cashDue),
    'Alt+1': byCard,
    'Alt+2': () => byCash(typed > 0 ? typed : cashDue),
    'Alt+3': () => (isAlone ? undefined : setOpen('gift')),
    'Alt+4': () => (balances.credit > 0 ? byBalance('store_credit', balances.credit) : undefined),
    'Alt+5': () => (balances.points > 0 ? byBalance('points', balances.points) : undefined),
    'Alt+6': () => (isFirst && !isAlone ? setOpen('link') : undefined),
  })
  const isAtTerminal =
    busy?.input.method === 'card' && busy.input.terminal_id !== undefined && busy.input.manual === undefined
  return (
    <main className="tender">
      <section className="due" aria-label={texts.tender.due}>
        <p className="due-label">
          {state.payment && due < state.payment.amount ? texts.tender.rest : texts.tender.due}
        </p>
        <p className="due-amount figure" data-due={due}>
          {money(due)}
        </p>
        <p className="due-note quiet">{cashDue === due ? '' : fill(texts.tender.inCash, { amount: money(cashDue) })}</p>
      </section>
      <div className="tender-said" role="alert">
        <Outcome state={state} canSetAside={canSetAside} />
      </div>
      {isAtTerminal ? (
        <TerminalProgress terminalId={busy.input.terminal_id as string} amount={busy.input.amount ?? due} />
      ) : (
        <div className="tender-work">
          <div className="cash">
            <p className={given > 0 || typed > 0 ? 'typed' : 'typed none'} role="status">
              <span className="quiet">{given > 0 ? texts.tender.given : texts.tender.amount}</span>
              <strong className="figure">{money(given > 0 ? given : typed > 0 ? typed : due)}</strong>
            </p>
            <Numpad
              onDigit={(more) => {
                setGiven(0)
                setDigits(withDigits(digits, more, MOST_DIGITS))
              }}
              onBack={() => {
                setGiven(0)
                setDigits(digits.slice(0, -1))
              }}
            />
            {terminals.length > 1 ? (
              <fieldset className="terminals" aria-label={texts.tender.terminals}>
                {terminals.map(({ id, name }) => (
                  <button
                    key={id}
                    type="button"
                    className="chip"
                    aria-pressed={id === terminal}
                    onClick={() => setTerminal(id)}
                  >
                    {name}
                  </button>
                ))}
              </fieldset>
            ) : null}
          </div>
          <fieldset className="notes" aria-label={texts.tender.notes}>
            <button type="button" className="note exact" disabled={isBusy} onClick={() => byCash(cashDue)}>
              <span>{texts.tender.exact}</span>
              <strong className="figure">{money(cashDue)}</strong>
              <span className="hint" aria-hidden="true">
                F10
              </span>
            </button>
            {notesOf(info.store.currency).map((note) => (
              <button key={note} type="button" className="note" disabled={isBusy} onClick={() => byNote(note)}>
                <strong className="figure">{noteText(money(note))}</strong>
              </button>
            ))}
          </fieldset>
          <fieldset className="methods" aria-label={texts.tender.methods}>
            <Key
              icon="card"
              label={byHand ? texts.offline.tender.standAlone : texts.tender.card}
              hint="Alt+1"
              isOff={isBusy || !terminal}
              why={terminal ? undefined : why}
              onPress={byCard}
            />
            <Key
              icon="coins"
              label={typed > 0 ? fill(texts.tender.cashOf, { amount: money(typed) }) : texts.tender.cash}
              hint="Alt+2"
              isOff={isBusy}
              onPress={() => byCash(typed > 0 ? typed : cashDue)}
            />
            <Key
              icon="gift"
              label={texts.tender.giftCard}
              hint="Alt+3"
              isOff={isBusy}
              why={why}
              onPress={() => setOpen('gift')}
            />
            <Key
              icon="person"
              label={
                balances.credit > 0
                  ? fill(texts.tender.creditOf, { amount: money(balances.credit) })
                  : texts.tender.credit
              }
              hint="Alt+4"
              isOff={isBusy || balances.credit === 0}
              why={why}
              onPress={() => byBalance('store_credit', balances.credit)}
            />
            <Key
              icon="star"
              label={
                balances.points > 0
                  ? fill(texts.tender.pointsOf, { amount: money(balances.points) })
                  : texts.tender.points
              }
              hint="Alt+5"
              isOff={isBusy || balances.points === 0}
              why={why}
              onPress={() => byBalance('points', balances.points)}
            />
            <Key
              icon="qr"
              label={texts.tender.link}
              hint="Alt+6"
              isOff={isBusy || !isFirst}
              why={why}
              onPress={() => setOpen('link')}
            />
          </fieldset>
        </div>
      )}
      <TenderList state={state} />
      <NoticeBar />
      <nav className="functions" aria-label={texts.sell.functions}>
        <Key icon="back" label={texts.tender.back} hint="Esc" isOff={busy !== null} onPress={leave} />
        {canSetAside ? (
          <Key
            icon="offline"
            label={texts.offline.tender.setAside}
            onPress={() => {
              if (alone.begin()) go({ is: 'sell' })
            }}
          />
        ) : null}
      </nav>
      <div className="pay-bar">
        <button type="button" className="pay" disabled={isBusy || (due === 0 && !isFree)} onClick={main}>
          <span>{isFree ? texts.tender.free : isCardFirst ? texts.tender.card : texts.tender.cash}</span>
          <strong className="figure">{money(part.amount ?? (isCardFirst ? due : cashDue))}</strong>
          <span className="hint" aria-hidden="true">
            Enter
          </span>
        </button>
      </div>
      {open === 'gift' ? (
        <GiftCardDialog
          due={typed > 0 && typed < due ? typed : due}
          onClose={() => setOpen(null)}
          onPay={(input, amount) => {
            setOpen(null)
            pay({ ...input, ...(amount < due ? { amount } : {}) })
          }}
        />
      ) : null}
      {open === 'slip' && byHand ? (
        <SlipDialog
          terminal={byHand}
          amount={part.amount ?? due}
          onClose={() => setOpen(null)}
          onPay={(input) => {
            setOpen(null)
            pay(input)
          }}
        />
      ) : null}
      {open === 'link' ? <LinkDialog onClose={() => setOpen(null)} /> : null}
      {open === 'leave' ? <LeaveDialog onClose={() => setOpen(null)} /> : null}
    </main>
  )
}

/** What is due, in coins there are. */
function inCash(
  due: number,
  rule: { increment: number; mode: 'half_up' | 'half_down' | 'always_down' } | null,
): number {
  if (!rule) return due
  const { increment, mode } = rule
  const { rounded } = roundCash(BigInt(due), {
    ...{ currency: '', increment_minor: BigInt(increment), mode, is_optional: true },
  })
  return Number(rounded)
}

/** A note has no cents: `€ 50`, not `€ 50,00`. */
const noteText = (text: string): string => text.replace(/[.,]00(?=\D*$)/, '')

function Outcome({ state, canSetAside }: { state: SaleState; canSetAside: boolean }) {
  const { texts, money, isAlone } = useTill()
  if (state.isUnknown) {
    return (
      <Banner kind="warn">
        <strong>{texts.tender.unknown}</strong>{' '}
        {canSetAside ? texts.offline.tender.setAsideLead : texts.tender.unknownLead}
      </Banner>
    )
  }
  if (state.declined) {
    const code = state.declined.decline?.code ?? ''
    if (code === 'canceled') return <Banner kind="info">{texts.tender.canceled}</Banner>
    return (
      <Banner kind="bad">
        <strong>{texts.tender.declined}</strong> {texts.declines[code] ?? texts.declines['other']}
      </Banner>
    )
  }
  if (state.refusal) {
    const { code, more } = state.refusal
    const words = texts.offline.refusals[code]
    // A limit of money, or a number of hours or sales.
    const most = typeof more['most'] === 'number' ? more['most'] : 0
    const text = words && fill(words, { most: /sale|device/.test(code) ? money(most) : most })
    return (
      <Banner kind="bad">
        {text ?? texts.refusals[code] ?? texts.failed} {texts.tender.nothingTaken}
      </Banner>
    )
  }
  return isAlone ? <Banner kind="info">{texts.offline.tender.onlyThese}</Banner> : null
}

/** The icon of a way to pay. */
export function methodIcon(method: string) {
  const icons = { cash: 'coins', gift_card: 'gift', store_credit: 'person', points: 'star' } as const
  return <Icon name={icons[method as keyof typeof icons] ?? 'card'} />
}
