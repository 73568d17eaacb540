// A locked till: who stands here, and their PIN. The ticket waits behind it.

import { useEffect, useRef, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { type Api, isRefused, Refused } from './api.ts'
import { Icon } from './icon.tsx'
import { useKeys, useScan } from './keys.ts'
import { Languages } from './languages.tsx'
import type { Boxes } from './offline/boxes.ts'
import { canBeAlone } from './offline/locks.ts'
import { knownHere, remember, unlock } from './offline/people.ts'
import { Mark } from './pair-screen.tsx'
import { Avatar, Banner, Numpad } from './parts.tsx'
import { type Session, type StaffBrief, type TillInfo, useLink, useWords } from './till.tsx'

const MOST = 8
const LEAST = 4
/** Whoever stands at the lock is not kept waiting by a server that is away. */
const SIGN_IN_MS = 6_000
const PIN = /^\d{4,8}$/

export function LockScreen({
  api,
  boxes,
  info,
  isAgain,
  onSignedIn,
}: {
  api: Api
  boxes: Boxes | null
  info: TillInfo
  /** The server is back and asks who is there. */
  isAgain: boolean
  onSignedIn(session: Session): void
}) {
  const { texts } = useWords()
  const [who, setWho] = useState<StaffBrief | null>(null)
  const { merchant, store, register, staff } = info
  const link = useLink(api)
  const known = useKnownHere(boxes)
  const isHere = (id: string) => link.isOn || known === null || known.has(id)
  return (
    <main className="gate lock" aria-labelledby="lock-heading">
      <div className="gate-card wide">
        <header className="lock-head">
          <Mark />
          <div>
            <h1 id="lock-heading">{merchant.name}</h1>
            <p className="lead">
              {store.name} · {register.name}
            </p>
          </div>
          <Clock />
        </header>
        <div className="lock-body">
          <section aria-labelledby="who">
            <h2 id="who">{texts.lock.who}</h2>
            {link.isOn ? null : <p className="lock-away">{texts.offline.lock.known}</p>}
            {link.isOn && isAgain ? <p className="lock-away">{texts.offline.lock.again}</p> : null}
            {staff.length === 0 ? <p className="quiet">{texts.lock.nobody}</p> : null}
            <ul className="people">
              {staff.map((each) => (
                <li key={each.id}>
                  <button
                    type="button"
                    className="person"
                    aria-pressed={who?.id === each.id}
                    onClick={() => setWho(each)}
                  >
                    <Avatar initials={each.initials} />
                    <span>
                      <strong>{each.name}</strong>
                      <span className="quiet">
                        {texts.roles[each.role] ?? each.role}
                        {isHere(each.id) ? '' : ` · ${texts.offline.lock.elsewhere}`}
                      </span>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
          <PinPad key={who?.id ?? ''} {...{ api, boxes, who, onSignedIn }} action={texts.lock.unlock} />
        </div>
      </div>
      <Languages />
    </main>
  )
}

/** Takes a PIN and signs its owner in at this device. */
export function PinPad(props: {
  api: Api
  boxes: Boxes | null
  who: StaffBrief | null
  action: string
  onSignedIn(session: Session): void
}) {
  const { api, boxes, who, onSignedIn } = props
  const { texts } = useWords()
  const [pin, setPin] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState('')
  const hint = useDemoPin(api, who)
  const isOver = useRef(false)
  const section = useRef<HTMLElement>(null)
  useEffect(() => {
    isOver.current = false
    // Whoever chose a name with the keyboard goes on with the PIN.
    if (who) section.current?.focus()
    return () => {
      isOver.current = true
    }
  }, [])

  const add = (digits: string) => {
    setWrong('')
    setPin((now) => (now + digits).slice(0, MOST))
  }
  const submit = (typed = pin) => {
    if (!who || isBusy || typed.length < LEAST) return
    setBusy(true)
    signIn({ api, boxes, staffId: who.id, pin: typed })
      .then(onSignedIn)
      .catch((error: unknown) => {
        if (isOver.current) return
        setPin('')
        if (isRefused(error, 'offline-unknown')) setWrong(fill(texts.offline.lock.unknown, { name: who.name }))
        else if (isRefused(error, 'pin-wrong')) setWrong(texts.lock.wrong)
        else if (isRefused(error, 'pin-locked', 'rate-limited'))
          setWrong(fill(texts.lock.locked, { seconds: /\d+/.exec(error.detail)?.[0] ?? '60' }))
        else setWrong(isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed)
      })
      .finally(() => {
        if (!isOver.current) setBusy(false)
      })
  }
  // A PIN that comes all at once is a badge that was scanned.
  useScan((code) => {
    if (PIN.test(code)) submit(code)
    setPin('')
  })
  useKeys(
    {
      ...Object.fromEntries([...'0123456789'].map((digit) => [digit, () => (who ? add(digit) : undefined)])),
      Backspace: () => setPin((now) => now.slice(0, -1)),
      Delete: () => setPin(''),
      Enter: () => submit(),
    },
    { isModal: true },
  )
  return (
    <section className="pin" ref={section} tabIndex={-1} aria-label={texts.lock.pin}>
      <p className="pin-who">{who ? fill(texts.lock.pinOf, { name: who.name }) : texts.lock.choose}</p>
      <p className="dots" role="status" aria-label={fill(texts.lock.typed, { n: pin.length })}>
        {Array.from({ length: Math.max(LEAST, pin.length) }, (_, i) => (
          <span key={String(i)} className={i < pin.length ? 'dot on' : 'dot'} />
        ))}
      </p>
      <Numpad onDigit={add} onBack={() => setPin(pin.slice(0, -1))} onClear={() => setPin('')} hasDouble={false} />
      <button
        type="button"
        className="button primary big"
        disabled={!who || pin.length < LEAST || isBusy}
        onClick={() => submit()}
      >
        <Icon name="lock" />
        {props.action}
      </button>
      <div className="said" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
      </div>
      {hint === null ? null : <p className="quiet demo-pin">{fill(texts.lock.demoPin, { pin: hint })}</p>}
    </section>
  )
}

/** With the server while it answers; else by what this device remembers of who signed in here. */
async function signIn(of: { api: Api; boxes: Boxes | null; staffId: string; pin: string }): Promise<Session> {
  const { api, boxes, staffId, pin } = of
  if (api.link.isOn) {
    try {
      const body = { staff_id: staffId, pin }
      const session = await api.call<Session>('POST', '/till/sessions', { body, as: 'device', timeoutMs: SIGN_IN_MS })
      // For the next time, when nobody may be there to ask.
      if (boxes && canBeAlone()) void remember(boxes, session, pin, Date.now()).catch(() => {})
      return session
    } catch (error) {
      if (!isRefused(error, 'no-answer')) throw error
    }
  }
  if (!boxes || !canBeAlone()) throw new Refused('no-answer')
  const answer = await unlock(boxes, staffId, pin, Date.now())
  if (answer.is === 'known') return answer.session
  if (answer.is === 'waits') throw new Refused('pin-locked', 0, String(answer.seconds))
  throw new Refused(answer.is === 'wrong' ? 'pin-wrong' : 'offline-unknown')
}

/** Who may unlock without the server; null until that is known. */
function useKnownHere(boxes: Boxes | null): Set<string> | null {
  const [known, setKnown] = useState<Set<string> | null>(boxes ? null : new Set())
  useEffect(() => {
    if (boxes) knownHere(boxes, Date.now()).then(setKnown, () => {})
  }, [boxes])
  return known
}

/** In the demo PINs are no secret: whoever tries it needs no manual. */
function useDemoPin(api: Api, who: StaffBrief | null): string | null {
  const [pins, setPins] = useState<{ id: string; pin: string }[]>([])
  useEffect(() => {
    api.get<{ registers: { staff: { id: string; pin: string }[] }[] }>('/till/demo', { as: 'public' }).then(
      ({ registers }) => setPins(registers.flatMap(({ staff }) => staff)),
      () => {},
    )
  }, [])
  return pins.find(({ id }) => id === who?.id)?.pin ?? null
}

function Clock() {
  const { language } = useWords()
  const [now, setNow] = useState(() => new Date())
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 5_000)
    return () => clearInterval(timer)
  }, [])
  const locale = language === 'en' ? 'en-GB' : language
  return (
    <p className="clock">
      <strong>{now.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' })}</strong>
      <span className="quiet">
        {now.toLocaleDateString(locale, { weekday: 'long', day: 'numeric', month: 'long' })}
      </span>
    </p>
  )
}
