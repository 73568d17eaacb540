// Calendar days where something happens. Instants are UTC; only a shop's day, for rates and rules, is local.

// Making a formatter costs more than the rest of a cart or a sale; there are some dozens of zones.
const formatters = new Map<string, Intl.DateTimeFormat>()

/** The calendar day in a time zone, YYYY-MM-DD. */
export function dayIn(timeZone: string, at: Date): string {
  let formatter = formatters.get(timeZone)
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formatters.set(timeZone, formatter)
  }
  return formatter.format(at)
}
