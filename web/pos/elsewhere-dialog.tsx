// What is not on the shelf here, sold all the same: collected in a store that has it, brought here, or sent to the customer. One line of
// the ticket goes its own way, the rest is taken along, and everything is paid together.

import { type FormEvent, useState } from 'react'
import { fill } from '../shared/fill.ts'
import { Icon } from './icon.tsx'
import { Dialog, Failed } from './parts.tsx'
import type { ShownLine } from './ticket-view.ts'
import { useLoaded, useTicket, useTill } from './till.tsx'

interface Nearby {
  store_id: string
  name: string
  available: number
  distance_km: number | null
}
export interface Address {
  name?: string
  line1: string
  postal_code?: string
  city: string
  country: string
}

export function ElsewhereDialog({ line, onClose }: { line: ShownLine; onClose(): void }) {
  const { texts, api, info, ticket, language } = useTill()
  const words = texts.service.aisle
  const { cart } = useTicket()
  const [isSending, setSending] = useState(false)
  const loaded = useLoaded(`elsewhere ${line.variantId}`, async () => {
    const of = new URLSearchParams({ variant_id: line.variantId, channel: 'pos', near_store_id: info.store.id })
    const [stock, counters] = await Promise.all([
      api.get<{ data: Nearby[] }>(`/stock/availability?${of}`),
      api.get<{ data: { id: string }[] }>('/pickup_stores'),
    ])
    return { data: stock.data, counters: new Set(counters.data.map(({ id }) => id)) }
  })
  const there = loaded.is === 'there' ? loaded.data.data : []
  const here = there.find(({ store_id }) => store_id === info.store.id)
  const elsewhere = there.filter(({ store_id, available }) => store_id !== info.store.id && available > 0)
  // A warehouse sends and hands nothing over.
  const counters = elsewhere.filter(({ store_id }) => loaded.is === 'there' && loaded.data.counters.has(store_id))
  const kilometres = new Intl.NumberFormat(language, { style: 'unit', unit: 'kilometer', maximumFractionDigits: 1 })
  const choose = (fulfilment: { mode: string; store_id?: string } | null) => {
    ticket.setFulfilment(line.key, fulfilment)
    onClose()
  }
  const send = () => (cart?.shipping_address ? choose({ mode: 'ship' }) : setSending(true))
  return (
    <Dialog title={fill(words.heading, { name: line.name })} onClose={onClose} isSide>
      {isSending ? (
        <AddressForm
          onAddress={(address) => {
            ticket.setAddress(address)
            choose({ mode: 'ship' })
          }}
        />
      ) : loaded.is === 'failed' ? (
        <Failed again={loaded.again} />
      ) : loaded.is === 'loading' ? (
        <div className="blank tall" />
      ) : (
        <>
          <p className="quiet">{fill(words.here, { n: here?.available ?? 0, store: info.store.name })}</p>
          {elsewhere.length === 0 ? <p>{words.nowhere}</p> : null}
          {elsewhere.length === 0 ? null : (
            <ul className="rows">
              <li>
                <button type="button" className="row-key way" data-first="" onClick={send}>
                  <Icon name="truck" />
                  <strong>{words.send}</strong>
                </button>
              </li>
              <li>
                <button
                  type="button"
                  className="row-key way"
                  onClick={() => choose({ mode: 'collect', store_id: info.store.id })}
                >
                  <Icon name="box" />
                  <strong>{words.bring}</strong>
                </button>
              </li>
            </ul>
          )}
          {counters.length === 0 ? null : <h3>{words.collect}</h3>}
          <ul className="rows">
            {counters.map(({ store_id, name, available, distance_km }) => (
              <li key={store_id}>
                <button
                  type="button"
                  className="row-key way"
                  disabled={available < line.quantity}
                  onClick={() => choose({ mode: 'collect', store_id })}
                >
                  <Icon name="store" />
                  <strong>{name}</strong>
                  <span className="quiet figure">{distance_km === null ? '' : kilometres.format(distance_km)}</span>
                  <span className="figure">{fill(words.there, { n: available })}</span>
                </button>
              </li>
            ))}
          </ul>
          {line.isElsewhere ? (
            <button type="button" className="button" onClick={() => choose(null)}>
              {words.along}
            </button>
          ) : null}
        </>
      )}
    </Dialog>
  )
}

function AddressForm({ onAddress }: { onAddress(address: Address): void }) {
  const { texts, info } = useTill()
  const words = texts.service.aisle
  const [typed, setTyped] = useState<Record<string, string>>({})
  const fields = ['name', 'line1', 'postal_code', 'city'] as const
  const send = (event: FormEvent) => {
    event.preventDefault()
    const of = (name: string) => (typed[name] ?? '').trim()
    if (of('line1') === '' || of('city') === '') return
    onAddress({
      ...(of('name') === '' ? {} : { name: of('name') }),
      ...(of('postal_code') === '' ? {} : { postal_code: of('postal_code') }),
      ...{ line1: of('line1'), city: of('city'), country: info.store.country },
    })
  }
  return (
    <form onSubmit={send}>
      {fields.map((name, i) => (
        <label key={name} htmlFor={`address-${name}`}>
          {words.address[name]}
          <input
            id={`address-${name}`}
            data-first={i === 0 ? '' : undefined}
            className="field-in"
            value={typed[name] ?? ''}
            maxLength={name === 'postal_code' ? 20 : 80}
            required={name !== 'name'}
            autoComplete="off"
            onChange={(event) => setTyped({ ...typed, [name]: event.target.value })}
          />
        </label>
      ))}
      <button type="submit" className="button primary big">
        {words.send}
      </button>
    </form>
  )
}
