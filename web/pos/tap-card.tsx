// A card held to the terminal before anything is paid: whose it is, or whose it may become. Stopping really stops the terminal.

import { useEffect, useRef, useState } from 'react'
import { type Api, isRefused } from './api.ts'
import { Icon } from './icon.tsx'
import { useTill } from './till.tsx'

export interface TappedCard {
  alias: string | null
  brand: string | undefined
  last4: string | undefined
  /** Who has agreed to be known by it. */
  customerId: string | null
}
interface Identification {
  outcome: 'identified' | 'canceled' | 'failed'
  instrument: { brand?: string; last4?: string; alias?: string } | null
  customer: { id: string } | null
}
/** A person stands at the terminal. */
const TAP_MS = 200_000

/** Lets go of a card that a terminal holds for the payment that was to follow. False where it holds none. */
export async function letGo(api: Api, terminalId: string): Promise<boolean> {
  try {
    const { state } = await api.get<{ state: string }>(`/terminals/${terminalId}`)
    if (state !== 'card_held') return false
    await api.call('POST', `/terminals/${terminalId}/abort`)
    return true
  } catch {
    return false
  }
}

/** `amount`: what is on the ticket, for the terminal's screen. `isForLookAlone`: nothing will be paid with the card. */
export function TapCard(props: {
  amount?: number
  isForLookAlone?: boolean
  onCard(card: TappedCard): void
  onWrong(text: string): void
}) {
  const { texts, api, info, place } = useTill()
  const words = texts.service.tap
  const [isWaiting, setWaiting] = useState(false)
  const [isDemo, setDemo] = useState(false)
  const waiting = useRef<string | null>(null)
  const [terminal] = info.terminals
  const stop = () => {
    if (waiting.current === null) return
    // How it ended the terminal's own answer says.
    api.call('POST', `/terminals/${waiting.current}/abort`).catch(() => {})
  }
  useEffect(() => {
    api.get('/till/demo', { as: 'public' }).then(
      () => setDemo(true),
      () => {},
    )
    return stop
  }, [])
  if (!terminal) return null
  const tap = async () => {
    if (isWaiting) return
    setWaiting(true)
    waiting.current = terminal.id
    props.onWrong('')
    try {
      const body = props.amount ? { amount: props.amount, currency: place.currency.code } : {}
      const read = () =>
        api.call<Identification>('POST', `/terminals/${terminal.id}/identify`, { body, timeoutMs: TAP_MS })
      const { outcome, instrument, customer } = await read().catch(async (error: unknown) => {
        // It may still hold the card of whoever was here before; anything else that it does is not ours to stop.
        if (!isRefused(error, 'terminal-busy') || !(await letGo(api, terminal.id))) throw error
        return read()
      })
      if (props.isForLookAlone) await letGo(api, terminal.id)
      if (outcome === 'identified') {
        const { alias = null, brand, last4 } = instrument ?? {}
        props.onCard({ alias, brand, last4, customerId: customer?.id ?? null })
      } else if (outcome === 'failed') props.onWrong(words.failed)
    } catch (error) {
      const code = isRefused(error) ? error.code : ''
      props.onWrong(
        code === 'no-answer'
          ? texts.noAnswer
          : code === 'operation-unsupported'
            ? words.cannot
            : (texts.refusals[code] ?? words.failed),
      )
    }
    waiting.current = null
    setWaiting(false)
  }
  return (
    <div className="tap">
      {isWaiting ? (
        <>
          <p className="tap-now" role="status">
            <Icon name="card" />
            {words.hold}
          </p>
          {isDemo && !terminal.serial.startsWith('SIM-') ? (
            <a href={`/terminal/${terminal.serial}`} target="_blank" rel="noreferrer">
              {texts.terminal.demo}
            </a>
          ) : null}
          <button type="button" className="button danger" onClick={stop}>
            <Icon name="cross" />
            {texts.terminal.stop}
          </button>
        </>
      ) : (
        <button type="button" className="button" onClick={() => void tap()}>
          <Icon name="card" />
          {words.key}
        </button>
      )}
    </div>
  )
}
