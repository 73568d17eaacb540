// The card that was kept said no, or something is still to be paid: it is paid here, at the terminal or in cash.

import { fill } from '../shared/fill.ts'
import type { CounterTender } from './hand-over.tsx'
import { Banner, Key } from './parts.tsx'
import { notesOf } from './place.ts'
import { useTill } from './till.tsx'

export function HandOverPay(props: {
  why: 'declined' | 'unpaid'
  amount: number
  wrong: string
  money(amount: number): string
  onPay(tender: CounterTender): void
}) {
  const { texts, info } = useTill()
  const words = texts.service.pickup
  const { amount, money, onPay } = props
  const cash = (tendered?: number) =>
    onPay({
      method: 'cash',
      cash: { register_id: info.register.id, ...(tendered === undefined ? {} : { tendered }) },
    })
  return (
    <>
      <Banner kind={props.why === 'declined' ? 'bad' : 'info'}>
        <strong>{props.why === 'declined' ? texts.tender.declined : words.unpaid}</strong> {props.wrong}
      </Banner>
      <p className="due-amount figure pay-here" data-due={amount}>
        {money(amount)}
      </p>
      <div className="pay-ways">
        {info.terminals.map(({ id, name }) => (
          <Key key={id} icon="card" label={name} onPress={() => onPay({ method: 'card', terminal_id: id })} />
        ))}
        <Key icon="coins" label={texts.tender.exact} onPress={() => cash()} />
      </div>
      <fieldset className="notes pay-notes" aria-label={texts.tender.notes}>
        {notesOf(info.store.currency)
          .filter((note) => note >= amount)
          .map((note) => (
            <button key={note} type="button" className="note" onClick={() => cash(note)}>
              <strong className="figure">{fill(texts.tender.cashOf, { amount: money(note) })}</strong>
            </button>
          ))}
      </fieldset>
    </>
  )
}
