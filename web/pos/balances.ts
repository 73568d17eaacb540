// What the shop owes the ticket's customer and they can pay with.

import { useEffect, useState } from 'react'
import { useTill } from './till.tsx'

export interface Balances {
  /** Store credit in the till's currency, minor units. */
  credit: number
  /** What their points are worth in it. */
  points: number
}

export function useBalances(customerId: string | null): Balances {
  const { api, place } = useTill()
  const [balances, setBalances] = useState<Balances>({ credit: 0, points: 0 })
  useEffect(() => {
    if (customerId === null) return
    let isOver = false
    const { code } = place.currency
    const here = (each: { currency: string }) => each.currency === code
    Promise.all([
      api.get<{ data: { currency: string; available: number }[] }>(`/customers/${customerId}/store_credit`).then(
        ({ data }) => data.find(here)?.available ?? 0,
        () => 0,
      ),
      api.get<{ worth: { currency: string; amount: number }[] }>(`/customers/${customerId}/loyalty`).then(
        ({ worth }) => worth.find(here)?.amount ?? 0,
        () => 0,
      ),
    ]).then(([credit, points]) => {
      if (!isOver) setBalances({ credit, points })
    })
    return () => {
      isOver = true
    }
  }, [customerId])
  return balances
}
