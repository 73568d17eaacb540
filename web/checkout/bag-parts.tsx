// The cart beside the form: what is in it and what it comes to, codes, and what has to be put right before it can be ordered. Each
// step is a small form of its own, so that it works without script.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { BagAct, BagInput, BagLine, BagView } from '../../server/checkout/bag-view.ts'
import type { CheckoutView } from '../../server/checkout/page-view.ts'
import { fill } from '../shared/fill.ts'
import { Mark } from './marks.tsx'
import { NotSent, NotValid, step } from './state.ts'
import type { Texts } from './texts/texts.ts'

interface Props {
  view: CheckoutView
  bag: BagView
  texts: Texts
  language: string
  onView(view: CheckoutView): void
}

/** One press that changes the cart. */
function Press(
  props: Props & { act: BagAct; of?: string; input?: Omit<BagInput, 'act'>; children: ComponentChildren },
) {
  const { view, language, act, of, input, onView } = props
  const [isBusy, setBusy] = useState(false)
  const press = (event: SubmitEvent) => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    const form = event.currentTarget as HTMLFormElement
    const code = new FormData(form).get('code')
    step(view, language, { act, ...input, ...(typeof code === 'string' ? { code } : {}) })
      .then((next) => {
        form.reset()
        onView(next)
      })
      .catch((error: unknown) => {
        if (!(error instanceof NotSent || error instanceof NotValid)) throw error
        onView({ ...view, notice: { code: error instanceof NotValid ? 'details_missing' : 'not_sent', kind: 'bad' } })
      })
      .finally(() => setBusy(false))
  }
  return (
    <form method="post" action={`${view.path}?lang=${language}`} class="press" onSubmit={press}>
      <input type="hidden" name="act" value={of === undefined ? act : `${act}:${of}`} />
      {input?.seen === undefined ? null : <input type="hidden" name="seen" value={input.seen} />}
      {props.children}
    </form>
  )
}

export function BagSummary(props: Props) {
  const { bag, texts } = props
  const t = texts.bag
  return (
    <>
      <ul class="lines">
        {bag.lines.map((line) => (
          <Line key={line.id} {...props} line={line} />
        ))}
      </ul>
      <dl class="sums" aria-live="polite">
        {bag.sums.map(({ kind, name, amount, is_free }, i) => (
          <div key={i} class={kind}>
            <dt class="own">{kind === 'discount' ? name : fill(t.sums[kind], { rate: name ?? '' })}</dt>
            <dd>{kind === 'delivery' && is_free ? t.free : amount}</dd>
          </div>
        ))}
      </dl>
      <Codes {...props} />
    </>
  )
}

function Line(props: Props & { line: BagLine }) {
  const { line, texts } = props
  const t = texts.bag
  const isShort = line.is_gone || line.left !== null
  return (
    <li class={isShort ? 'short' : undefined}>
      <span class="own">
        {line.quantity === '' ? '' : `${line.quantity} `}
        {line.name}
        {isShort ? (
          <span class="wrong">
            {' '}
            {line.is_gone ? t.gone : line.left === 0 ? t.none : fill(t.left, { n: line.left ?? 0 })}
          </span>
        ) : null}
      </span>
      <span class="figure">
        {line.was === null ? null : <s class="quiet">{line.was}</s>} {line.amount}
      </span>
      {isShort ? (
        <span class="mend">
          {line.left === null || line.left === 0 || line.is_gone ? null : (
            <Press {...props} act="take" of={line.id} input={{ line: line.id }}>
              <button type="submit" class="button small">
                {fill(t.take, { n: line.left })}
              </button>
            </Press>
          )}
          <Press {...props} act="remove" of={line.id} input={{ line: line.id }}>
            <button type="submit" class="button small" aria-label={fill(t.removeNamed, { name: line.name })}>
              {t.remove}
            </button>
          </Press>
        </span>
      ) : null}
    </li>
  )
}

function Codes(props: Props) {
  const { bag, texts } = props
  const t = texts.bag
  return (
    <details class="codes" open={bag.codes.length > 0 || undefined}>
      <summary>{t.code}</summary>
      {bag.codes.map(({ code, is_used }) => (
        <Press key={code} {...props} act="uncode" of={code} input={{ code }}>
          <span class={is_used ? 'own' : 'own wrong'}>{fill(is_used ? t.codeUsed : t.codeIdle, { code })}</span>
          <button type="submit" class="button small" aria-label={fill(t.dropCode, { code })}>
            {t.remove}
          </button>
        </Press>
      ))}
      <Press {...props} act="code">
        <div class="field">
          <label for="code">{t.code}</label>
          <input id="code" name="code" maxLength={64} autocomplete="off" autocapitalize="off" spellcheck={false} />
        </div>
        <button type="submit" class="button small">
          {t.useCode}
        </button>
      </Press>
    </details>
  )
}

/** What is not as it was looked at, to be agreed to before anything is ordered. */
export function Changes(props: Props) {
  const { bag, texts } = props
  const t = texts.bag
  if (bag.changes.length === 0) return null
  return (
    <section class="changed" aria-labelledby="changed">
      <h2 class="state warn" id="changed">
        <Mark kind="alert" />
        {t.changed}
      </h2>
      <ul>
        {bag.changes.map(({ name, was, is }, i) => (
          <li key={i} class="own">
            {fill(t.changedLine, { name, was: was ?? '', is: is ?? '' })}
          </li>
        ))}
      </ul>
      <Press {...props} act="accept" input={{ seen: bag.total_minor }}>
        <button type="submit" class="button small">
          {t.accept}
        </button>
      </Press>
    </section>
  )
}

/** Who it is for and where it goes, above the ways to pay. */
export function Chosen(props: Props) {
  const { bag, texts } = props
  if (bag.chosen === null) return null
  const { contact, where, when } = bag.chosen
  return (
    <section class="chosen" aria-labelledby="chosen">
      <h2 id="chosen">{texts.bag.chosen}</h2>
      <p class="own">{contact}</p>
      {where === '' ? null : (
        <p class="own">
          <span class="quiet">{texts.bag[bag.way]}:</span> {where}
        </p>
      )}
      {when === null ? null : <p class="own">{texts.bag.names[when] ?? when}</p>}
      <Press {...props} act="edit">
        <button type="submit" class="button small">
          {texts.bag.change}
        </button>
      </Press>
    </section>
  )
}
