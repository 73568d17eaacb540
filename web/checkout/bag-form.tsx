// Who a cart is for and how they get it. A plain form underneath: without script it posts itself, and every choice has a button that
// shows what it comes to. With script each choice is sent as it is made, one after the other.

import { useEffect, useRef, useState } from 'preact/hooks'
import type { BagAct, BagField, BagView, Typed } from '../../server/checkout/bag-view.ts'
import type { CheckoutView } from '../../server/checkout/page-view.ts'
import { fill } from '../shared/fill.ts'
import { StoreList } from './bag-stores.tsx'
import { Notice } from './notice.tsx'
import { look, NotSent, NotValid, step } from './state.ts'
import type { Texts } from './texts/texts.ts'

interface Props {
  view: CheckoutView
  bag: BagView
  texts: Texts
  language: string
  onView(view: CheckoutView): void
}

export function BagForm({ view, bag, texts, language, onView }: Props) {
  const t = texts.bag
  const form = useRef<HTMLFormElement>(null)
  const [isBusy, setBusy] = useState(false)
  /** What was pressed is shown pressed; whether it holds, the answer says. */
  const [pressed, setPressed] = useState<Typed>({})
  const turns = useRef<Promise<unknown>>(Promise.resolve())
  const wasAsked = useRef(false)
  const wrong = Object.keys(bag.errors).join()

  // What is missing is where the reader is led, once they asked to go on.
  useEffect(() => {
    if (!wasAsked.current || wrong === '') return
    wasAsked.current = false
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [wrong, view])

  const send = (act: BagAct, more: Typed = {}) => {
    turns.current = turns.current.then(async () => {
      setBusy(true)
      wasAsked.current = act === 'continue'
      try {
        const next = await step(view, language, { act, typed: { ...typedIn(form.current), ...more } })
        if (next.notice !== null) setPressed({})
        onView(next)
      } catch (error) {
        if (error instanceof NotValid) return onView({ ...view, notice: { code: 'details_missing', kind: 'bad' } })
        if (!(error instanceof NotSent)) throw error
        const now = await look(view, language).catch(() => view)
        onView({ ...now, notice: { code: 'not_sent', kind: 'bad' } })
      } finally {
        setBusy(false)
      }
    })
  }
  const choose = (field: BagField, value: string) => {
    setPressed({ ...pressed, [field]: value })
    send('update', { [field]: value })
  }
  const way = (pressed.way as BagView['way'] | undefined) ?? bag.way
  const shared = { bag, texts: t }
  return (
    <form
      ref={form}
      method="post"
      action={`${view.path}?lang=${language}`}
      noValidate
      class="bag"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isBusy) send('continue')
      }}
    >
      <div class="notices">
        <Notice view={view} texts={texts} />
      </div>
      <fieldset>
        <legend>{t.contact}</legend>
        <TextField field="email" {...shared} mode="email" autocomplete="email" hint={t.emailHint} />
        <TextField field="name" {...shared} autocomplete="name" />
      </fieldset>
      {bag.needs_way ? (
        <fieldset class="ways">
          <legend>{t.how}</legend>
          {bag.ways.map((each) => (
            <label key={each} class="way">
              <input type="radio" name="way" value={each} checked={each === way} onChange={() => choose('way', each)} />
              <span>
                {t[each]} <span class="quiet">{each === 'ship' ? t.shipLead : t.collectLead}</span>
              </span>
            </label>
          ))}
          <NoScriptButton text={t.update} />
        </fieldset>
      ) : null}
      {bag.needs_way && bag.way === 'ship' ? (
        <>
          <fieldset>
            <legend>{t.address}</legend>
            <SelectField
              field="country"
              {...shared}
              value={pressed.country ?? bag.typed.country ?? ''}
              options={bag.countries.map(({ code, name }) => [code, name])}
              autocomplete="country"
              onChange={(value) => choose('country', value)}
            />
            <TextField field="line1" {...shared} autocomplete="address-line1" />
            <TextField field="line2" {...shared} autocomplete="address-line2" hint={t.optional} />
            <div class="pair">
              <TextField field="postal_code" {...shared} autocomplete="postal-code" onChange={() => send('update')} />
              <TextField field="city" {...shared} autocomplete="address-level2" />
            </div>
          </fieldset>
          {bag.options.length === 0 ? null : (
            <fieldset class="ways">
              <legend>{t.speed}</legend>
              {bag.options.map((option) => (
                <label key={option.id} class="way">
                  <input
                    type="radio"
                    name="option"
                    value={option.id}
                    checked={pressed.option === undefined ? option.is_chosen : pressed.option === option.id}
                    onChange={() => choose('option', option.id)}
                  />
                  <span class="own">
                    {t.names[option.name] ?? option.name}{' '}
                    {option.days === null ? null : (
                      <span class="quiet">
                        {fill(option.days[0] === option.days[1] ? t.daysSame : t.days, {
                          min: option.days[0],
                          max: option.days[1],
                        })}
                      </span>
                    )}
                  </span>
                  <span class="figure">{option.is_free ? t.free : option.amount}</span>
                </label>
              ))}
              <NoScriptButton text={t.update} />
            </fieldset>
          )}
        </>
      ) : null}
      {bag.needs_way && bag.way === 'collect' ? (
        <StoreList {...shared} pressed={pressed} onChoose={choose} onNear={(more) => send('update', more)} />
      ) : null}
      <button type="submit" name="act" value="continue" class="button primary pay" aria-disabled={isBusy}>
        {isBusy ? t.working : t.toPay}
      </button>
    </form>
  )
}

/** Without script nothing is sent by a choice alone. */
export function NoScriptButton({ text }: { text: string }) {
  return (
    <noscript>
      <button type="submit" name="act" value="update" class="button small">
        {text}
      </button>
    </noscript>
  )
}

function typedIn(form: HTMLFormElement | null): Typed {
  if (form === null) return {}
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === 'string')) as Typed
}

interface FieldProps {
  field: Exclude<BagField, 'lat' | 'lon'>
  bag: BagView
  texts: Texts['bag']
  autocomplete?: string
  hint?: string
}

function toldOf({ field, bag, texts, hint }: FieldProps): { error: string; note: string | undefined } {
  const fault = bag.errors[field]
  if (fault === undefined) return { error: '', note: hint }
  const error = fault === 'missing' ? texts.missing[field] : fault === 'too_long' ? texts.tooLong : texts.wrong[field]
  return { error, note: error }
}

export function TextField(
  props: FieldProps & { label?: string; mode?: 'email' | 'text'; onChange?(value: string): void },
) {
  const { field, bag, texts, autocomplete, mode, label } = props
  const { error, note } = toldOf(props)
  return (
    <div class="field">
      <label for={field}>{label ?? texts.fields[field]}</label>
      <input
        id={field}
        name={field}
        defaultValue={bag.typed[field] ?? ''}
        inputMode={mode}
        autocomplete={autocomplete}
        autocapitalize={mode === 'email' ? 'off' : undefined}
        spellcheck={false}
        maxLength={254}
        aria-invalid={error === '' ? undefined : 'true'}
        aria-describedby={note === undefined ? undefined : `${field}-note`}
        onChange={(event) => props.onChange?.(event.currentTarget.value)}
      />
      {note === undefined ? null : (
        <p class={error === '' ? 'hint' : 'hint wrong'} id={`${field}-note`}>
          {note}
        </p>
      )}
    </div>
  )
}

export function SelectField(
  props: FieldProps & { value: string; options: [value: string, text: string][]; onChange(value: string): void },
) {
  const { field, texts, value, options, autocomplete, onChange } = props
  const { error, note } = toldOf(props)
  return (
    <div class="field">
      <label for={field}>{texts.fields[field]}</label>
      <select
        id={field}
        name={field}
        value={value}
        autocomplete={autocomplete}
        aria-invalid={error === '' ? undefined : 'true'}
        aria-describedby={note === undefined ? undefined : `${field}-note`}
        onChange={(event) => onChange(event.currentTarget.value)}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each} selected={each === value}>
            {text}
          </option>
        ))}
      </select>
      {note === undefined ? null : (
        <p class={error === '' ? 'hint' : 'hint wrong'} id={`${field}-note`}>
          {note}
        </p>
      )}
    </div>
  )
}
