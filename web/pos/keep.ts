// What this device remembers between two looks at it: its key, the ticket that is open, the payment that is under way, and what its
// people like. Sessions of staff are kept with the tab alone and end with it.

export const NAMES = {
  device: 'onetill.pos.device',
  session: 'onetill.pos.session',
  ticket: 'onetill.pos.ticket',
  sale: 'onetill.pos.sale',
  last: 'onetill.pos.last',
  favourites: 'onetill.pos.favourites',
  settings: 'onetill.pos.settings',
} as const

const boxOf = (name: string): Storage => (name === NAMES.session ? sessionStorage : localStorage)

/** Storage may be switched off; then nothing outlives the page. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === null) boxOf(name).removeItem(name)
    else boxOf(name).setItem(name, JSON.stringify(value))
  } catch {
    // The till works without; a reload then begins anew.
  }
}

export function kept<T>(name: string): T | null {
  try {
    return JSON.parse(boxOf(name).getItem(name) ?? 'null') as T | null
  } catch {
    return null
  }
}
