// The customers of a file, made at the server when they first buy. One profile each, for every replay at the merchant.

import { accepted, type Paged, Refused } from './api.ts'
import type { Client } from './client.ts'

/** Answers the profile of a customer of the file. */
export type Buyers = (customer: string) => Promise<string>

export function createBuyers(client: Client): Buyers {
  const known = new Map<string, Promise<string>>()
  return (customer) => {
    const asked = known.get(customer) ?? findOrMake(client, `replay-customer-${customer}`, `Customer ${customer}`)
    known.set(customer, asked)
    return asked
  }
}

/** The customer with that reference, made if there is none. */
export async function findOrMake(client: Client, reference: string, name: string): Promise<string> {
  const find = async (): Promise<string | undefined> => {
    const path = `/v1/customers?reference=${encodeURIComponent(reference)}`
    return accepted(`GET ${path}`, await client.get<Paged<{ id: string }>>(path)).data[0]?.id
  }
  const id = await find()
  if (id !== undefined) return id
  const answer = await client.post<{ id: string }>('/v1/customers', { reference, name })
  // Made meanwhile by another replay, or by ourselves in a request whose answer was lost.
  const made = answer.code === 'reference-taken' ? await find() : undefined
  if (made !== undefined) return made
  if (answer.code === 'reference-taken') throw new Refused('POST /v1/customers', answer)
  return accepted('POST /v1/customers', answer).id
}
