// On the ticket of an exchange: what came back, and what is left to pay or to give back.

import { fill } from '../shared/fill.ts'
import { setExchange, useExchange } from './exchange.ts'
import { useTicket, useTill } from './till.tsx'

export function ExchangeSums() {
  const { texts, money, go } = useTill()
  const words = texts.service.exchange
  const exchange = useExchange()
  const { total } = useTicket()
  if (!exchange) return null
  const left = total - exchange.worth
  return (
    <>
      <div className="exchange-row">
        <dt>
          {fill(words.comesBack, { number: exchange.number })}{' '}
          <button
            type="button"
            className="link"
            onClick={() => {
              setExchange(null)
              go({ is: 'return', returnId: exchange.returnId })
            }}
          >
            {words.instead}
          </button>
        </dt>
        <dd className="figure">{money(-exchange.worth)}</dd>
      </div>
      <div className="sum-total">
        <dt>{left < 0 ? words.toGive : words.toPay}</dt>
        <dd className="figure" data-left={left}>
          {money(Math.abs(left))}
        </dd>
      </div>
    </>
  )
}
