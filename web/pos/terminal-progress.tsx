// What happens at the terminal, as it happens, and the key that really stops it. How the payment ended is told by its own answer alone.

import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'
import { useKeys } from './keys.ts'
import { useTill } from './till.tsx'

interface TerminalState {
  name: string
  state: string
  current: { steps: { step: string; at: string }[]; can_abort: boolean } | null
}
const LOOK_MS = 500

export function TerminalProgress({ terminalId, amount }: { terminalId: string; amount: number }) {
  const { texts, api, money, info, sale } = useTill()
  const [terminal, setTerminal] = useState<TerminalState | null>(null)
  const [isStopping, setStopping] = useState(false)
  const [isDemo, setDemo] = useState(false)
  useEffect(() => {
    let isOver = false
    let timer = 0
    const look = () => {
      api
        .get<TerminalState>(`/terminals/${terminalId}`)
        .then((state) => !isOver && setTerminal(state))
        // The payment itself says how it ends; here it is only watched.
        .catch(() => {})
        .finally(() => {
          if (!isOver) timer = setTimeout(look, LOOK_MS) as unknown as number
        })
    }
    look()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [terminalId])
  const stop = () => {
    if (isStopping) return
    setStopping(true)
    // A terminal that knows no such wish: then the tender is taken back. Too late, or stopped already, its own answer says so.
    api.call('POST', `/terminals/${terminalId}/abort`).catch(() => sale.withdraw().catch(() => setStopping(false)))
  }
  useEffect(() => {
    // In development the terminal is a page of its own.
    api.get('/till/demo', { as: 'public' }).then(
      () => setDemo(true),
      () => {},
    )
  }, [])
  useKeys({ Escape: stop })
  const { name = '', serial = '' } = info.terminals.find(({ id }) => id === terminalId) ?? {}
  // Terminals tell more than staff need to know; what has no words is not shown.
  const steps = (terminal?.current?.steps ?? []).filter(({ step }) => texts.terminal.steps[step] !== undefined)
  const last = steps.at(-1)?.step
  return (
    <section className="terminal" aria-label={texts.terminal.heading}>
      <Icon name="card" />
      <p className="terminal-now" role="status">
        {isStopping ? texts.terminal.stopping : ((last && texts.terminal.steps[last]) ?? texts.terminal.waiting)}
      </p>
      <p className="terminal-amount figure">{money(amount)}</p>
      <p className="quiet">{name}</p>
      <ol className="steps">
        <li>{texts.terminal.sent}</li>
        {steps.map(({ step, at }) => (
          <li key={`${step} ${at}`}>{texts.terminal.steps[step]}</li>
        ))}
      </ol>
      {isDemo && !serial.startsWith('SIM-') ? (
        <p className="quiet">
          <a href={`/terminal/${serial}`} target="_blank" rel="noreferrer">
            {texts.terminal.demo}
          </a>
        </p>
      ) : null}
      <button type="button" className="button danger big" disabled={isStopping} onClick={stop}>
        <Icon name="cross" />
        {texts.terminal.stop}
        <span className="hint" aria-hidden="true">
          Esc
        </span>
      </button>
    </section>
  )
}
