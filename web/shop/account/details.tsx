// Name, phone and addresses.

import { useState } from 'preact/hooks'
import { fill } from '../../shared/fill.ts'
import { COUNTRIES, countryName, useShop } from '../shop.ts'
import { Field } from './field.tsx'
import type { Account, OwnAddress } from './own.ts'
import { Listed, Said, useAct } from './parts.tsx'

export function Details({ account }: { account: Account }) {
  const { own, api, language } = useShop()
  const [name, setName] = useState(account.name ?? '')
  const [phone, setPhone] = useState(account.phone ?? '')
  const { act, said, isBusy } = useAct()
  const save = () =>
    act(async () => {
      const orNull = (text: string) => (text.trim() === '' ? null : text.trim())
      await api.send('PATCH', '/account', { name: orNull(name), phone: orNull(phone), locale: language })
      return own.saved
    })
  return (
    <>
      <form
        class="sheet stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <p class="quiet">
          {own.email}: <span class="own">{account.email}</span>
        </p>
        <Field id="own-name" label={own.name} autocomplete="name" value={name} onValue={setName} wrong={null} />
        <Field
          id="own-phone"
          label={own.phone}
          inputMode="tel"
          autocomplete="tel"
          maxLength={32}
          value={phone}
          onValue={setPhone}
          wrong={null}
        />
        <div class="acts">
          <button type="submit" class="button primary" aria-disabled={isBusy}>
            {own.save}
          </button>
          <Said said={said} />
        </div>
      </form>
      <Addresses />
    </>
  )
}

function Addresses() {
  const { own, api } = useShop()
  const [turn, setTurn] = useState(0)
  const [open, setOpen] = useState<OwnAddress | 'new' | null>(null)
  const { act, said } = useAct()
  const again = async (work: Promise<unknown>) => {
    await work
    setOpen(null)
    setTurn((n) => n + 1)
    return undefined
  }
  return (
    <section class="sheet" aria-labelledby="addresses">
      <h3 id="addresses">{own.addresses}</h3>
      <Listed<{ data: OwnAddress[] }> path="/account/addresses" turn={turn}>
        {({ data }) => (
          <>
            {data.length === 0 ? <p class="quiet">{own.noAddresses}</p> : null}
            <ul class="plain">
              {data.map((address) => (
                <li key={address.id} class="line">
                  <AddressText address={address} />
                  <Buttons
                    address={address}
                    onChange={() => setOpen(address)}
                    onUsual={() =>
                      void act(() =>
                        again(
                          api.send('PUT', `/account/addresses/${address.id}`, { ...bodyOf(address), is_default: true }),
                        ),
                      )
                    }
                    onRemove={() => void act(() => again(api.send('DELETE', `/account/addresses/${address.id}`)))}
                  />
                </li>
              ))}
            </ul>
          </>
        )}
      </Listed>
      {open === null ? (
        <button type="button" class="button" onClick={() => setOpen('new')}>
          {own.addAddress}
        </button>
      ) : (
        <AddressForm
          key={open === 'new' ? 'new' : open.id}
          address={open === 'new' ? null : open}
          onCancel={() => setOpen(null)}
          onSave={(body) =>
            void act(() =>
              again(
                open === 'new'
                  ? api.send('POST', '/account/addresses', body)
                  : api.send('PUT', `/account/addresses/${open.id}`, body),
              ),
            )
          }
        />
      )}
      <Said said={said} />
    </section>
  )
}

function bodyOf({ name, lines, postal_code, city, country }: OwnAddress) {
  return { name, lines, postal_code, city, country }
}

function AddressText({ address }: { address: OwnAddress }) {
  const { own, language } = useShop()
  const { name, lines, postal_code, city, country } = address
  return (
    <span class="own">
      <strong>{name}</strong> {address.is_default ? <span class="state">{own.usual}</span> : null}
      <br />
      {[...lines, `${postal_code ?? ''} ${city}`.trim(), countryName(country, language)].join(', ')}
    </span>
  )
}

function Buttons(props: { address: OwnAddress; onChange(): void; onUsual(): void; onRemove(): void }) {
  const { own } = useShop()
  const { address } = props
  const name = address.name ?? address.lines[0] ?? ''
  return (
    <span class="acts">
      {address.is_default ? null : (
        <button type="button" class="link" onClick={props.onUsual}>
          {fill(own.makeUsual, { name })}
        </button>
      )}
      <button type="button" class="link" onClick={props.onChange}>
        {fill(own.change, { name })}
      </button>
      <button type="button" class="link" onClick={props.onRemove}>
        {fill(own.removeAddress, { name })}
      </button>
    </span>
  )
}

function AddressForm(props: { address: OwnAddress | null; onCancel(): void; onSave(body: object): void }) {
  const { own, language, country: here } = useShop()
  const { address } = props
  const [typed, setTyped] = useState({
    name: address?.name ?? '',
    line1: address?.lines[0] ?? '',
    postal_code: address?.postal_code ?? '',
    city: address?.city ?? '',
    country: address?.country ?? here,
  })
  const [wrong, setWrong] = useState<string[]>([])
  const field = (id: 'name' | 'line1' | 'postal_code' | 'city', label: string, autocomplete: string, most: number) => (
    <Field
      id={`address-${id}`}
      label={label}
      autocomplete={autocomplete}
      maxLength={most}
      value={typed[id]}
      onValue={(value) => setTyped({ ...typed, [id]: value })}
      wrong={wrong.includes(id) ? own.missing : null}
    />
  )
  const save = () => {
    const { name, line1, postal_code, city, country } = typed
    const missing = Object.entries({ name, line1, postal_code, city }).filter(([, text]) => text.trim() === '')
    setWrong(missing.map(([id]) => id))
    if (missing[0]) return document.getElementById(`address-${missing[0][0]}`)?.focus()
    props.onSave({ name, lines: [line1, ...(address?.lines.slice(1) ?? [])], postal_code, city, country })
  }
  return (
    <form
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        save()
      }}
    >
      {field('name', own.name, 'name', 120)}
      {field('line1', own.street, 'address-line1', 120)}
      {field('postal_code', own.postalCode, 'postal-code', 20)}
      {field('city', own.city, 'address-level2', 80)}
      <p class="field">
        <label for="address-country">{own.country}</label>
        <select
          id="address-country"
          value={typed.country}
          onChange={(event) => setTyped({ ...typed, country: event.currentTarget.value })}
        >
          {[...new Set([...Object.keys(COUNTRIES), typed.country])].map((code) => (
            <option key={code} value={code} selected={code === typed.country}>
              {countryName(code, language)}
            </option>
          ))}
        </select>
      </p>
      <div class="acts">
        <button type="submit" class="button primary">
          {own.save}
        </button>
        <button type="button" class="button" onClick={props.onCancel}>
          {own.cancel}
        </button>
      </div>
    </form>
  )
}
