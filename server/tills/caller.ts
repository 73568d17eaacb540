// The caller behind a device's key or a session's token. Asked on every request, and nothing is kept between two: a device that
// is revoked, or somebody who is let go, is out at once.

import type { Caller } from '../http/auth.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { type Right, type Role, readStaff, rightsOf, worksIn } from '../staff/index.ts'
import type { TillDeps } from './deps.ts'
import { DEVICE_KEY, hashOf, SESSION_TOKEN } from './secret.ts'
import { findDevice, findSession } from './store.ts'

/** What a till does all day. */
const SCOPES = [
  'tills:use',
  'payments:read',
  'payments:write',
  'refunds:write',
  'tokens:write',
  'instruments:read',
  'methods:read',
  'stores:read',
  'terminals:read',
  'terminals:write',
  'customers:read',
  'customers:write',
  'catalog:read',
  'stock:read',
  'stock:write',
  'promotions:read',
  'carts:read',
  'carts:write',
  'orders:read',
  'orders:write',
  'fulfilments:read',
  'fulfilments:write',
  'returns:read',
  'returns:write',
  'gift_cards:read',
  'loyalty:read',
  'invoices:read',
  'checkout:read',
  'checkout:write',
  'payment_links:read',
  'payment_links:write',
  'terminals:read',
  'terminals:write',
  'shifts:read',
  'shifts:write',
  'receipts:read',
  'receipts:write',
  'offline_sales:read',
]

/** What opens with a right besides. */
const WITH_RIGHT: Readonly<Partial<Record<Right, readonly string[]>>> = {
  gift_card_issue: ['gift_cards:write'],
  points_adjust: ['loyalty:write'],
  x_report: ['journal:read'],
  offline_review: ['offline_sales:write'],
}

/** The caller of a `td_…` or `ts_…`, or null for every reason there can be. */
export async function tillCaller(deps: TillDeps, bearer: string): Promise<Caller | null> {
  if (DEVICE_KEY.test(bearer)) return deviceCaller(deps, bearer)
  return SESSION_TOKEN.test(bearer) ? sessionCaller(deps, bearer) : null
}

async function deviceCaller(deps: TillDeps, bearer: string): Promise<Caller | null> {
  const device = await findDevice(deps.db, hashOf(bearer))
  const merchant = device && (await deps.merchantCache.get(device.merchant_id))
  const storeId = merchant?.registers.get(device?.register_id ?? '')?.storeId
  if (!device || !merchant || storeId === undefined) return null
  const till = { deviceId: device.id, registerId: device.register_id, storeId, session: null }
  return { ...heldBy(merchant, device.id), scopes: ['tills:use'], till }
}

async function sessionCaller(deps: TillDeps, bearer: string): Promise<Caller | null> {
  const session = await findSession(deps.db, { tokenHash: hashOf(bearer), at: deps.clock.now() })
  if (!session) return null
  const [merchant, staff] = await Promise.all([
    deps.merchantCache.get(session.merchant_id),
    readStaff(deps.db, session.merchant_id, session.staff_id),
  ])
  const storeId = merchant?.registers.get(session.register_id)?.storeId
  if (!merchant || storeId === undefined || !staff || !worksIn(staff, storeId)) return null
  const { rights, limits } = rightsOf(staff.role)
  return {
    // What a person does is written down under their name, not under that of a key.
    ...heldBy(merchant, staff.id),
    scopes: scopesOf(staff.role),
    till: {
      ...{ deviceId: session.device_id, registerId: session.register_id, storeId },
      session: { id: session.id, staffId: staff.id, rights, discountBp: limits.discount_bp },
    },
  }
}

function heldBy(merchant: MerchantConfig, keyId: string): Pick<Caller, 'merchantId' | 'keyId' | 'kind' | 'mode'> {
  return { merchantId: merchant.id, keyId, kind: 'restricted', mode: merchant.mode }
}

/** Scopes by role. */
function scopesOf(role: Role): string[] {
  return [...SCOPES, ...rightsOf(role).rights.flatMap((right) => WITH_RIGHT[right] ?? [])]
}
