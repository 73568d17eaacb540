// What this device remembers between two looks at it: its key, the ticket that is open, the payment that is under way, and what its
// people like. Sessions of staff are kept with the tab alone and end with it. Each tab has a ticket of its own, in a slot that it holds
// as long as it lives: after a crash whoever opens the till has the ticket that was open.

export const NAMES = {
  device: 'onetill.pos.device',
  info: 'onetill.pos.info',
  session: 'onetill.pos.session',
  slot: 'onetill.pos.slot',
  ticket: 'onetill.pos.ticket',
  sale: 'onetill.pos.sale',
  last: 'onetill.pos.last',
  favourites: 'onetill.pos.favourites',
  settings: 'onetill.pos.settings',
} as const

const OF_TAB: readonly string[] = [NAMES.session, NAMES.slot]
const OF_SLOT: readonly string[] = [NAMES.ticket, NAMES.sale, NAMES.last]
/** Tabs side by side at one counter. */
const SLOTS = 8
/** A page that is loaded anew waits so long for the one before it to be gone. */
const TURN_MS = 3_000

let mine = 0

/** Which of the device's tickets is this tab's. */
export const slot = (): number => mine

const boxOf = (name: string): Storage => (OF_TAB.includes(name) ? sessionStorage : localStorage)
const nameIn = (name: string, no: number): string => (no > 0 && OF_SLOT.includes(name) ? `${name}.${no}` : name)

/** Storage may be switched off; then nothing outlives the page. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === null) boxOf(name).removeItem(nameIn(name, mine))
    else boxOf(name).setItem(nameIn(name, mine), JSON.stringify(value))
  } catch {
    // The till works without; a reload then begins anew.
  }
}

export function kept<T>(name: string): T | null {
  return keptIn<T>(name, mine)
}

function keptIn<T>(name: string, no: number): T | null {
  try {
    return JSON.parse(boxOf(name).getItem(nameIn(name, no)) ?? 'null') as T | null
  } catch {
    return null
  }
}

/** Takes the slot this tab had before, else one with a ticket that nobody has open, else a free one. `isOpen` knows of further tickets. */
export async function takeSlot(isOpen: (no: number) => Promise<boolean>): Promise<void> {
  if (!('locks' in navigator)) return
  const before = kept<number>(NAMES.slot)
  if (before !== null && (await hold(before, TURN_MS))) return choose(before)
  const all = Array.from({ length: SLOTS }, (_, no) => no)
  const left: number[] = []
  for (const no of all) if (hasTicket(no) || (await isOpen(no))) left.push(no)
  for (const no of [...left, ...all]) if (await hold(no, 0)) return choose(no)
}

function choose(no: number): void {
  mine = no
  keep(NAMES.slot, no)
}

function hasTicket(no: number): boolean {
  const ticket = keptIn<{ cartId: string | null; changes: unknown[] }>(NAMES.ticket, no)
  return keptIn(NAMES.sale, no) !== null || (ticket !== null && (ticket.cartId !== null || ticket.changes?.length > 0))
}

/** Holds a slot until this page ends. Answers whether it does. */
function hold(no: number, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = waitMs > 0 ? { signal: AbortSignal.timeout(waitMs) } : { ifAvailable: true }
    navigator.locks
      .request(`onetill.slot.${no}`, options, (lock) => {
        resolve(lock !== null)
        return lock === null ? undefined : new Promise<void>(() => {})
      })
      .catch(() => resolve(false))
  })
}
