// What a key may do. A scope is a resource and a verb; the kind of the key decides which scopes it can have at all.

import { Problem } from '../lib/problem.ts'

/** Every scope. A scope is a promise to API users: add, never rename. */
export const SCOPES = [
  'payments:read',
  'payments:write',
  'refunds:write',
  'tokens:read',
  'tokens:write',
  'instruments:read',
  'instruments:write',
  'customers:read',
  'customers:write',
  'ledger:read',
  'events:read',
  'webhooks:read',
  'webhooks:write',
  'methods:read',
  'methods:write',
  'stores:read',
  'stores:write',
  'terminals:read',
  'terminals:write',
  'accounts:read',
  'accounts:write',
  'catalog:read',
  'catalog:write',
  'stock:read',
  'stock:write',
  'promotions:read',
  'promotions:write',
  'carts:read',
  'carts:write',
  'orders:read',
  'orders:write',
  'fulfilments:read',
  'fulfilments:write',
  'returns:read',
  'returns:write',
  'gift_cards:read',
  'gift_cards:write',
  'loyalty:read',
  'loyalty:write',
  'invoices:read',
  'invoices:write',
  'checkout:read',
  'checkout:write',
  'payment_links:read',
  'payment_links:write',
  'keys:read',
  'keys:write',
  'staff:read',
  'staff:write',
  'tills:read',
  'tills:write',
  'tills:use',
  'shifts:read',
  'shifts:write',
  'journal:read',
  'receipts:read',
  'receipts:write',
  'offline_sales:read',
  'offline_sales:write',
] as const
export type Scope = (typeof SCOPES)[number]

export const KEY_KINDS = ['secret', 'publishable', 'restricted'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

/**
 * A publishable key stands in web pages for all to read: it can turn a card into a token, ask for methods, look at the shop
 * window, and work on a cart and place its order when it shows that cart's own secret.
 */
const PUBLISHABLE_SCOPES: readonly Scope[] = [
  'tokens:write',
  'methods:read',
  'catalog:read',
  'stock:read',
  'carts:read',
  'carts:write',
  'orders:write',
]

/**
 * The scopes of a new key. A secret key has all, a publishable key those that are harmless in public, a restricted key
 * those asked for. Throws `validation-error` when scopes are asked for where none can be chosen, or none where they must.
 */
export function scopesFor(kind: KeyKind, asked: readonly Scope[] | undefined): readonly Scope[] {
  const isChosen = asked !== undefined && asked.length > 0
  if (isChosen !== (kind === 'restricted')) {
    const detail = kind === 'restricted' ? 'must name what the key may do' : 'can be chosen for a restricted key only'
    throw new Problem('validation-error', { errors: [{ pointer: '/scopes', detail }] })
  }
  if (kind === 'secret') return SCOPES
  return kind === 'publishable' ? PUBLISHABLE_SCOPES : [...new Set(asked)]
}

/**
 * True when a holder may hand out (or roll) a key of this kind and these scopes: nobody gives away more than they have,
 * or a restricted key could make itself a secret one.
 */
export function mayGrant(
  holder: { kind: KeyKind; scopes: readonly string[] },
  granted: { kind: KeyKind; scopes: readonly string[] },
): boolean {
  if (holder.kind === 'secret') return true
  return granted.kind === 'restricted' && granted.scopes.every((scope) => holder.scopes.includes(scope))
}
