// The public API as the shop uses it: with the publishable key, which is for all to read, the secret of its own cart, and the session of
// whoever is signed in. Copy this file into a shop of yours and give it your key and the address of your Onetill.

export interface Price {
  currency: string
  unit_price: string
  lowest_30d: string | null
}
export interface Variant {
  id: string
  product_id: string
  name: string
  sku: string | null
  options: Record<string, string>
  prices: { currency: string; min_qty: number; unit_price: string }[]
}
export interface ProductBrief {
  id: string
  name: string
  brand: string | null
  kind: string
  unit: string
  image_url: string | null
  categories: string[]
  reference: string | null
}
export interface Product extends ProductBrief {
  description: string | null
  is_returnable: boolean
  variants: Variant[]
}
export interface PickupStore {
  id: string
  name: string
  country: string
  currency: string
  address: { lines: string[]; postal_code?: string; city: string; country: string } | null
  takes_returns: boolean
  pickup_lead_minutes: number
  pickup_hold_days: number
}
export interface Nearby {
  store_id: string
  name: string
  in_stock: 'yes' | 'low' | 'no'
}
export interface CartLine {
  id: string
  variant_id: string
  sku: string | null
  name: string | null
  kind: string | null
  quantity: number
  unit: string | null
  unit_price: string | null
  list: number
  discount: number
  total: number
  fulfilment: { mode: string; store_id: string | null }
  availability: { is_enough: boolean; available: number | null; by_transfer: number | null } | null
  is_gone: boolean
}
export interface Address {
  name: string
  line1: string
  postal_code: string
  city: string
  country: string
}
export interface Cart {
  id: string
  state: string
  version: number
  currency: string
  email: string | null
  country: string | null
  shipping_address: Partial<Address> | null
  codes: string[]
  lines: CartLine[]
  promotions: {
    applied: { code: string | null; label: string; amount: number }[]
    refused: { code: string | null }[]
  }
  list: number
  discount: number
  tax: number
  total: number
  taxes: { tax_rate_bp: number; tax: number }[]
  moved_to: string | null
  changes: { line_id: string; what: string; was: string | null; is: string | null }[]
  secret?: string
}
export interface Handover {
  code: string
  qr_svg: string
  expires_at: string
}
export interface PlacedOrder {
  id: string
  number: string
  total: number
  amount_due: number
  page_url: string
}

/** The API said no; `code` is that of docs/errors.md. */
export class Refused extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export interface Api {
  get<T>(path: string): Promise<T>
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<T>
}

/** The session of whoever is signed in, as the shop holds it. */
export interface SessionHold {
  token(): string | undefined
  /** It has ended. */
  drop(): void
}

/** What is somebody's own, or becomes it. */
const OWN = /^\/(account|orders|checkout_sessions)\b/

/** `secretOf` gives the secret of the cart that the shop holds now. */
export function createApi(key: string, secretOf: () => string | undefined, session: SessionHold): Api {
  async function call<T>(method: string, path: string, body?: object): Promise<T> {
    const secret = secretOf()
    const token = OWN.test(path) ? session.token() : undefined
    let answer: Response
    try {
      answer = await fetch(`/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(secret === undefined ? {} : { 'cart-secret': secret }),
          ...(token === undefined ? {} : { 'customer-session': token }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        credentials: 'omit',
        cache: 'no-store',
        signal: AbortSignal.timeout(20_000),
      })
    } catch {
      throw new Refused('no-answer')
    }
    if (answer.ok) return (answer.status === 204 ? undefined : await answer.json()) as T
    const problem = (await answer.json().catch(() => ({}))) as { code?: string }
    if (problem.code === 'sign-in-required') {
      session.drop()
      // Whoever orders goes on as a guest.
      if (token !== undefined && !path.startsWith('/account')) return call(method, path, body)
    }
    throw new Refused(problem.code ?? 'failed')
  }
  return { get: (path) => call('GET', path), send: call }
}
