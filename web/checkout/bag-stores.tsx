// Where a cart is collected: a list, the nearest first, with what lies there, when they are open, and when to come.

import { useState } from 'preact/hooks'
import type { BagField, BagStore, BagView, Typed } from '../../server/checkout/bag-view.ts'
import { fill } from '../shared/fill.ts'
import { NoScriptButton, SelectField, TextField } from './bag-form.tsx'
import type { Texts } from './texts/texts.ts'

interface Props {
  bag: BagView
  texts: Texts['bag']
  pressed: Typed
  onChoose(field: BagField, value: string): void
  onNear(place: Typed): void
}

/** How long a device may look for itself. */
const LOOK_MS = 10_000

export function StoreList({ bag, texts, pressed, onChoose, onNear }: Props) {
  const [isLost, setLost] = useState(false)
  const locate = () => {
    setLost(false)
    navigator.geolocation.getCurrentPosition(
      // A kilometre is near enough to sort shops by, and says less of somebody than a metre.
      ({ coords }) => onNear({ lat: coords.latitude.toFixed(2), lon: coords.longitude.toFixed(2) }),
      () => setLost(true),
      { timeout: LOOK_MS },
    )
  }
  const error = bag.errors.store
  const chosen = bag.stores.find(({ is_chosen }) => is_chosen)
  return (
    <>
      <fieldset class="ways" aria-describedby={error === undefined ? undefined : 'store-note'}>
        <legend>{texts.stores}</legend>
        <TextField
          field="postal_code"
          label={texts.near}
          bag={{ ...bag, errors: {} }}
          texts={texts}
          autocomplete="postal-code"
          onChange={(postal_code) => onNear({ postal_code, lat: '', lon: '' })}
        />
        <button type="button" class="button small" onClick={locate}>
          {texts.nearHere}
        </button>
        <p class="quiet" role="status">
          {isLost ? texts.nearFailed : ''}
        </p>
        {error === undefined ? null : (
          <p class="hint wrong" id="store-note">
            {error === 'missing' ? texts.missing.store : texts.wrong.store}
          </p>
        )}
        {bag.stores.map((store) => (
          <Store
            key={store.id}
            store={store}
            texts={texts}
            isPressed={pressed.store === undefined ? store.is_chosen : pressed.store === store.id}
            isWrong={error !== undefined}
            onChoose={() => onChoose('store', store.id)}
          />
        ))}
        <NoScriptButton text={texts.update} />
      </fieldset>
      {chosen === undefined || chosen.slots.length === 0 ? null : (
        <SelectField
          field="slot"
          bag={bag}
          texts={texts}
          value={pressed.slot ?? chosen.slots.find(({ is_chosen }) => is_chosen)?.value ?? ''}
          options={[['', texts.soonest], ...chosen.slots.map(({ value, text }): [string, string] => [value, text])]}
          onChange={(value) => onChoose('slot', value)}
        />
      )}
    </>
  )
}

function Store(props: {
  store: BagStore
  texts: Texts['bag']
  isPressed: boolean
  isWrong: boolean
  onChoose(): void
}) {
  const { store, texts, isPressed } = props
  return (
    <div class="way store">
      <label>
        <input
          type="radio"
          name="store"
          value={store.id}
          checked={isPressed}
          aria-invalid={props.isWrong ? 'true' : undefined}
          onChange={props.onChoose}
        />
        <span>
          <span class="own title">{store.name}</span>
          {store.distance === null ? null : <span class="quiet"> · {store.distance}</span>}
          {store.address === '' ? null : <span class="quiet own block">{store.address}</span>}
          <span class={`block fit ${store.stock}`}>
            {texts.stock[store.stock]}
            {store.ready === null ? '' : ` · ${fill(texts.ready, { time: store.ready })}`}
          </span>
        </span>
      </label>
      {store.hours.length === 0 ? null : (
        <details>
          <summary>
            {texts.hours}
            <span class="hidden"> {store.name}</span>
          </summary>
          <dl class="hours">
            {store.hours.map(({ days, times }) => (
              <div key={days}>
                <dt>{days}</dt>
                <dd>{times ?? texts.closed}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  )
}
