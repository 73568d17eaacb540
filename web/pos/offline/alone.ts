// Whether the till sells with its server or alone, and how it changes over. Alone it goes when the server has been silent for a moment and
// a ticket is open, or when somebody says so; back when the server answers and the ticket that was begun alone is done. A payment whose
// outcome only the server knows is never taken over: it waits where it is, and is there again afterwards.

import type { Api } from '../api.ts'
import type { Sale } from '../sale.ts'
import type { Ticket } from '../ticket.ts'
import type { OpenLine } from './document.ts'
import type { OpenSale } from './open-sale.ts'

/** A router that starts anew, or one answer lost, is no reason to leave the server: promotions and balances would be gone. */
const SILENT_MS = 5_000

export type NotAble = 'no-storage' | 'no-key' | 'no-catalogue' | 'no-shift'

export interface AloneState {
  isAlone: boolean
  /** Why it cannot sell alone; null where it can. */
  notAble: NotAble | null
  /** A payment of the server's waits for its outcome meanwhile. */
  hasLeft: boolean
}

export interface Alone {
  state(): AloneState
  watch(told: () => void): () => void
  /** Goes alone now. Answers whether it has. */
  begin(): boolean
  /** Looks again whether it may: something was loaded, opened or closed. */
  look(): void
  stop(): void
}

interface Sides {
  ticket: Ticket
  sale: Sale
}

export interface AloneDeps {
  api: Pick<Api, 'link' | 'watch'>
  server: Sides
  open: OpenSale | null
  notAble(): NotAble | null
  /** The server's ticket hangs on what only the server has: goods that came back pay for it, or some of it comes from elsewhere. */
  isTied(): boolean
  /** What of the server's ticket can be sold without it, and at which price. */
  linesOf(ticket: Ticket): OpenLine[]
  now(): number
}

export function createAlone({ api, server, open, notAble, isTied, linesOf, now }: AloneDeps): Alone & Sides {
  let shown: AloneState = { isAlone: open?.isAlone() ?? false, notAble: notAble(), hasLeft: false }
  let timer = 0
  /** In the middle of changing over, when both sides tell of it. */
  let isChanging = false
  const watchers = new Set<() => void>()
  const side = (): Sides => (shown.isAlone && open ? open : server)

  function show(isAlone: boolean): void {
    const hasLeft = isAlone && server.sale.state().isUnderWay
    const next = { isAlone, notAble: notAble(), hasLeft }
    const isSame = next.isAlone === shown.isAlone && next.notAble === shown.notAble && next.hasLeft === shown.hasLeft
    if (isSame) return
    shown = next
    for (const told of watchers) told()
  }

  /** What is there stays where it is, and is there again afterwards. */
  const stays = () => isTied() || server.sale.state().isUnderWay

  function begin(): boolean {
    if (shown.isAlone) return true
    if (!open || notAble() !== null) return false
    const { sale, ticket } = server
    isChanging = true
    // Nothing that may have been paid is sold again.
    if (!stays()) {
      const lines = linesOf(ticket)
      const customer = ticket.state().cart?.customer_id ?? null
      if (lines.length > 0) open.take(lines, customer)
      sale.end()
      ticket.leave()
    }
    open.setAlone(true)
    isChanging = false
    show(true)
    return true
  }

  function look(): void {
    if (isChanging) return
    clearTimeout(timer)
    const { isOn, since } = api.link
    if (shown.isAlone && open) {
      const isDone = open.ticket.state().lines.length === 0 && open.sale.state().cart === null
      isChanging = true
      if (isOn && isDone) open.setAlone(false)
      isChanging = false
      show(open.isAlone())
      return
    }
    show(false)
    if (isOn) return
    const left = since + SILENT_MS - now()
    if (left > 0) timer = setTimeout(look, left) as unknown as number
    else if (server.ticket.state().lines.length > 0 && !stays()) begin()
  }

  const stops = [api.watch(look), server.ticket.watch(look), server.sale.watch(look)]
  if (open) stops.push(open.ticket.watch(look))

  /** Tells of both sides and of changing over, so that whoever watches always sees the one that counts. */
  const watch = (of: (sides: Sides) => { watch(told: () => void): () => void }) => (told: () => void) => {
    const ends = [of(server).watch(told), ...(open ? [of(open).watch(told)] : [])]
    watchers.add(told)
    return () => {
      for (const end of ends) end()
      watchers.delete(told)
    }
  }

  const ticket: Ticket = {
    state: () => side().ticket.state(),
    watch: watch(({ ticket }) => ticket),
    add: (put) => side().ticket.add(put),
    setQuantity: (key, quantity) => side().ticket.setQuantity(key, quantity),
    remove: (key) => side().ticket.remove(key),
    setPrice: (key, price) => side().ticket.setPrice(key, price),
    setCustomer: (id) => side().ticket.setCustomer(id),
    setCodes: (codes) => side().ticket.setCodes(codes),
    setFulfilment: (key, way) => side().ticket.setFulfilment(key, way),
    setAddress: (address) => side().ticket.setAddress(address),
    select: (key) => side().ticket.select(key),
    clear: () => side().ticket.clear(),
    undo: () => side().ticket.undo(),
    hold: (cart) => side().ticket.hold(cart),
    leave: () => side().ticket.leave(),
    read: () => side().ticket.read(),
    async settled() {
      // Somebody wants to pay: nobody waits for a server that is known to be away.
      if (!shown.isAlone && !api.link.isOn && !stays()) begin()
      return side().ticket.settled()
    },
  }
  const sale: Sale = {
    state: () => side().sale.state(),
    watch: watch(({ sale }) => sale),
    begin: (cart) => side().sale.begin(cart),
    tender: (input) => side().sale.tender(input),
    withdraw: () => side().sale.withdraw(),
    place: () => side().sale.place(),
    look: () => side().sale.look(),
    adopt: (payment) => side().sale.adopt(payment),
    end: () => side().sale.end(),
    forget: () => side().sale.forget(),
  }
  look()
  return {
    ...{ ticket, sale, begin, look },
    state: () => shown,
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    stop() {
      clearTimeout(timer)
      for (const stop of stops) stop()
    },
  }
}
