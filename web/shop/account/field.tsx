// A field with its label, hint and what is wrong with them, tied together for those who hear the page.

export function Field(props: {
  id: string
  label: string
  value: string
  onValue(value: string): void
  wrong: string | null
  inputMode?: 'text' | 'email' | 'numeric' | 'tel'
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
