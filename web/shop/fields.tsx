// Fields with their label, hint and what is wrong with them, tied together for those who hear the page.

import type { Typed } from './checkout-page.tsx'
import { countryName, useShop } from './shop.ts'

export function Field(props: {
  id: string
  label: string
  value: string
  onValue(value: string): void
  wrong: string | null
  inputMode?: 'text' | 'email'
  hint?: string
  autocomplete?: string
  maxLength?: number
}) {
  const { id, label, value, wrong, hint } = props
  const told = wrong !== null ? `${id}-wrong` : hint === undefined ? undefined : `${id}-hint`
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={id}
        inputMode={props.inputMode}
        autocomplete={props.autocomplete}
        maxLength={props.maxLength ?? 120}
        required
        value={value}
        aria-invalid={wrong !== null}
        aria-describedby={told}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
      {wrong === null ? null : (
        <p class="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
      {wrong !== null || hint === undefined ? null : (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

/** Where it goes. The country is that of the shop: it decides on the currency and the taxes. */
export function AddressFields(props: {
  typed: Typed
  set(name: keyof Typed): (value: string) => void
  wrong: ReadonlySet<string>
}) {
  const { texts, country, language } = useShop()
  const field = (id: Exclude<keyof Typed, 'email'>, label: string, autocomplete: string, maxLength = 120) => (
    <Field
      id={id}
      label={label}
      autocomplete={autocomplete}
      maxLength={maxLength}
      value={props.typed[id]}
      onValue={props.set(id)}
      wrong={props.wrong.has(id) ? texts.missing : null}
    />
  )
  return (
    <div class="address">
      {field('name', texts.name, 'name')}
      {field('line1', texts.street, 'address-line1')}
      {field('postal_code', texts.postalCode, 'postal-code', 20)}
      {field('city', texts.city, 'address-level2', 80)}
      <p class="quiet country">
        {texts.country}: {countryName(country, language)}
      </p>
    </div>
  )
}
