// The paper that slides out, newest first.

import { useEffect, useState } from 'preact/hooks'
import { encode } from 'uqr'
import type { PaperSlip } from '../../server/virtual-terminal/view.ts'
import type { Words } from './words.ts'

type Line = PaperSlip['lines'][number]

export function Slips({ slips, words }: { slips: PaperSlip[]; words: Words }) {
  const { texts } = words
  const [place, turn] = useState(0)
  const newest = slips[0]?.id
  // A new slip lies on top.
  useEffect(() => turn(0), [newest])
  const slip = slips[Math.min(place, slips.length - 1)]
  return (
    <section class="slips" aria-labelledby="printed">
      <h2 id="printed">{texts.printed}</h2>
      {slip === undefined ? (
        <p class="quiet empty">{texts.nothingPrinted}</p>
      ) : (
        <>
          <Paper key={slip.id} slip={slip} words={words} />
          {slips.length > 1 ? (
            <p class="turn">
              <button
                type="button"
                class="turn-key"
                aria-disabled={place === 0}
                onClick={() => turn(Math.max(0, place - 1))}
              >
                <span aria-hidden="true">←</span> <span class="hidden">{texts.newerSlip}</span>
              </button>
              <span>
                {Math.min(place, slips.length - 1) + 1} / {slips.length}
              </span>
              <button
                type="button"
                class="turn-key"
                aria-disabled={place >= slips.length - 1}
                onClick={() => turn(Math.min(slips.length - 1, place + 1))}
              >
                <span class="hidden">{texts.olderSlip}</span> <span aria-hidden="true">→</span>
              </button>
            </p>
          ) : null}
        </>
      )}
    </section>
  )
}

function Paper({ slip, words }: { slip: PaperSlip; words: Words }) {
  const { texts } = words
  return (
    <article class="paper" aria-label={texts.slips[slip.title]}>
      <ul>
        {slip.lines.map((line, index) => (
          // A slip never changes, so a place is a name.
          <SlipLine key={`${slip.id} ${String(index)}`} line={line} words={words} />
        ))}
      </ul>
      {slip.barcode ? <Barcode {...slip.barcode} /> : null}
      {slip.needs_signature ? <p class="sign">{texts.tearOff}</p> : null}
    </article>
  )
}

/** A QR code as one; any other code, and text that does not fit into one, as its text. */
function Barcode({ type, value }: { type: string; value: string }) {
  const squares = type === 'QRCode' ? squaresOf(value) : null
  return (
    <div class="barcode">
      {squares ? (
        <svg viewBox={`0 0 ${squares.length} ${squares.length}`} role="img" aria-label="QR">
          <path
            d={squares.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')}
          />
        </svg>
      ) : null}
      <p class="own">{value}</p>
    </div>
  )
}

function squaresOf(text: string): boolean[][] | null {
  try {
    return encode(text).data
  } catch {
    return null
  }
}

function SlipLine({ line, words }: { line: Line; words: Words }) {
  const { key, name, value, isBold, money } = line
  if (name === '' && value === '') return <li class="blank" aria-hidden="true" />
  const left = words.texts.lines[key] ?? name
  return (
    <li class={`${isBold ? 'bold' : ''} ${value === '' ? 'alone' : ''}`}>
      <span>{left}</span>
      {value === '' ? null : <span class="value">{money ? words.amount(money) : value}</span>}
    </li>
  )
}
