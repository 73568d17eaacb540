// What each screen shows. The amount is the largest thing wherever money is asked for.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Money, Screen, Touch } from '../../server/virtual-terminal/view.ts'
import { fill } from '../shared/fill.ts'
import type { Words } from './words.ts'

interface ScreenProps {
  screen: Screen
  words: Words
  onTouch(touch: Touch): void
  onCard(): void
}

type Of<Kind extends Screen['kind']> = { screen: Extract<Screen, { kind: Kind }> } & Omit<ScreenProps, 'screen'>

export function ScreenFace(props: ScreenProps) {
  const { screen, words } = props
  const { texts } = words
  switch (screen.kind) {
    case 'off':
      return <Plain title={texts.off} hint={texts.offHint} />
    case 'idle':
      return <Plain title={texts.idle} hint={texts.idleHint} mark="waves" />
    case 'tip':
      return <Tip {...props} screen={screen} />
    case 'card':
      return <CardAsked {...props} screen={screen} />
    case 'pin':
      return <Pin {...props} screen={screen} />
    case 'authorising':
      return (
        <Plain title={texts.authorising} mark="spin">
          <Due money={screen.due} words={words} />
        </Plain>
      )
    case 'result':
      return <Result {...props} screen={screen} />
    case 'wait':
      return <Plain title={texts.wait} hint={texts.waitHint} mark="spin" />
    case 'display':
      return <Display {...props} screen={screen} />
    case 'confirm':
    case 'signature':
      return <Confirm {...props} screen={screen} />
    case 'text':
      return <Text key={screen.lines.join()} {...props} screen={screen} />
    case 'digits':
      return <Digits {...props} screen={screen} />
    case 'menu':
      return <Menu {...props} screen={screen} />
  }
}

const MARKS = {
  waves: 'M8.500 8.500a5 5 0 0 1 0 7M11.500 6a8.500 8.500 0 0 1 0 12M14.500 3.500a12 12 0 0 1 0 17',
  good: 'M5 12.500l4.500 4.500L19 7.500',
  bad: 'M6 6l12 12M18 6L6 18',
  half: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
  pen: 'M4 20l4-1L19 8l-3-3L5 16z',
} as const

function Mark({ name }: { name: keyof typeof MARKS }) {
  return (
    <svg class={`screen-mark ${name}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={MARKS[name]} />
    </svg>
  )
}

function Due({ money, words }: { money: Money; words: Words }) {
  const text = words.amount(money)
  return <p class={`due ${text.length > 11 ? 'long' : ''}`}>{text}</p>
}

function Plain({
  title,
  hint,
  mark,
  children,
}: {
  title: string
  hint?: string
  mark?: 'waves' | 'spin'
  children?: ComponentChildren
}) {
  return (
    <div class="face centred">
      {mark === 'waves' ? <Mark name="waves" /> : mark === 'spin' ? <span class="spin" aria-hidden="true" /> : null}
      {children}
      <p class="title">{title}</p>
      {hint ? <p class="hint">{hint}</p> : null}
    </div>
  )
}

function Tip({ screen, words, onTouch }: Of<'tip'>) {
  const { texts } = words
  const typed = screen.typed === '' ? null : { ...screen.due, amount: Number(screen.typed) }
  return (
    <div class="face">
      <Due money={screen.due} words={words} />
      <p class="title">{texts.tipTitle}</p>
      <div class="choices">
        {screen.choices.map(({ percent, amount }, index) => (
          <button type="button" key={percent} onClick={() => onTouch({ type: 'choice', index })}>
            <span>{percent} %</span>
            <b>{words.amount({ ...screen.due, amount })}</b>
          </button>
        ))}
      </div>
      <p class="hint">{typed ? fill(texts.tipTyped, { amount: words.amount(typed) }) : texts.tipNone}</p>
    </div>
  )
}

function CardAsked({ screen, words, onCard }: Of<'card'>) {
  const { texts } = words
  const title = { payment: texts.cardPay, refund: texts.cardRefund, identify: texts.cardIdentify }[screen.purpose]
  return (
    <div class="face">
      {screen.due ? <Due money={screen.due} words={words} /> : null}
      {screen.due && screen.tip > 0 ? (
        <p class="hint">{fill(texts.tipIncluded, { amount: words.amount({ ...screen.due, amount: screen.tip }) })}</p>
      ) : null}
      <button type="button" class="tap" onClick={onCard}>
        <Mark name="waves" />
        <span class="title">{title}</span>
        <span class="hint">{texts.cardHint}</span>
      </button>
      <p class="note">{screen.note ? texts.notes[screen.note] : ''}</p>
    </div>
  )
}

function Pin({ screen, words }: Of<'pin'>) {
  const { texts } = words
  return (
    <div class="face">
      <Due money={screen.due} words={words} />
      <p class="title">{texts.pinTitle}</p>
      <p class="dots">
        {[0, 1, 2, 3].map((place) => (
          <i key={place} class={`dot ${place < screen.typed ? 'full' : ''}`} aria-hidden="true" />
        ))}
        <span class="hidden">{screen.typed}/4</span>
      </p>
      <p class={screen.is_wrong ? 'note' : 'hint'}>
        {screen.is_wrong ? fill(texts.pinWrong, { count: screen.tries_left }) : texts.pinHint}
      </p>
    </div>
  )
}

function Result({ screen, words }: Of<'result'>) {
  const { texts } = words
  const isGood = screen.outcome === 'approved' || screen.outcome === 'refunded'
  const mark = isGood ? 'good' : screen.outcome === 'partial' ? 'half' : 'bad'
  return (
    <div class={`face centred result ${mark}`}>
      <Mark name={mark} />
      <p class="title">{texts.outcomes[screen.outcome]}</p>
      {screen.due ? <Due money={screen.due} words={words} /> : null}
      {screen.reason ? (
        <p class="hint" lang="en">
          {screen.reason}
        </p>
      ) : null}
      {screen.removes_card ? <p class="hint strong">{texts.removeCard}</p> : null}
    </div>
  )
}

function Lines({ lines }: { lines: string[] }) {
  const [title = '', ...body] = lines
  return (
    <>
      <p class="title own">{title}</p>
      {body
        .filter((line) => line !== '')
        .map((line) => (
          <p class="body own" key={line}>
            {line}
          </p>
        ))}
    </>
  )
}

function Display({ screen }: Of<'display'>) {
  const mark = screen.icon === 'accepted' ? 'good' : screen.icon === 'declined' ? 'bad' : null
  return (
    <div class={`face centred result ${mark ?? ''}`}>
      {mark ? <Mark name={mark} /> : null}
      <Lines lines={screen.lines} />
    </div>
  )
}

function Confirm({ screen, words, onTouch }: Of<'confirm' | 'signature'>) {
  const { texts } = words
  const isSignature = screen.kind === 'signature'
  return (
    <div class="face centred">
      <Lines lines={screen.lines} />
      {isSignature ? (
        <div class="pad">
          <Mark name="pen" />
          <span class="hint">{texts.signHere}</span>
        </div>
      ) : null}
      <div class="choices two">
        <button type="button" onClick={() => onTouch({ type: 'choice', index: 0 })}>
          {screen.no || texts.no}
        </button>
        <button type="button" class="first" onClick={() => onTouch({ type: 'choice', index: 1 })}>
          {screen.yes || (isSignature ? texts.done : texts.yes)}
        </button>
      </div>
    </div>
  )
}

function Text({ screen, words, onTouch }: Of<'text' | 'digits'>) {
  const { texts } = words
  const [typed, type] = useState(screen.typed)
  const isLong = typed.length >= screen.min
  return (
    <form
      class="face"
      onSubmit={(event) => {
        event.preventDefault()
        if (isLong) onTouch({ type: 'text', text: typed })
      }}
    >
      <Lines lines={screen.lines} />
      <label class="hidden" for="typed">
        {texts.answer}
      </label>
      <input
        id="typed"
        class="typed"
        value={typed}
        maxLength={screen.max}
        autocomplete="off"
        onInput={(event) => type(event.currentTarget.value)}
      />
      <div class="choices two">
        <button type="button" onClick={() => onTouch({ type: 'key', key: 'cancel' })}>
          {texts.keys.cancel}
        </button>
        <button type="submit" class="first" aria-disabled={!isLong}>
          {texts.done}
        </button>
      </div>
    </form>
  )
}

function Digits({ screen, words }: Of<'text' | 'digits'>) {
  return (
    <div class="face">
      <Lines lines={screen.lines} />
      <p class="typed">{screen.typed === '' ? '\u00a0' : screen.typed}</p>
      <p class="hint">{words.texts.greenWhenDone}</p>
    </div>
  )
}

function Menu({ screen, onTouch }: Of<'menu'>) {
  return (
    <div class="face">
      <Lines lines={screen.lines} />
      <ol class="menu">
        {screen.entries.map((entry, index) => (
          <li key={entry}>
            <button type="button" class="own" onClick={() => onTouch({ type: 'choice', index })}>
              {entry}
            </button>
          </li>
        ))}
      </ol>
    </div>
  )
}
