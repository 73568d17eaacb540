// From a bare browser to a till: paired to a register, somebody signed in, a shift open. Then the desk.

import { useCallback, useEffect, useMemo, useState } from 'react'
import { createApi, isRefused } from './api.ts'
import { Desk } from './desk.tsx'
import { keep, kept, NAMES } from './keep.ts'
import { keepFocus, listenForKeys, scanned } from './keys.ts'
import { LockScreen } from './lock-screen.tsx'
import type { Boxes } from './offline/boxes.ts'
import { type Device, openDevice } from './offline/device.ts'
import { forgetOthers } from './offline/people.ts'
import type { PosState } from './page.tsx'
import { PairScreen } from './pair-screen.tsx'
import { Failed } from './parts.tsx'
import { listenForScans } from './scanner.ts'
import { setSound } from './sound.ts'
import { loadTexts } from './texts/load.ts'
import type { Texts } from './texts/texts.ts'
import { useTheme } from './theme.ts'
import { type Session, type Settings, type TillInfo, WordsProvider } from './till.tsx'

const USUAL: Settings = { theme: 'auto', sound: true }

export function App({ state, boxes }: { state: PosState; boxes: Boxes | null }) {
  const [words, setWords] = useState<{ language: string; texts: Texts }>(state)
  const [device, setDevice] = useState(() => kept<{ key: string }>(NAMES.device))
  const [session, setSession] = useState(() => kept<Session>(NAMES.session))
  const [settings, setSettings] = useState<Settings>(() => ({ ...USUAL, ...kept<Settings>(NAMES.settings) }))
  const [info, setInfo] = useState<TillInfo | null>(null)
  const [hasFailed, setFailed] = useState(false)
  /** Undefined until it is known what this device can do alone. */
  const [own, setOwn] = useState<Device | null>()
  useTheme(settings.theme)

  // Asked for in the middle of a call, when what is drawn may be older.
  const held = useMemo(() => ({ device, session }), [])
  const hold = useCallback((next: Session | null) => {
    held.session = next
    keep(NAMES.session, next)
    setSession(next)
  }, [])
  const pair = useCallback((next: { key: string } | null) => {
    held.device = next
    keep(NAMES.device, next)
    setDevice(next)
    setInfo(null)
    keep(NAMES.info, null)
    if (next === null) hold(null)
  }, [])
  const api = useMemo(
    () =>
      createApi({
        device: () => held.device?.key,
        session: () => held.session?.token,
        lock: () => hold(null),
        unpair: () => pair(null),
      }),
    [],
  )
  const read = useCallback(async () => {
    setFailed(false)
    try {
      const told = await api.get<TillInfo>('/till', { as: 'device' })
      setInfo(told)
      keep(NAMES.info, told)
      if (boxes)
        await forgetOthers(
          boxes,
          told.staff.map(({ id }) => id),
        )
    } catch (error) {
      if (isRefused(error, 'unauthenticated')) return
      // A till that starts while its server is away is where it was.
      const before = kept<TillInfo>(NAMES.info)
      if (before) setInfo((now) => now ?? before)
      else setFailed(true)
    }
  }, [])

  useEffect(() => {
    if (!device) return
    void read()
    setOwn(undefined)
    let isOver = false
    let opened: Device | null = null
    openDevice(boxes, api, device.key)
      .catch(() => null)
      .then((next) => {
        opened = next
        if (isOver) next?.queue.stop()
        else setOwn(next)
      })
    return () => {
      isOver = true
      opened?.queue.stop()
    }
  }, [device])
  useEffect(() => setSound(settings.sound), [settings.sound])
  useEffect(() => {
    const stops = [listenForScans(scanned), listenForKeys(), keepFocus()]
    return () => {
      for (const stop of stops) stop()
    }
  }, [])
  useEffect(() => {
    document.documentElement.lang = words.language
    document.title = words.texts.title
  }, [words])

  const setLanguage = useCallback(async (language: string) => {
    setWords({ language, texts: await loadTexts(language) })
  }, [])
  const signedIn = (next: Session) => {
    hold(next)
    const { language } = next.staff
    if (language && language !== words.language && state.view.languages.some(({ code }) => code === language))
      void setLanguage(language)
  }
  /** Locked not by anybody's wish, but because the server wants to know who is there. */
  const [isAgain, setAgain] = useState(false)
  const lock = useCallback(() => {
    setAgain(false)
    // One that was unlocked without the server is none of the server's.
    if (held.session?.token && api.link.isOn) api.call('DELETE', '/till/sessions').catch(() => {})
    hold(null)
  }, [])

  const lockAgain = useCallback(() => {
    lock()
    setAgain(true)
  }, [])

  return (
    <WordsProvider value={{ ...words, languages: state.view.languages, setLanguage: (code) => void setLanguage(code) }}>
      {device === null ? (
        <PairScreen api={api} onPaired={pair} />
      ) : info === null || own === undefined ? (
        <main className="splash">{hasFailed ? <Failed again={() => void read()} /> : null}</main>
      ) : (
        <>
          {/* The desk stays behind the lock: ticket and payment go on. */}
          <Desk
            {...{ api, info, lock, lockAgain, own, settings }}
            session={session}
            refresh={read}
            onSession={signedIn}
            setSettings={(next) => {
              keep(NAMES.settings, next)
              setSettings(next)
            }}
          />
          {session === null ? <LockScreen {...{ api, boxes, info, isAgain }} onSignedIn={signedIn} /> : null}
        </>
      )}
    </WordsProvider>
  )
}
