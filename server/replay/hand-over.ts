// Brings the goods of a paid order to the customer: what is taken along has gone already, the rest is accepted, picked, and then
// collected in a shop, or packed, sent and delivered, each from where it stands, so that a second run goes on where the first one ended.

import type { Clock } from '../lib/clock.ts'
import { accepted, type Paged } from './api.ts'
import type { Client } from './client.ts'
import { createPatience } from './patience.ts'

interface Fulfilment {
  id: string
  mode: string
  state: string
}

/** What comes next, by state. */
const NEXT: Record<string, string> = {
  pending: 'accept',
  accepted: 'pick',
  picking: 'ready',
  ready: 'collect',
  arrived: 'collect',
  packed: 'ship',
  shipped: 'deliver',
}
const ENDS = new Set(['collected', 'delivered'])

/** Hands everything over. Throws when a fulfilment ends elsewhere, or none is made within patience. */
export async function handOver(
  deps: { client: Client; clock: Clock; patienceMs: number },
  order: { id: string; number: string },
): Promise<void> {
  const path = `/v1/orders/${order.id}/fulfilments`
  const patience = createPatience(deps.clock, deps.patienceMs)
  for (;;) {
    const { data } = accepted(`GET ${path}`, await deps.client.get<Paged<Fulfilment>>(path))
    for (const fulfilment of data) await bringOn(deps.client, fulfilment, order.number)
    if (data.length > 0) return
    await patience.wait(() => `order ${order.number} has nothing to hand over`)
  }
}

async function bringOn(client: Client, fulfilment: Fulfilment, number: string): Promise<void> {
  let { state } = fulfilment
  while (!ENDS.has(state)) {
    const verb = NEXT[state]
    if (verb === undefined) throw new Error(`fulfilment ${fulfilment.id} of order ${number} is ${state}`)
    const path = `/v1/fulfilments/${fulfilment.id}/${verb}`
    const body = bodyOf(verb, number)
    const answer = await client.post<Fulfilment>(path, body, `${fulfilment.id}.${verb}`)
    // Done by a request whose answer was lost: see how it stands.
    const isBehind = answer.code === 'invalid-state' || answer.code === 'version-conflict'
    const seen = isBehind ? await client.get<Fulfilment>(`/v1/fulfilments/${fulfilment.id}`) : answer
    const next = accepted(`POST ${path}`, seen).state
    if (isBehind && next === state) throw new Error(`fulfilment ${fulfilment.id} of order ${number} stays ${state}`)
    state = next
  }
}

/** The code that `ready` tells once is lost with a run that is killed, so customers are known by sight. */
function bodyOf(verb: string, number: string): object {
  if (verb === 'ship') return { tracking: { carrier: 'Replay', number } }
  return verb === 'collect' ? { staff_override_reason: 'Known by sight' } : {}
}
