// Choosing a method and paying. A plain form underneath: without script it posts itself, but for cards, whose fields have no names
// and so are never posted.

import { useRef, useState } from 'preact/hooks'
import type { CheckoutView, MethodView, NoticeCode, TryInput } from '../../server/checkout/page-view.ts'
import { fill } from '../shared/fill.ts'
import { type CardField, expiry, readCard, spaced, type TypedCard } from './card.ts'
import { Mark } from './marks.tsx'
import { Notice } from './notice.tsx'
import { look, NotSent, NotValid, pay, tokenise } from './state.ts'
import type { Texts } from './texts/texts.ts'
import { WalletSheet } from './wallet-sheet.tsx'

interface Props {
  view: CheckoutView
  texts: Texts
  language: string
  onView(view: CheckoutView): void
}

/** What costs nothing is ordered without a way to pay. */
const FREE = { value: 'none', form: 'none', name: '' } as const

/** What cannot be right, by what was to be typed. */
const MALFORMED: Readonly<Record<string, NoticeCode>> = {
  bank_account: 'iban_wrong',
  gift_card: 'gift_card_invalid',
  code: 'code_wrong',
}

/** Ways shown at once; the others are a click away. */
const FIRST = 6

export function PayForm({ view, texts, language, onView }: Props) {
  const [chosen, setChosen] = useState(view.methods[0]?.value ?? '')
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<CardField | null>(null)
  /** Told what the device's sheet was closed with. */
  const [sheet, setSheet] = useState<((card: TypedCard | null) => void) | null>(null)
  const form = useRef<HTMLFormElement>(null)
  /** The token of this try: pressed again after a lost answer, the very same is sent. */
  const tokens = useRef(new Map<string, string>())
  const isFree = view.bag !== null && view.due_minor === 0
  const method = isFree ? FREE : (view.methods.find(({ value }) => value === chosen) ?? view.methods[0])

  const input = (name: string) => form.current?.querySelector<HTMLInputElement>(`#${method?.value}-${name}`)
  const typed = (name: string): string => input(name)?.value.trim() ?? ''

  async function send(): Promise<void> {
    if (!method) return
    const { attempt } = view
    const asked: TryInput = {
      ...{ attempt, method: method.value, seen: view.due_minor },
      ...(view.bag === null ? {} : { bag_version: view.bag.version }),
    }
    const pin = typed('pin') === '' ? {} : { pin: typed('pin') }
    if (method.form === 'card' || method.form === 'wallet') {
      const card =
        method.form === 'wallet'
          ? await new Promise<TypedCard | null>((done) => setSheet(() => done)).finally(() => setSheet(null))
          : readCard({
              number: typed('number'),
              expiry: typed('expiry'),
              cvc: typed('cvc'),
              holder: typed('holder'),
            })
      if (card === null) return
      if (typeof card === 'string') {
        setWrong(card)
        input(card)?.focus()
        return
      }
      const token = tokens.current.get(attempt) ?? (await tokenise(view, card))
      if (token === null) return onView({ ...view, notice: { code: 'card_invalid', kind: 'bad' } })
      tokens.current.set(attempt, token)
      asked.token = token
      if (input('save')?.checked) asked.save = true
    }
    if (method.form === 'gift_card') asked.gift_card = { code: typed('code'), ...pin }
    if (method.form === 'voucher') asked.voucher = { number: typed('number'), ...pin }
    if (method.form === 'code') {
      const code = typed('code').replace(/\D/g, '')
      if (code.length !== 6) {
        input('code')?.focus()
        return onView({ ...view, notice: { code: 'code_wrong', kind: 'bad' } })
      }
      asked.one_time_code = code
    }
    if (method.form === 'bank_account') asked.bank_account = { iban: typed('iban'), holder: typed('holder') }
    const next = await pay(view, language, asked)
    if (next.action?.type === 'redirect' && next.notice === null) {
      // Out of a frame: banks do not let themselves be framed.
      ;(window.top ?? window).location.assign(next.action.url)
    }
    // Where the browser does not let a frame take the window along, the way there stands on the page.
    onView(next)
  }

  const submit = (event: Event): void => {
    event.preventDefault()
    if (isBusy) return
    setBusy(true)
    setWrong(null)
    send()
      .catch(async (error: unknown) => {
        if (error instanceof NotValid)
          return onView({ ...view, notice: { code: MALFORMED[method?.form ?? ''] ?? 'details_missing', kind: 'bad' } })
        if (!(error instanceof NotSent)) throw error
        // Perhaps it went through and only the answer was lost.
        const now = await look(view, language).catch(() => view)
        onView(now.phase === 'pay' ? { ...view, notice: { code: 'not_sent', kind: 'bad' } } : now)
      })
      .finally(() => setBusy(false))
  }

  const rows = (methods: MethodView[]) =>
    methods.map((one) => (
      <Row
        key={one.value}
        one={one}
        isChosen={one.value === method?.value}
        onChoose={() => setChosen(one.value)}
        texts={texts}
      >
        <Fields method={one} view={view} texts={texts} wrong={wrong} onTyped={() => setWrong(null)} />
      </Row>
    ))
  const isHidden = view.methods.findIndex(({ value }) => value === method?.value) >= FIRST
  return (
    <form ref={form} method="post" action={`${view.path}?lang=${language}`} onSubmit={submit} noValidate>
      <input type="hidden" name="attempt" value={view.attempt} />
      <input type="hidden" name="seen" value={view.due_minor} />
      {view.bag === null ? null : <input type="hidden" name="bag_version" value={view.bag.version} />}
      <div class="notices">
        <Notice view={view} texts={texts} />
      </div>
      {isFree ? (
        <input type="hidden" name="method" value="none" />
      ) : (
        <fieldset class="methods">
          <legend>{texts.payWith}</legend>
          {rows(view.methods.slice(0, FIRST))}
          {view.methods.length > FIRST ? (
            <details open={isHidden || undefined}>
              <summary>{texts.moreMethods}</summary>
              {rows(view.methods.slice(FIRST))}
            </details>
          ) : null}
        </fieldset>
      )}
      <button type="submit" class="button primary pay" aria-disabled={isBusy}>
        {isBusy ? texts.paying : isFree ? texts.bag.place : fill(texts.pay, { amount: view.due })}
      </button>
      {sheet === null || !method ? null : (
        <WalletSheet method={method.name} amount={view.due} texts={texts} onDone={sheet} />
      )}
      <p class="trust">
        <Mark kind="lock" />
        {texts.trust}
      </p>
    </form>
  )
}

interface RowProps {
  one: MethodView
  isChosen: boolean
  onChoose(): void
  texts: Texts
  children: preact.ComponentChildren
}

function Row({ one, isChosen, onChoose, texts, children }: RowProps) {
  const reason = one.reason === null ? '' : texts.reasons[one.reason]
  return (
    <div class="method">
      <label>
        <input type="radio" name="method" value={one.value} checked={isChosen} onChange={onChoose} />
        <Mark kind={one.kind} />
        <span class="name">
          {one.name}
          {one.detail === null ? null : <span class="detail"> {one.detail}</span>}
        </span>
        {reason === '' ? null : <span class="reason">{reason}</span>}
      </label>
      <div class="fields">{children}</div>
    </div>
  )
}

interface FieldsProps {
  method: MethodView
  view: CheckoutView
  texts: Texts
  wrong: CardField | null
  onTyped(): void
}

function Fields({ method, view, texts, wrong, onTyped }: FieldsProps) {
  // Several methods ask for the same: ids and names begin with the method's own.
  const at = method.value
  switch (method.form) {
    case 'card':
      return <CardFields at={at} view={view} texts={texts} wrong={wrong} onTyped={onTyped} />
    case 'gift_card':
      return (
        <>
          <Field
            id={`${at}-code`}
            name={`${at}.code`}
            label={texts.giftCard.code}
            hint={texts.giftCard.codeHint}
            autocomplete="off"
          />
          <Field id={`${at}-pin`} name={`${at}.pin`} label={texts.giftCard.pin} mode="numeric" autocomplete="off" />
        </>
      )
    case 'voucher':
      return (
        <>
          <Field id={`${at}-number`} name={`${at}.number`} label={texts.voucher.number} autocomplete="off" />
          <Field id={`${at}-pin`} name={`${at}.pin`} label={texts.voucher.pin} autocomplete="off" />
        </>
      )
    case 'code':
      return (
        <>
          <Field
            id={`${at}-code`}
            name={`${at}.code`}
            label={fill(texts.appCode.code, { method: method.name })}
            hint={texts.appCode.hint}
            mode="numeric"
            autocomplete="one-time-code"
          />
          <p class="hint">{texts.leadsApp}</p>
        </>
      )
    case 'bank_account':
      return (
        <>
          <Field id={`${at}-iban`} name={`${at}.iban`} label={texts.bank.iban} autocomplete="off" />
          <Field id={`${at}-holder`} name={`${at}.holder`} label={texts.bank.holder} autocomplete="name" />
          <p class="hint">{fill(texts.bank.mandate, { merchant: view.merchant.name, amount: view.due })}</p>
        </>
      )
    default:
      if (method.leads === null) return null
      return (
        <p class="hint">{fill(method.leads === 'away' ? texts.leadsAway : texts.leadsApp, { method: method.name })}</p>
      )
  }
}

function CardFields({ at, view, texts, wrong, onTyped }: Omit<FieldsProps, 'method'> & { at: string }) {
  const { card } = texts
  const shaped = (shape: (text: string) => string) => (event: Event) => {
    const input = event.currentTarget as HTMLInputElement
    // Only while typing at the end, so that the cursor does not jump when a digit in the middle is mended.
    if (input.selectionStart === input.value.length) input.value = shape(input.value)
    onTyped()
  }
  return (
    <>
      <noscript>
        <p class="hint">{card.noScript}</p>
      </noscript>
      <Field
        id={`${at}-number`}
        label={card.number}
        mode="numeric"
        autocomplete="cc-number"
        onInput={shaped(spaced)}
        error={wrong === 'number' ? card.numberWrong : ''}
      />
      <div class="pair">
        <Field
          id={`${at}-expiry`}
          label={card.expiry}
          hint={card.expiryHint}
          mode="numeric"
          autocomplete="cc-exp"
          onInput={shaped(expiry)}
          error={wrong === 'expiry' ? card.expiryWrong : ''}
        />
        <Field
          id={`${at}-cvc`}
          label={card.cvc}
          hint={card.cvcHint}
          mode="numeric"
          autocomplete="cc-csc"
          onInput={onTyped}
          error={wrong === 'cvc' ? card.cvcWrong : ''}
        />
      </div>
      <Field id={`${at}-holder`} label={card.holder} autocomplete="cc-name" />
      {view.can_save ? (
        <label class="tick">
          <input type="checkbox" id={`${at}-save`} /> {card.save}
        </label>
      ) : null}
    </>
  )
}

interface FieldProps {
  id: string
  /** Fields without a name are never posted. */
  name?: string
  label: string
  hint?: string
  error?: string
  mode?: 'numeric'
  autocomplete: string
  onInput?(event: Event): void
}

function Field({ id, name, label, hint, error = '', mode, autocomplete, onInput }: FieldProps) {
  const note = error === '' ? hint : error
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        inputMode={mode}
        autocomplete={autocomplete}
        autocapitalize="off"
        spellcheck={false}
        maxLength={80}
        aria-invalid={error === '' ? undefined : 'true'}
        aria-describedby={note === undefined ? undefined : `${id}-note`}
        onInput={onInput}
      />
      {note === undefined ? null : (
        <p class={error === '' ? 'hint' : 'hint wrong'} id={`${id}-note`}>
          {note}
        </p>
      )}
    </div>
  )
}
