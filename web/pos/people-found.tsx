// Customers that may be meant, while somebody types: found by the server, so that their number is no matter to this device.

import { useEffect, useState } from 'react'
import type { Customer } from './answers.ts'
import { listCustomers } from './find-customer.ts'
import { useTill } from './till.tsx'

/** After the last key: whoever types on is not answered for every letter. */
const LIST_AFTER_MS = 200
/** One letter is the beginning of everybody. */
const FEWEST = 2

/** Null until something is asked for, and while the server is away. */
export function usePeople(text: string): { text: string; people: Customer[] } | null {
  const { api } = useTill()
  const [found, setFound] = useState<{ text: string; people: Customer[] } | null>(null)
  const asked = text.trim()
  useEffect(() => {
    if (asked.length < FEWEST) return setFound(null)
    let isOver = false
    const timer = setTimeout(() => {
      listCustomers(api, asked).then(
        (people) => !isOver && setFound({ text: asked, people }),
        () => !isOver && setFound(null),
      )
    }, LIST_AFTER_MS)
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [asked])
  return found
}

export function PeopleFound(props: { people: readonly Customer[]; onFound(customer: Customer): void }) {
  const { texts } = useTill()
  if (props.people.length === 0) return null
  return (
    <ul className="rows people-found" aria-label={texts.customer.found}>
      {props.people.map((customer) => (
        <li key={customer.id}>
          <button type="button" className="row-key found-customer" onClick={() => props.onFound(customer)}>
            <strong className="own">{customer.name ?? customer.email ?? texts.customer.unnamed}</strong>
            <span className="quiet own">
              {customer.name === null ? customer.phone : (customer.email ?? customer.phone)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
