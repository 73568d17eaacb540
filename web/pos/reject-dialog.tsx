// A store that cannot do it says why; the goods then come from elsewhere, or the order's part is cancelled.

import { useState } from 'react'
import { fill } from '../shared/fill.ts'
import { isRefused } from './api.ts'
import { type Fulfilment, REJECT_REASONS } from './fulfilments.ts'
import { Banner, Dialog } from './parts.tsx'
import { useTill } from './till.tsx'

export function RejectDialog({ each, onClose, onDone }: { each: Fulfilment; onClose(): void; onDone(): void }) {
  const { texts, api, say } = useTill()
  const words = texts.service.pickup
  const [reason, setReason] = useState<string | null>(null)
  const [wrong, setWrong] = useState('')
  const [isBusy, setBusy] = useState(false)
  const reject = async () => {
    setBusy(true)
    try {
      const after = await api.call<Fulfilment>('POST', `/fulfilments/${each.id}/reject`, {
        body: { reason },
        version: each.version,
      })
      const { number } = each.order
      say({
        kind: after.state === 'rerouted' ? 'good' : 'info',
        text: fill(words.rejectedTo[after.state] ?? words.rejectedTo['rejected'] ?? '', { number }),
      })
      onDone()
    } catch (error) {
      setWrong(
        isRefused(error, 'version-conflict', 'invalid-state')
          ? words.moved
          : isRefused(error, 'no-answer')
            ? texts.noAnswer
            : texts.failed,
      )
    }
    setBusy(false)
  }
  return (
    <Dialog title={fill(words.rejectHeading, { number: each.order.number })} onClose={onClose}>
      <p className="quiet">{words.rejectLead}</p>
      <fieldset className="choice">
        <legend>{texts.price.why}</legend>
        {REJECT_REASONS.map((code, i) => (
          <button
            key={code}
            type="button"
            className="chip"
            data-first={i === 0 ? '' : undefined}
            aria-pressed={reason === code}
            onClick={() => setReason(code)}
          >
            {words.reasons[code]}
          </button>
        ))}
      </fieldset>
      <div className="said" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
      </div>
      <div className="row">
        <button type="button" className="button" onClick={onClose}>
          {texts.service.orders.keep}
        </button>
        <button
          type="button"
          className="button danger big"
          disabled={reason === null || isBusy}
          onClick={() => void reject()}
        >
          {words.rejectNow}
        </button>
      </div>
    </Dialog>
  )
}
