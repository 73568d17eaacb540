// A shop whose till has a terminal on a page: it answers at once, by a customer who does what is asked, or waits for the test.

import { setImmediate as turn } from 'node:timers/promises'
import { type Clock, systemClock } from '../../server/lib/clock.ts'
import { type Customer, createVirtualTerminals } from '../../server/virtual-terminal/index.ts'
import type { Api } from '../api.ts'
import { openShop } from './shop.ts'

export const POI = 'V400m-324688179'
export const TAPS: Customer = { card: 'visa', entry: 'contactless' }
export const SALE = { amount: 1099, currency: 'EUR', channel: 'pos' } as const

/** What GET /v1/terminals/{id} answers, as far as tests look at it. */
export interface TerminalState {
  state: string
  abilities: string[]
  current: {
    kind: string
    payment_id: string | null
    operation_id: string | null
    operation_state: string | null
    amount: number | null
    steps: { step: string; at: string }[]
    can_abort: boolean
    can_release: boolean
  } | null
}

/** Nobody at the terminal runs out of time. */
export const patient: Clock = {
  now: systemClock.now,
  sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
}

export type TerminalShop = Awaited<ReturnType<typeof openTerminalShop>>

export async function openTerminalShop() {
  const virtualTerminals = createVirtualTerminals({
    clock: patient,
    settings: { pace: 'instant', customer: TAPS },
  })
  const shop = await openShop({ virtualTerminals })
  const { api, keys } = shop
  const terminal = await addTerminal(api, { store_id: keys.terminals[0]?.store_id as string, register_id: shop.till })
  const device = virtualTerminals.terminal(POI)
  return {
    ...shop,
    get wired() {
      return shop.wired
    },
    get payments() {
      return shop.payments
    },
    get door() {
      return shop.door
    },
    virtualTerminals,
    device,
    terminal,
    tender: { method: 'card', terminal_id: terminal } as const,
    /** What the terminal itself did to money, oldest first. */
    truth: () => virtualTerminals.journal({ limit: 1000 }).map(({ what, amount, tip }) => `${what} ${amount} ${tip}`),
    state: async (id = terminal) => (await api.get<TerminalState>(`/v1/terminals/${id}`)).body,
    /** Everything the API takes about a terminal. */
    at: async (what: string, body?: object) => {
      const path = `/v1/terminals/${terminal}/${what}`
      return api.call<Record<string, unknown> & { code?: string }>('POST', path, body)
    },
    async close() {
      await shop.close()
      virtualTerminals.close()
    },
  }
}

/** A terminal on a page for a register. */
export async function addTerminal(
  api: Api,
  place: { store_id: string; register_id: string },
  serial = POI,
): Promise<string> {
  const { body } = await api.get<{ data: { id: string; connector: string }[] }>('/v1/connector_accounts')
  const known = body.data.find(({ connector }) => connector === 'nexo')?.id
  const account = known ?? (await newAccount(api))
  const made = await api.call<{ id: string }>('POST', '/v1/terminals', {
    ...place,
    ...{ connector_account_id: account, name: `Counter ${serial}`, serial },
  })
  if (made.status !== 201) throw new Error(made.text)
  return made.body.id
}

async function newAccount(api: Api): Promise<string> {
  const caps = { offline_per_sale: '5000', offline_per_device: '6000', offline_max_age_h: '24' }
  const config = { transport: 'virtual', offline_currency: 'EUR', ...caps }
  const made = await api.call<{ id: string }>('POST', '/v1/connector_accounts', {
    ...{ connector: 'nexo', name: 'Terminals', config },
  })
  if (made.status !== 201) throw new Error(made.text)
  return made.body.id
}

/** Waits by letting everything else run, until `holds`; half a minute is more than anything here needs on any machine. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const limit = Date.now() + 30_000
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error('it does not come about')
    await turn()
  }
}
