// A gift card as a tender: scanned or typed; what is on it is looked up before anything is taken.

import { type FormEvent, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused } from './api.ts'
import { useScan } from './keys.ts'
import { Banner, Dialog } from './parts.tsx'
import type { TenderInput } from './sale.ts'
import { useTill } from './till.tsx'

interface Balance {
  last4: string
  currency: string
  available: number
}

export function GiftCardDialog(props: {
  due: number
  onClose(): void
  /** `amount` is what the card can pay of it. */
  onPay(input: TenderInput, amount: number): void
}) {
  const { texts, api, money, place } = useTill()
  const [code, setCode] = useState('')
  const [pin, setPin] = useState('')
  const [balance, setBalance] = useState<Balance | null>(null)
  const [wrong, setWrong] = useState('')
  const card = { code: code.trim(), ...(pin === '' ? {} : { pin }) }
  const look = async (of: { code: string; pin?: string }) => {
    setWrong('')
    try {
      const found = await api.call<Balance>('POST', '/gift_cards/balance', { body: of })
      if (found.currency !== place.currency.code) setWrong(fill(texts.gift.otherCurrency, { currency: found.currency }))
      else if (found.available === 0) setWrong(texts.gift.empty)
      else setBalance(found)
    } catch (error) {
      setWrong(
        isRefused(error, 'gift-card-invalid', 'validation-error')
          ? texts.gift.invalid
          : isRefused(error, 'rate-limited')
            ? texts.gift.tooMany
            : isRefused(error, 'no-answer')
              ? texts.noAnswer
              : texts.failed,
      )
    }
  }
  useScan((text) => {
    setCode(text)
    setBalance(null)
    void look({ code: text })
  })
  const amount = balance === null ? 0 : Math.min(balance.available, props.due)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (balance === null) void look(card)
    else props.onPay({ method: 'gift_card', gift_card: card }, amount)
  }
  return (
    <Dialog title={texts.gift.heading} onClose={props.onClose}>
      <form onSubmit={submit}>
        <label htmlFor="gift-code">{texts.gift.code}</label>
        <input
          id="gift-code"
          data-first=""
          className="field-in code"
          value={code}
          maxLength={24}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setCode(event.target.value)
            setBalance(null)
          }}
        />
        <label htmlFor="gift-pin">{texts.gift.pin}</label>
        <input
          id="gift-pin"
          className="field-in"
          inputMode="numeric"
          value={pin}
          maxLength={8}
          autoComplete="off"
          onChange={(event) => {
            setPin(event.target.value.replace(/\D/g, ''))
            setBalance(null)
          }}
        />
        <div className="said" role="alert">
          {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
          {balance === null ? null : (
            <Banner kind="good">
              {fill(texts.gift.has, { last4: balance.last4, amount: money(balance.available) })}
            </Banner>
          )}
        </div>
        <button type="submit" className="button primary big" disabled={code.trim() === ''}>
          {balance === null ? texts.gift.look : fill(texts.gift.pay, { amount: money(amount) })}
        </button>
      </form>
    </Dialog>
  )
}
