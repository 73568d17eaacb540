// What travels from the server's drawing to the script, and the steps the script asks for. Every step answers with the page as it
// then is; a lost answer changes nothing here, so that pressing again sends the same try.

import type { BagInput } from '../../server/checkout/bag-view.ts'
import type { CheckoutView, TryInput } from '../../server/checkout/page-view.ts'
import type { TypedCard } from './card.ts'
import type { Texts } from './texts/texts.ts'

export interface PageState {
  view: CheckoutView | null
  texts: Texts
  language: string
}

/** Thrown where no answer came, or none that says anything. */
export class NotSent extends Error {}

/** Thrown where what was typed has not the form it must have: nothing was begun. */
export class NotValid extends Error {}

export function look({ path }: CheckoutView, language: string): Promise<CheckoutView> {
  return ask(`${path}/state?lang=${language}`)
}

export function pay({ path }: CheckoutView, language: string, input: TryInput): Promise<CheckoutView> {
  return ask(`${path}/pay?lang=${language}`, input)
}

export function step({ path }: CheckoutView, language: string, input: BagInput): Promise<CheckoutView> {
  return ask(`${path}/bag?lang=${language}`, input)
}

export function withdraw({ path }: CheckoutView, language: string): Promise<CheckoutView> {
  return ask(`${path}/withdraw?lang=${language}`, {})
}

/**
 * The session of the customer who has signed in on this page, kept for this tab alone: back from a bank, the page still knows them.
 * Without storage it lasts until the page is left.
 */
let own: { path: string; token: string } | null = null

export function hold(path: string, token: string | null): void {
  own = token === null ? null : { path, token }
  try {
    if (token === null) sessionStorage.removeItem(path)
    else sessionStorage.setItem(path, token)
  } catch {
    // A browser that keeps nothing.
  }
}

export function held(path: string): string | null {
  if (own?.path === path) return own.token
  try {
    return sessionStorage.getItem(path)
  } catch {
    return null
  }
}

/** A token for the card, or null where the vault refuses it. The number goes to the vault and nowhere else. */
export async function tokenise({ token_key }: CheckoutView, card: TypedCard): Promise<string | null> {
  const answer = await send('/v1/tokens', { card }, { authorization: `Bearer ${token_key}` })
  if (answer.status === 422) return null
  if (!answer.ok) throw new NotSent()
  return ((await answer.json()) as { id: string }).id
}

async function ask(url: string, body?: object): Promise<CheckoutView> {
  const token = held(url.slice(0, url.lastIndexOf('/')))
  const answer = await send(url, body, token === null ? {} : { 'customer-session': token })
  if (answer.status === 422) throw new NotValid()
  if (!answer.ok) throw new NotSent()
  return (await answer.json()) as CheckoutView
}

export async function send(url: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  try {
    return await fetch(url, {
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      cache: 'no-store',
      credentials: 'omit',
      signal: AbortSignal.timeout(45_000),
    })
  } catch {
    throw new NotSent()
  }
}
