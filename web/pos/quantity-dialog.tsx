// How many of a line, or how much of what is weighed.

import { useState } from 'react'
import { fill } from '../shared/fill.ts'
import { Dialog, digitKeys, Numpad, withDigits } from './parts.tsx'
import type { ShownLine } from './ticket-view.ts'
import { quantityText, useTill } from './till.tsx'

const MOST_DIGITS = 6

export function QuantityDialog({ line, onClose }: { line: ShownLine; onClose(): void }) {
  const { texts, ticket, language } = useTill()
  const [digits, setDigits] = useState('')
  const quantity = Number(digits)
  const done = () => {
    if (quantity > 0) ticket.setQuantity(line.key, quantity)
    onClose()
  }
  return (
    <Dialog
      title={fill(texts.quantity.heading, { name: line.name })}
      onClose={onClose}
      keys={{ ...digitKeys(setDigits, MOST_DIGITS), Enter: done }}
    >
      <div className="amount-entry">
        <p className="typed" role="status">
          <span className="quiet">{line.unit === 'gram' ? texts.weight : texts.quantity.pieces}</span>
          <strong className="figure">
            {quantityText(digits === '' ? line.quantity : quantity, line.unit, language)}
          </strong>
        </p>
        <Numpad
          onDigit={(more) => setDigits(withDigits(digits, more, MOST_DIGITS))}
          onBack={() => setDigits(digits.slice(0, -1))}
        />
        <button type="button" className="button primary big" onClick={done}>
          {texts.done}
        </button>
      </div>
    </Dialog>
  )
}
