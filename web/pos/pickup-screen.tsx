// What is collected at this counter: from the order that has just come in to the customer who stands here. Tabs by state, the oldest promise
// first; it is looked at every few seconds, as others work at it too.

import { useEffect, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Page } from './answers.ts'
import { isRefused } from './api.ts'
import { type Fulfilment, nextVerb, PICKUP_STATES, pickupStoreOf } from './fulfilments.ts'
import { HandOver } from './hand-over.tsx'
import { Icon } from './icon.tsx'
import { useKeys, useScan } from './keys.ts'
import { useNarrow } from './narrow.ts'
import { NoticeBar } from './notice-bar.tsx'
import { orderOfAddress } from './order-address.ts'
import { Failed, Key, SCROLLED } from './parts.tsx'
import { AgeChip } from './pickup-age.tsx'
import { PickupDetail } from './pickup-detail.tsx'
import { usePolled } from './polled.ts'
import { RejectDialog } from './reject-dialog.tsx'
import { soundBad, soundOk } from './sound.ts'
import { quantityText, useTill } from './till.tsx'

const LOOK_MS = 5_000
const MOST = 100
/** Of what has been collected only the latest is shown. */
const MOST_DONE = 30

const TABS = [...PICKUP_STATES, 'rejected', 'collected'] as const
type Tab = (typeof TABS)[number]

interface Board {
  open: Fulfilment[]
  done: Fulfilment[]
}

export function PickupScreen({ fulfilmentId }: { fulfilmentId?: string }) {
  const { texts, api, info, go, say } = useTill()
  const words = texts.service.pickup
  const [tab, setTab] = useState<Tab | null>(null)
  const [chosenId, setChosen] = useState<string | null>(fulfilmentId ?? null)
  const [handing, setHanding] = useState<{ id: string; code: string } | null>(null)
  const [isRejecting, setRejecting] = useState(false)
  const [isBusy, setBusy] = useState(false)
  const board = usePolled<Board>(`board ${info.store.id}`, LOOK_MS, async () => {
    const store = info.store.id
    const [open, done] = await Promise.all([
      api.get<Page<Fulfilment>>(`/fulfilments?pickup_store_id=${store}&limit=${MOST}`),
      api.get<Page<Fulfilment>>(`/fulfilments?store_id=${store}&state=collected&mode=collect&limit=${MOST_DONE}`),
    ])
    return { open: open.data, done: done.data }
  })
  const open = board.data?.open ?? []
  const done = (board.data?.done ?? []).filter((each) => pickupStoreOf(each) === info.store.id)
  const listOf = (of: Tab) => (of === 'collected' ? done : open.filter(({ state }) => state === of)).sort(byMoment)
  // Whoever waits at the counter comes first, then what nobody has begun.
  const shownTab =
    tab ??
    (['arrived', 'pending', 'accepted', 'picking', 'ready'] as const).find((of) => listOf(of).length > 0) ??
    'pending'
  const all = [...open, ...done]
  const chosen = all.find(({ id }) => id === chosenId) ?? null
  const handed = handing === null ? null : (all.find(({ id }) => id === handing.id) ?? null)
  const next = chosen && nextVerb(chosen)

  // What was asked for from elsewhere is shown where it stands.
  useEffect(() => {
    if (fulfilmentId === undefined || board.data === null || tab !== null) return
    const asked = all.find(({ id }) => id === fulfilmentId)
    if (asked) {
      setTab(asked.state as Tab)
      if (nextVerb(asked) === 'collect') setHanding({ id: asked.id, code: '' })
    }
  }, [board.data === null])

  const move = async (verb: 'accept' | 'pick' | 'ready' | 'arrive') => {
    if (!chosen || isBusy) return
    setBusy(true)
    try {
      const moved = await api.call<Fulfilment>('POST', `/fulfilments/${chosen.id}/${verb}`, { version: chosen.version })
      soundOk()
      // The customer is told the code; staff hear it only where somebody asks for another one.
      const { number } = moved.order
      if (verb === 'ready' && chosen.state === 'ready')
        say({ kind: 'info', text: fill(words.codeIs, { number, code: moved.code ?? '' }) })
      else if (verb === 'ready') say({ kind: 'good', text: fill(words.isReady, { number }) })
      setTab(moved.state as Tab)
    } catch (error) {
      soundBad()
      // Somebody else was quicker: the board says where it is now.
      const isLate = isRefused(error, 'version-conflict', 'invalid-state')
      say({ kind: 'bad', text: isLate ? words.moved : isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed })
    }
    await board.look()
    setBusy(false)
  }
  const main = () => {
    if (!chosen || next === null) return
    if (next === 'collect') setHanding({ id: chosen.id, code: '' })
    else void move(next)
  }
  // On a phone the one that was chosen takes the place of the list.
  const isOne = useNarrow() && chosen !== null
  const leave = () => {
    if (isOne) setChosen(null)
    else go({ is: 'sell' })
  }
  const open1 = (each: Fulfilment, code = '') => {
    setChosen(each.id)
    setTab(each.state as Tab)
    if (nextVerb(each) === 'collect') setHanding({ id: each.id, code })
  }
  useScan(async (text) => {
    const orderId = orderOfAddress(text)
    const number = text.replace(/^#/, '')
    // It may have become ready a moment ago, at another till.
    const seen = await board.look()
    const found = (seen?.open ?? open)
      .filter(({ order_id, order }) => order_id === orderId || order.number === number)
      .sort((a, b) => rank(b) - rank(a))[0]
    if (found) {
      soundOk()
      return open1(found, /#([0-9A-Z]{4,20})$/i.exec(text)?.[1] ?? '')
    }
    soundBad()
    say({ kind: 'bad', text: words.notHere })
  })
  useKeys({ Escape: leave, Enter: main })
  return (
    <main className={chosen === null ? 'office orders' : 'office orders has-one'}>
      <section className="office-work" aria-label={words.heading}>
        <fieldset className="tabs" aria-label={words.tabs}>
          {TABS.filter((of) => of !== 'rejected' || listOf(of).length > 0).map((of) => (
            <button
              key={of}
              type="button"
              className="chip"
              aria-pressed={of === shownTab}
              onClick={() => {
                setTab(of)
                setChosen(null)
              }}
            >
              {words.tabNames[of]}
              {of === 'collected' ? null : <span className="count figure">{listOf(of).length}</span>}
            </button>
          ))}
        </fieldset>
        {board.data === null ? (
          board.hasFailed ? (
            <Failed again={() => void board.look()} />
          ) : (
            <ul className="rows order-rows" aria-busy="true">
              {[0, 1, 2].map((i) => (
                <li key={i} className="blank order-blank" />
              ))}
            </ul>
          )
        ) : listOf(shownTab).length === 0 ? (
          <p className="quiet tiles-empty">{words.empty[shownTab]}</p>
        ) : (
          <ul className="rows order-rows">
            {listOf(shownTab).map((each) => (
              <li key={each.id}>
                <Row each={each} now={board.at} isChosen={each.id === chosenId} onPress={() => setChosen(each.id)} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <section className="ticket office-side" aria-label={words.one} {...SCROLLED}>
        {chosen === null ? (
          <div className="lines-empty">
            <Icon name="box" />
            <p>{words.choose}</p>
            <p className="quiet">{words.chooseLead}</p>
          </div>
        ) : (
          <PickupDetail each={chosen} now={board.at} />
        )}
      </section>
      <NoticeBar />
      <nav className="functions" aria-label={texts.sell.functions}>
        <Key icon="back" label={isOne ? words.back : texts.drawer.back} hint="Esc" onPress={leave} />
        <Key
          icon="bag"
          label={words.orderKey}
          isOff={chosen === null}
          onPress={() => chosen && go({ is: 'orders', orderId: chosen.order_id })}
        />
        <Key
          icon="person"
          label={words.arriveKey}
          isOff={isBusy || chosen?.state !== 'ready'}
          onPress={() => void move('arrive')}
        />
        <Key
          icon="qr"
          label={words.newCode}
          isOff={isBusy || chosen?.state !== 'ready'}
          onPress={() => void move('ready')}
        />
        <Key
          icon="cross"
          label={words.rejectKey}
          kind="danger"
          isOff={isBusy || next === null}
          onPress={() => setRejecting(true)}
        />
      </nav>
      <div className="pay-bar">
        <button type="button" className="pay" disabled={isBusy || next === null} onClick={main}>
          {words.verbs[next ?? 'accept']}
        </button>
      </div>
      {isRejecting && chosen ? (
        <RejectDialog
          each={chosen}
          onClose={() => setRejecting(false)}
          onDone={() => {
            setRejecting(false)
            setChosen(null)
            void board.look()
          }}
        />
      ) : null}
      {handed ? (
        <HandOver
          key={handed.id}
          each={handed}
          code={handing?.code ?? ''}
          onClose={() => setHanding(null)}
          onChanged={() => void board.look()}
        />
      ) : null}
    </main>
  )
}

function Row(props: { each: Fulfilment; now: number; isChosen: boolean; onPress(): void }) {
  const { texts, language } = useTill()
  const words = texts.service.pickup
  const { each } = props
  const goods = each.lines
    .filter(({ quantity, dropped }) => quantity > dropped)
    .map((line) => `${quantityText(line.quantity - line.dropped, line.unit, language)} × ${line.name}`)
  return (
    <button type="button" className="order-row pickup" aria-pressed={props.isChosen} onClick={props.onPress}>
      <Icon name={each.order.charge === 'on_collection' ? 'coins' : 'check'} />
      <span className="hidden">{each.order.charge === 'on_collection' ? words.paysHere : words.paidBefore}</span>
      <span className="order-what">
        <strong>{fill(texts.order, { number: each.order.number })}</strong>
        <span className="own">{each.order.name ?? each.order.email ?? texts.customer.unnamed}</span>
        <span className="quiet own">{goods.join(', ')}</span>
      </span>
      <AgeChip each={each} now={props.now} />
    </button>
  )
}

/** The oldest promise first; of what was collected the latest. */
function byMoment(a: Fulfilment, b: Fulfilment): number {
  if (a.state === 'collected') return a.updated_at < b.updated_at ? 1 : -1
  const of = ({ state, promised_at, expires_at, updated_at }: Fulfilment) =>
    (state === 'ready' || state === 'arrived' ? expires_at : promised_at) ?? updated_at
  // What is still on its way here nobody can begin with.
  if ((a.transfer_state === null) !== (b.transfer_state === null)) return a.transfer_state === null ? -1 : 1
  return of(a) < of(b) ? -1 : 1
}

const rank = ({ state }: Fulfilment): number => PICKUP_STATES.indexOf(state as (typeof PICKUP_STATES)[number])
