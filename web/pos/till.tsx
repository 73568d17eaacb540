// What every screen of the till has at hand: words, money, place, people, the API, the ticket and the sale.

import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import type { Api } from './api.ts'
import type { Catalogue } from './catalogue.ts'
import type { Alone } from './offline/alone.ts'
import type { Device } from './offline/device.ts'
import type { Queue } from './offline/queue.ts'
import type { CashRule, Place } from './place.ts'
import type { Sale, SaleState } from './sale.ts'
import type { Shift } from './shift.ts'
import type { Texts } from './texts/texts.ts'
import type { Ticket, TicketState } from './ticket.ts'

export interface StaffBrief {
  id: string
  name: string
  initials: string
  role: string
}
export interface TillInfo {
  register: { id: string; name: string }
  store: { id: string; name: string; country: string; currency: string; cash_rounding: CashRule | null }
  merchant: { name: string }
  terminals: { id: string; name: string; serial: string }[]
  staff: StaffBrief[]
  /** The one that is open at the register. */
  shift: Shift | null
  /** The register has a receipt printer in the shop's network. Missing in what an older server told. */
  has_printer?: boolean
}
export interface Session {
  token: string
  staff: StaffBrief & { language?: string | null }
  rights: string[]
  limits?: { discount_bp: number | null }
  expires_at: string
}

export type Screen =
  | { is: 'sell' }
  | { is: 'tender'; start?: 'cash' | 'card' }
  | { is: 'done' }
  | { is: 'drawer' }
  | { is: 'return'; orderId?: string; returnId?: string }
  | { is: 'exchange' }
  | { is: 'orders'; orderId?: string }
  | { is: 'pickup'; fulfilmentId?: string }
  /** `orderNumber`: a new link is for this order. */
  | { is: 'links'; orderNumber?: string }

export interface Notice {
  kind: 'good' | 'bad' | 'info'
  text: string
  undo?: () => void
}

/** The language of the page and its words; known before anybody or anywhere is. */
export interface Words {
  texts: Texts
  language: string
  languages: readonly { code: string; name: string }[]
  setLanguage(code: string): void
}

export interface Till extends Words {
  info: TillInfo
  place: Place
  session: Session
  api: Api
  ticket: Ticket
  sale: Sale
  catalogue: Catalogue
  alone: Alone
  /** Sales that wait for the server; null where this browser cannot sell without it. */
  queue: Queue | null
  own: Device | null
  /** Selling without the server now. */
  isAlone: boolean
  screen: Screen
  go(screen: Screen): void
  lock(): void
  /** Who and where are asked anew: a shift was opened or closed. */
  refresh(): Promise<void>
  say(notice: Notice | null): void
  notice: Notice | null
  can(right: string): boolean
  /** Does something for which a right is needed: at once, or after somebody who has it has given their PIN. */
  withRight(right: string, work: () => void | Promise<void>): void
  settings: Settings
  setSettings(settings: Settings): void
  /** `€ 49,95`, from minor units. */
  money(amount: number): string
  /** The same from a decimal text of the API. */
  price(text: string): string
  time(at: string | number): string
}

/** How this device is set. */
export interface Settings {
  theme: 'auto' | 'light' | 'dark'
  sound: boolean
}

const Context = createContext<Till | null>(null)
export const TillProvider = Context.Provider

const WordsContext = createContext<Words | null>(null)
export const WordsProvider = WordsContext.Provider

export function useWords(): Words {
  const words = useContext(WordsContext)
  if (!words) throw new Error('outside of the page')
  return words
}

export function useTill(): Till {
  const till = useContext(Context)
  if (!till) throw new Error('outside of the till')
  return till
}

export const useTicket = (): TicketState => {
  const { ticket } = useTill()
  return useSyncExternalStore(ticket.watch, ticket.state)
}
export const useSale = (): SaleState => {
  const { sale } = useTill()
  return useSyncExternalStore(sale.watch, sale.state)
}
export const useLink = (api: Api) => useSyncExternalStore(api.watch, () => api.link)

export type Loaded<T> = { is: 'loading' } | { is: 'failed'; again(): void } | { is: 'there'; data: T; again(): void }

/** Loads what a screen shows; anew when `key` changes or `again` is called. What comes late is dropped. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [turn, setTurn] = useState(0)
  const [state, setState] = useState<{ key: string; data?: T; failed?: boolean }>({ key })
  useEffect(() => {
    let isOver = false
    load().then(
      (data) => !isOver && setState({ key, data }),
      () => !isOver && setState({ key, failed: true }),
    )
    return () => {
      isOver = true
    }
  }, [key, turn])
  const again = () => setTurn((n) => n + 1)
  if (state.key !== key || (state.data === undefined && !state.failed)) return { is: 'loading' }
  return state.failed ? { is: 'failed', again } : { is: 'there', data: state.data as T, again }
}

export const localeOf = (language: string) => (language === 'en' ? 'en-GB' : language)

export function formatsFor(language: string, currency: { code: string; digits: number }) {
  const locale = localeOf(language)
  const money = new Intl.NumberFormat(locale, { style: 'currency', currency: currency.code })
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' })
  return {
    // Never a negative nothing.
    money: (amount: number) => money.format(amount === 0 ? 0 : amount / 10 ** currency.digits),
    price: (text: string) => money.format(Number(text)),
    time: (at: string | number) => time.format(new Date(at)),
  }
}

/** A rate of tax in hundredths of a per cent, as the reader writes it. */
export function percent(basisPoints: number, language: string): string {
  return new Intl.NumberFormat(localeOf(language), { style: 'percent', maximumFractionDigits: 2 }).format(
    basisPoints / 10_000,
  )
}

/** `1,250 kg` for what is weighed, else the number of pieces. */
export function quantityText(quantity: number, unit: string, language: string): string {
  if (unit !== 'gram') return String(quantity)
  const kilos = quantity >= 1000
  return new Intl.NumberFormat(localeOf(language), {
    style: 'unit',
    unit: kilos ? 'kilogram' : 'gram',
    maximumFractionDigits: 3,
  }).format(kilos ? quantity / 1000 : quantity)
}

/** What is typed as digits is minor units: 5, 0, 0 is 5.00. Text for the API in major units. */
export function majorText(amount: number, digits: number): string {
  const text = String(amount).padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}
