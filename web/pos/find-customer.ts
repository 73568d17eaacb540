// The customer somebody means by what they say.

import type { Customer, Page } from './answers.ts'
import type { Api } from './api.ts'

/** By whatever they say: an address, a number of a phone, the number on their card. Null when nobody is known by it. */
export async function findCustomer(api: Api, text: string): Promise<Customer | null> {
  if (text.includes('@')) {
    const { data } = await api.get<Page<Customer>>(`/customers?${new URLSearchParams({ email: text, limit: '1' })}`)
    return data[0] ?? null
  }
  const { data } = await api.get<Page<Customer>>(`/customers?${new URLSearchParams({ reference: text, limit: '1' })}`)
  if (data[0]) return data[0]
  for (const type of /^\+?[\d\s()-]{6,}$/.test(text) ? ['phone', 'loyalty_card'] : ['loyalty_card']) {
    const { customer } = await api.call<{ customer: Customer | null }>('POST', '/customers/recognise', {
      body: { type, value: text },
    })
    if (customer) return customer
  }
  return null
}

/** More than fits on a counter's screen: who is not among them is found by a word more. */
const MOST_LISTED = 20

/** Those whose name, address or telephone number begins with what is said, the likeliest first. */
export async function listCustomers(api: Api, text: string): Promise<Customer[]> {
  const { data } = await api.get<Page<Customer>>(
    `/customers?${new URLSearchParams({ q: text.slice(0, 120), limit: String(MOST_LISTED) })}`,
  )
  return data
}
