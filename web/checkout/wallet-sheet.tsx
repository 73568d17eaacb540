// The sheet that a phone or watch would show for Apple Pay or Google Pay, simulated: it stands for the device, which knows the card and
// asks its owner. What it hands over is a number of the device, never that of the card, and goes to the vault like one.

import { useEffect, useRef } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import type { TypedCard } from './card.ts'
import type { Texts } from './texts/texts.ts'

/** Numbers of simulated devices, by what comes of them. */
const DEVICES = [
  { number: '4242424242424242', name: 'Visa •••• 4242' },
  { number: '5555555555554444', name: 'Mastercard •••• 4444' },
  { number: '4000000000000002', name: 'Visa •••• 0002' },
]
const YEARS_VALID = 3

interface Props {
  method: string
  amount: string
  texts: Texts
  /** The card that was confirmed, or null when the sheet was closed. */
  onDone(card: TypedCard | null): void
}

export function WalletSheet({ method, amount, texts, onDone }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const chosen = useRef(DEVICES[0]?.number ?? '')
  useEffect(() => dialog.current?.showModal(), [])
  const confirm = (event: Event) => {
    event.preventDefault()
    const exp_year = new Date().getFullYear() + YEARS_VALID
    onDone({ number: chosen.current, exp_month: 12, exp_year, cvc: '123' })
  }
  return (
    <dialog ref={dialog} class="wallet" aria-labelledby="wallet-title" onCancel={() => onDone(null)}>
      <form onSubmit={confirm}>
        <h2 class="state" id="wallet-title">
          {method}
        </h2>
        <p class="hint">{texts.wallet.simulated}</p>
        <p class="amount long">{amount}</p>
        <div class="field">
          <label for="wallet-card">{texts.wallet.card}</label>
          <select
            id="wallet-card"
            onChange={(event) => {
              chosen.current = event.currentTarget.value
            }}
          >
            {DEVICES.map(({ number, name }) => (
              <option key={number} value={number}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <button type="submit" class="button primary">
          {fill(texts.wallet.confirm, { method })}
        </button>
        <button type="button" class="button" onClick={() => onDone(null)}>
          {texts.wallet.close}
        </button>
      </form>
    </dialog>
  )
}
