// What stands behind the lock: the ticket, the payment and the screens. It stays when the till is locked, so nothing is lost.

import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Api } from './api.ts'
import { createCounter } from './counter.ts'
import { DoneScreen } from './done-screen.tsx'
import { DrawerScreen } from './drawer-screen.tsx'
import { exchangeNow } from './exchange.ts'
import { ExchangeScreen } from './exchange-screen.tsx'
import { LinksScreen } from './links-screen.tsx'
import type { Device } from './offline/device.ts'
import { OpenShift } from './open-shift.tsx'
import { OrdersScreen } from './orders-screen.tsx'
import { Override } from './override.tsx'
import { PickupScreen } from './pickup-screen.tsx'
import { digitsOf, type Place } from './place.ts'
import { ReturnScreen } from './return-screen.tsx'
import { SellScreen } from './sell-screen.tsx'
import { TenderScreen } from './tender-screen.tsx'
import {
  formatsFor,
  type Notice,
  type Screen,
  type Session,
  type Settings,
  type Till,
  type TillInfo,
  TillProvider,
  useLink,
  useWords,
} from './till.tsx'
import { TopBar } from './top-bar.tsx'

interface DeskProps {
  api: Api
  info: TillInfo
  session: Session | null
  /** What the device has for selling alone. */
  own: Device | null
  settings: Settings
  lock(): void
  /** Locks, and says that the server asks for it. */
  lockAgain(): void
  refresh(): Promise<void>
  onSession(session: Session): void
  setSettings(settings: Settings): void
}

const noWatch = () => () => {}
const NOTICE_MS = 8_000

export function Desk(props: DeskProps) {
  const last = useRef(props.session)
  last.current = props.session ?? last.current
  // Before anybody has signed in there is nothing to show behind the lock.
  return last.current ? <Counter {...props} session={last.current} isLocked={props.session === null} /> : null
}

type Asked = { right: string; work: () => void | Promise<void> }

function Counter(props: DeskProps & { session: Session; isLocked: boolean }) {
  const { api, info, session, own, isLocked, lock } = props
  const now = useRef({ info, session })
  now.current = { info, session }
  const words = useWords()
  const place = useMemo<Place>(
    () => ({
      storeId: info.store.id,
      registerId: info.register.id,
      currency: { code: info.store.currency, digits: digitsOf(info.store.currency) },
    }),
    [info.store.id, info.register.id, info.store.currency],
  )
  const counter = useMemo(() => createCounter({ api, place, own, now: () => now.current }), [place, own])
  useEffect(() => counter.stop, [counter])
  const { ticket, sale, catalogue, alone, queue } = counter
  const { isAlone, notAble } = useSyncExternalStore(alone.watch, alone.state)
  const waiting = useSyncExternalStore(queue?.watch ?? noWatch, () => queue?.state().waiting.count ?? 0)
  const articles = useSyncExternalStore(catalogue.watch, catalogue.count)
  const link = useLink(api)
  const [screen, go] = useState<Screen>(() => ({
    is: !sale.state().cart ? 'sell' : exchangeNow() ? 'exchange' : 'tender',
  }))
  const [notice, setNotice] = useState<Notice | null>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  // A shift that was opened or closed decides whether the till may go on alone.
  useEffect(alone.look, [info.shift?.state])
  // A payment that waited for its outcome is on the screen again, once the till is back with its server.
  useEffect(() => {
    if (!isAlone && screen.is === 'sell' && sale.state().isUnderWay) go({ is: 'tender' })
  }, [isAlone, screen.is])
  const wasAlone = useRef(isAlone)
  useEffect(() => {
    if (wasAlone.current === isAlone) return
    wasAlone.current = isAlone
    setNotice({ kind: 'info', text: isAlone ? words.texts.offline.begun : words.texts.offline.ended })
  }, [isAlone])
  // Whoever unlocked without the server has no session of its; their PIN gives them one, between two customers.
  useEffect(() => {
    if (session.token === '' && !isAlone && link.isOn && !isLocked) props.lockAgain()
  }, [session.token, isAlone, link.isOn, isLocked])
  // Changes that waited while the till was locked, or its session had ended, go out under the new one.
  useEffect(() => {
    if (!isLocked) void ticket.read()
  }, [isLocked])

  const say = useCallback((next: Notice | null) => setNotice(next), [])
  useEffect(() => {
    if (!notice || notice.kind === 'bad') return
    const timer = setTimeout(() => setNotice((now) => (now === notice ? null : now)), NOTICE_MS)
    return () => clearTimeout(timer)
  }, [notice])

  const can = (right: string) => session.rights.includes(right)
  const till: Till = {
    ...words,
    ...formatsFor(words.language, place.currency),
    ...{ info, place, session, api, ticket, sale, catalogue, screen, lock, say, notice, can },
    ...{ alone, queue, isAlone, own },
    ...{ refresh: props.refresh, settings: props.settings, setSettings: props.setSettings },
    go(next) {
      setNotice(null)
      go(next)
    },
    withRight(right, work) {
      if (can(right)) void work()
      else setAsked({ right, work })
    },
  }
  return (
    <TillProvider value={till}>
      <div
        className="desk"
        inert={isLocked}
        data-alone={isAlone ? 'on' : (notAble ?? 'able')}
        data-queue={waiting}
        data-articles={articles}
      >
        <TopBar />
        {info.shift === null ? (
          <OpenShift />
        ) : (
          <Current
            key={screen.is === 'tender' ? String(isAlone) : ''}
            screen={info.shift?.state === 'ended' ? { is: 'drawer' } : screen}
          />
        )}
        {asked ? (
          <Override
            right={asked.right}
            onClose={() => setAsked(null)}
            onSession={(next) => {
              props.onSession(next)
              setAsked(null)
              // The counter's own person takes over again with their PIN.
              void Promise.resolve(asked.work())
                .then(() => ticket.settled())
                .finally(lock)
            }}
          />
        ) : null}
      </div>
    </TillProvider>
  )
}

function Current({ screen }: { screen: Screen }): ReactNode {
  switch (screen.is) {
    case 'sell':
      return <SellScreen />
    case 'tender':
      return <TenderScreen start={screen.start} />
    case 'done':
      return <DoneScreen />
    case 'drawer':
      return <DrawerScreen />
    case 'return':
      return <ReturnScreen orderId={screen.orderId} returnId={screen.returnId} />
    case 'exchange':
      return <ExchangeScreen />
    case 'orders':
      return <OrdersScreen key={screen.orderId} orderId={screen.orderId} />
    case 'pickup':
      return <PickupScreen key={screen.fulfilmentId} fulfilmentId={screen.fulfilmentId} />
    case 'links':
      return <LinksScreen orderNumber={screen.orderNumber} />
    default:
      return <SellScreen />
  }
}
