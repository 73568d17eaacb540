// The customer of the ticket: found by e-mail, phone or number, or by a card that is scanned; what they have, and what they bought.

import { type FormEvent, useState } from 'react'
import { fill } from '../shared/fill.ts'
import type { Customer, Order, Page } from './answers.ts'
import { isRefused, newKey } from './api.ts'
import { EnrolCard } from './enrol-card.tsx'
import { findCustomer, listCustomers } from './find-customer.ts'
import { Icon } from './icon.tsx'
import { useScan } from './keys.ts'
import { OnlineSide } from './online-side.tsx'
import { Banner, Dialog } from './parts.tsx'
import { PeopleFound, usePeople } from './people-found.tsx'
import { letGo, TapCard, type TappedCard } from './tap-card.tsx'
import { useLoaded, useTicket, useTill } from './till.tsx'

interface Loyalty {
  points: number
  available: number
  pending: number
  tier: { name: string } | null
  worth: { currency: string; amount: number }[]
}
interface Credit {
  currency: string
  available: number
}

export function CustomerPanel({ onClose }: { onClose(): void }) {
  const { texts, ticket, api, info } = useTill()
  const { cart } = useTicket()
  const id = cart?.customer_id ?? null
  return (
    <Dialog title={texts.customer.heading} onClose={onClose} isSide>
      {id === null ? (
        <Search
          onFound={(customer) => {
            ticket.setCustomer(customer.id)
            onClose()
          }}
          // Whoever is known by their card is shown: what they have, and what they left online.
          onTapped={(customerId) => ticket.setCustomer(customerId)}
        />
      ) : (
        <Profile
          id={id}
          onRemove={() => {
            for (const { id: terminal } of info.terminals) void letGo(api, terminal)
            ticket.setCustomer(null)
            onClose()
          }}
          onClose={onClose}
        />
      )}
      <PromotionCode />
    </Dialog>
  )
}

function Search(props: { onFound(customer: Customer): void; onTapped(customerId: string): void }) {
  const { texts, api } = useTill()
  const { onFound } = props
  const { total } = useTicket()
  const [card, setCard] = useState<TappedCard | null>(null)
  const [text, setText] = useState('')
  const [name, setName] = useState('')
  const [isUnknown, setUnknown] = useState(false)
  const [wrong, setWrong] = useState('')
  const found = usePeople(text)
  const look = async (asked: string) => {
    setWrong('')
    setUnknown(false)
    const said = asked.trim()
    try {
      const known = await findCustomer(api, said)
      if (known) return onFound(known)
      // A name: one who bears it is meant, of several somebody chooses.
      const people = said.length < 2 ? [] : await listCustomers(api, said)
      if (people[0] && people.length === 1) return onFound(people[0])
      setUnknown(people.length === 0)
      if (people.length === 0 && !/[@\d]/.test(said)) setName(said)
      document.querySelector<HTMLElement>('.found-customer')?.focus()
    } catch (error) {
      if (isRefused(error, 'validation-error')) setUnknown(true)
      else setWrong(isRefused(error, 'no-answer') ? texts.noAnswer : texts.failed)
    }
  }
  const add = async (event: FormEvent) => {
    event.preventDefault()
    const asked = text.trim()
    const told = asked.includes('@') ? { email: asked } : /^\+?[\d\s()-]{6,}$/.test(asked) ? { phone: asked } : {}
    try {
      onFound(
        await api.call<Customer>('POST', '/customers', {
          body: { ...told, ...(name.trim() === '' ? {} : { name: name.trim() }) },
          key: newKey(),
        }),
      )
    } catch (error) {
      setWrong(
        isRefused(error, 'validation-error')
          ? texts.customer.notValid
          : isRefused(error, 'no-answer')
            ? texts.noAnswer
            : texts.failed,
      )
    }
  }
  useScan((code) => {
    setText(code)
    void look(code)
  })
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (text.trim() !== '') void look(text)
        }}
      >
        <label htmlFor="customer-find">{texts.customer.find}</label>
        <div className="row">
          <input
            id="customer-find"
            data-first=""
            className="field-in grow"
            value={text}
            maxLength={254}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setText(event.target.value)
              setUnknown(false)
            }}
          />
          <button type="submit" className="button primary">
            {texts.customer.look}
          </button>
        </div>
        <p className="quiet">{texts.customer.hint}</p>
      </form>
      <TapCard
        amount={total}
        onWrong={setWrong}
        onCard={(tapped) => (tapped.customerId === null ? setCard(tapped) : props.onTapped(tapped.customerId))}
      />
      <div className="said" role="alert">
        {wrong === '' ? null : <Banner kind="bad">{wrong}</Banner>}
        {isUnknown ? <Banner kind="info">{texts.customer.unknown}</Banner> : null}
      </div>
      {card ? <EnrolCard card={card} onEnrolled={props.onTapped} /> : null}
      <PeopleFound people={found?.people ?? []} onFound={onFound} />
      {isUnknown ? (
        <form onSubmit={(event) => void add(event)} className="new-customer">
          <label htmlFor="customer-name">{texts.customer.name}</label>
          <input
            id="customer-name"
            className="field-in"
            value={name}
            maxLength={120}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="button">
            <Icon name="plus" />
            {texts.customer.add}
          </button>
        </form>
      ) : null}
    </>
  )
}

function Profile({ id, onRemove, onClose }: { id: string; onRemove(): void; onClose(): void }) {
  const { texts, api, money, place, language } = useTill()
  const loaded = useLoaded(`profile ${id}`, async () => {
    const nothing = { data: [] as Credit[] }
    const [customer, loyalty, credit, orders] = await Promise.all([
      api.get<Customer>(`/customers/${id}`),
      // Without a programme there are no points.
      api.get<Loyalty>(`/customers/${id}/loyalty`).catch(() => null),
      api.get<{ data: Credit[] }>(`/customers/${id}/store_credit`).catch(() => nothing),
      api
        .get<Page<Order>>(`/orders?customer_id=${id}&limit=5`)
        .catch(() => ({ data: [] as Order[], next_cursor: null })),
    ])
    return { customer, loyalty, credit: credit.data, orders: orders.data }
  })
  if (loaded.is !== 'there') return <div className="blank tall" />
  const { customer, loyalty, credit, orders } = loaded.data
  const owed = credit.find(({ currency }) => currency === place.currency.code)
  const date = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  })
  return (
    <>
      <p className="profile-name own">{customer.name ?? customer.email ?? texts.customer.unnamed}</p>
      <dl className="facts">
        {customer.email === null ? null : (
          <div>
            <dt>{texts.customer.email}</dt>
            <dd className="own">{customer.email}</dd>
          </div>
        )}
        {customer.phone === null ? null : (
          <div>
            <dt>{texts.customer.phone}</dt>
            <dd>{customer.phone}</dd>
          </div>
        )}
        {loyalty === null ? null : (
          <div>
            <dt>{texts.customer.points}</dt>
            <dd className="figure">
              {loyalty.available}
              {loyalty.tier ? <span className="tag">{loyalty.tier.name}</span> : null}
            </dd>
          </div>
        )}
        {owed && owed.available > 0 ? (
          <div>
            <dt>{texts.customer.credit}</dt>
            <dd className="figure">{money(owed.available)}</dd>
          </div>
        ) : null}
      </dl>
      <OnlineSide customerId={id} onTaken={onClose} />
      <h3>{texts.customer.bought}</h3>
      {orders.length === 0 ? <p className="quiet">{texts.customer.nothing}</p> : null}
      <ul className="rows">
        {orders.map((order) => (
          <li key={order.id} className="row-key flat">
            <strong>{fill(texts.order, { number: order.number })}</strong>
            <span className="quiet">{date.format(new Date(order.placed_at))}</span>
            <span className="figure">
              {new Intl.NumberFormat(language === 'en' ? 'en-GB' : language, {
                style: 'currency',
                currency: order.currency,
              }).format(order.total / 10 ** place.currency.digits)}
            </span>
          </li>
        ))}
      </ul>
      <button type="button" className="button danger" onClick={onRemove}>
        {texts.customer.remove}
      </button>
    </>
  )
}

/** A code of a promotion, said or shown. What it gives, or why not, the server says. */
function PromotionCode() {
  const { texts, ticket } = useTill()
  const { cart } = useTicket()
  const [code, setCode] = useState('')
  const codes = cart?.codes ?? []
  const refused = cart?.promotions.refused.filter((each) => each.code !== null && codes.includes(each.code)) ?? []
  return (
    <form
      className="promotion"
      onSubmit={(event) => {
        event.preventDefault()
        if (code.trim() === '') return
        ticket.setCodes([...codes, code.trim()])
        setCode('')
      }}
    >
      <label htmlFor="promotion-code">{texts.customer.code}</label>
      <div className="row">
        <input
          id="promotion-code"
          className="field-in grow"
          value={code}
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setCode(event.target.value)}
        />
        <button type="submit" className="button">
          {texts.customer.use}
        </button>
      </div>
      <ul className="codes">
        {codes.map((each) => (
          <li key={each}>
            <span className="tag own">{each}</span>
            {refused.some((one) => one.code === each) ? (
              <span className="quiet">{texts.customer.codeRefused}</span>
            ) : null}
            <button
              type="button"
              className="icon-key"
              aria-label={fill(texts.customer.codeRemove, { code: each })}
              onClick={() => ticket.setCodes(codes.filter((one) => one !== each))}
            >
              <Icon name="cross" />
            </button>
          </li>
        ))}
      </ul>
    </form>
  )
}
