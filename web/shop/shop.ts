// What every page of the shop has at hand: words, money, the API, the cart, and the way to another page.

import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { ShopView } from '../../server/storefront/shop-view.ts'
import type { Api } from './api.ts'
import type { CartHold } from './cart.ts'
import type { Looks } from './looks.ts'
import type { Session } from './session.ts'
import type { AccountTexts } from './texts/account.ts'
import type { Texts } from './texts/texts.ts'

export interface ShopState {
  view: ShopView
  texts: Texts
  /** The words of the account. */
  own: AccountTexts
  language: string
}

export interface Shop extends ShopState {
  /** Where the customer is, and what they pay in there. */
  country: string
  currency: string
  api: Api
  cart: CartHold
  session: Session
  looks: Looks
  /** An address of the shop, in the reader's language. */
  to(path: string): string
  go(path: string): void
  /** `€ 49,95`, from minor units. */
  money(amount: number): string
  /** The same from a decimal text of the API. */
  price(text: string): string
}

/** Countries the demo sells to and what is paid there. */
export const COUNTRIES: Readonly<Record<string, string>> = {
  NL: 'EUR',
  BE: 'EUR',
  DE: 'EUR',
  FR: 'EUR',
  PL: 'PLN',
  SE: 'SEK',
}

const Context = createContext<Shop | null>(null)
export const ShopProvider = Context.Provider

export function useShop(): Shop {
  const shop = useContext(Context)
  if (!shop) throw new Error('outside of the shop')
  return shop
}

export type Loaded<T> = { is: 'loading' } | { is: 'failed'; again(): void } | { is: 'there'; data: T }

/** Loads what a page shows; anew when `key` changes. What comes late, for a page that is gone, is dropped. */
export function useLoaded<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [turn, setTurn] = useState(0)
  const [state, setState] = useState<{ key: string; loaded: Loaded<T> }>({ key, loaded: { is: 'loading' } })
  useEffect(() => {
    let isOver = false
    setState((before) =>
      before.key === key && before.loaded.is === 'there' ? before : { key, loaded: { is: 'loading' } },
    )
    load().then(
      (data) => !isOver && setState({ key, loaded: { is: 'there', data } }),
      () => !isOver && setState({ key, loaded: { is: 'failed', again: () => setTurn((n) => n + 1) } }),
    )
    return () => {
      isOver = true
    }
  }, [key, turn])
  return state.key === key ? state.loaded : { is: 'loading' }
}

export function moneyIn(language: string, currency: string) {
  const locale = language === 'en' ? 'en-GB' : language
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency })
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2
  return {
    money: (amount: number) => format.format(amount / 10 ** digits),
    price: (text: string) => format.format(Number(text)),
  }
}

/** The name of a country in the reader's language. */
export function countryName(code: string, language: string): string {
  return new Intl.DisplayNames([language], { type: 'region' }).of(code) ?? code
}

/** A rate of tax in hundredths of a per cent, as the reader writes it. */
export function percent(basisPoints: number, language: string): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 }).format(basisPoints / 10_000)
}

/** Storage may be switched off; then nothing is remembered. */
export function remember(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(name)
    else localStorage.setItem(name, JSON.stringify(value))
  } catch {
    // The shop works without.
  }
}

export function recall<T>(name: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as T | null
  } catch {
    return null
  }
}
