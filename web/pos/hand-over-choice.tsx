// What the customer shows, and which of the goods they take.

import { fill } from '../shared/fill.ts'
import { type FulfilmentLine, openOf } from './fulfilments.ts'
import { Icon } from './icon.tsx'
import { useScan } from './keys.ts'
import { quantityText, useTill } from './till.tsx'

export interface Choice {
  code: string
  /** How staff know the customer without a code; null where they have shown one. */
  override: string | null
  taken: Readonly<Record<string, number>>
  /** What becomes of what is not taken: it waits here, or is not wanted. */
  rest: 'keep' | 'refuse'
}

export function HandOverChoice(props: {
  lines: readonly FulfilmentLine[]
  needsCode: boolean
  choice: Choice
  setChoice(choice: Choice): void
  /** Lines of which something stays. */
  left: number
  money: string | null
  onSubmit(): void
}) {
  const { texts, language } = useTill()
  const words = texts.service.pickup
  const { choice, setChoice } = props
  // The QR on the customer's page, or a line of goods that is scanned instead, which is no code.
  useScan((text) => {
    const code = /#([0-9A-Z]{4,20})$/i.exec(text)?.[1] ?? text
    setChoice({ ...choice, code: code.toUpperCase().slice(0, 20), override: null })
  })
  return (
    <>
      {props.needsCode ? (
        <form
          className="pickup-code"
          onSubmit={(event) => {
            event.preventDefault()
            props.onSubmit()
          }}
        >
          <label htmlFor="pickup-code">
            {words.code}
            <input
              id="pickup-code"
              data-first=""
              className="field-in code"
              value={choice.override === null ? choice.code : ''}
              disabled={choice.override !== null}
              maxLength={20}
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              onChange={(event) => setChoice({ ...choice, code: event.target.value.toUpperCase() })}
            />
          </label>
          <fieldset className="choice">
            <legend>{words.noCode}</legend>
            {Object.entries(words.known).map(([key, text]) => (
              <button
                key={key}
                type="button"
                className="chip"
                aria-pressed={choice.override === text}
                onClick={() => setChoice({ ...choice, override: choice.override === text ? null : text })}
              >
                {text}
              </button>
            ))}
          </fieldset>
        </form>
      ) : null}
      <ul className="rows">
        {props.lines.map((line) => {
          const count = choice.taken[line.line_id] ?? 0
          const most = openOf(line)
          // What is weighed is taken whole or not at all.
          const step = line.unit === 'gram' ? most : 1
          const set = (next: number) =>
            setChoice({ ...choice, taken: { ...choice.taken, [line.line_id]: Math.min(most, Math.max(0, next)) } })
          return (
            <li key={line.line_id} className="row-key flat pick">
              <button
                type="button"
                className="pick-name"
                aria-pressed={count > 0}
                onClick={() => set(count === 0 ? most : 0)}
              >
                <strong className="own">{line.name}</strong>
                <span className="quiet">{fill(words.ofLine, { n: quantityText(most, line.unit, language) })}</span>
              </button>
              <span className="stepper">
                <button
                  type="button"
                  className="icon-key"
                  disabled={count === 0}
                  onClick={() => set(count - step)}
                  aria-label={fill(texts.ticket.fewer, { name: line.name })}
                >
                  <Icon name="minus" />
                </button>
                <strong className="figure pick-count">{quantityText(count, line.unit, language)}</strong>
                <button
                  type="button"
                  className="icon-key"
                  disabled={count >= most}
                  onClick={() => set(count + step)}
                  aria-label={fill(texts.ticket.more, { name: line.name })}
                >
                  <Icon name="plus" />
                </button>
              </span>
            </li>
          )
        })}
      </ul>
      <fieldset className="choice" disabled={props.left === 0}>
        <legend>{words.rest}</legend>
        {(['keep', 'refuse'] as const).map((rest) => (
          <button
            key={rest}
            type="button"
            className="chip"
            aria-pressed={props.left > 0 && choice.rest === rest}
            onClick={() => setChoice({ ...choice, rest })}
          >
            {rest === 'keep' ? words.restKeep : words.restRefuse}
          </button>
        ))}
      </fieldset>
      <p className="charge-note">
        {props.money === null ? (
          <span className="quiet">{words.nothingCharged}</span>
        ) : (
          <>
            <span className="quiet">{words.isCharged}</span>
            <strong className="figure">{props.money}</strong>
          </>
        )}
      </p>
    </>
  )
}
