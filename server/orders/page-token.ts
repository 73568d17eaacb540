// The address of an order's own page: whoever has it may look at the order, pay it, cancel it and ask for a return. Made from the
// ids under the merchant's key, which lies outside the database: it stands in no row and can be told again at any time.

import { timingSafeEqual } from 'node:crypto'
import type { MerchantCache } from '../merchants/index.ts'
import { keyedHash, type Vault } from '../vault/index.ts'

/** Two ids of 16 bytes and 144 bits that cannot be guessed, in base64url. */
const ID_BYTES = 16
const MAC_LENGTH = 24
const TOKEN_FORM = /^[\w-]{67}$/
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Where an order is looked at by whoever placed it. */
export async function orderPageUrl(
  deps: { vault: Vault; publicUrl: string },
  merchantId: string,
  orderId: string,
): Promise<string> {
  return `${deps.publicUrl.replace(/\/$/, '')}/o/${await tokenOf(deps, merchantId, orderId)}`
}

/** Whose order an address is of; null for every address that was not made here. The order itself may still be gone. */
export async function orderOfPage(
  deps: { vault: Vault; merchantCache: Pick<MerchantCache, 'get'> },
  token: string,
): Promise<{ merchantId: string; orderId: string } | null> {
  if (!TOKEN_FORM.test(token)) return null
  const ids = Buffer.from(token.slice(0, -MAC_LENGTH), 'base64url')
  const merchantId = `mer_${textOf(ids.subarray(0, ID_BYTES))}`
  const orderId = `ord_${textOf(ids.subarray(ID_BYTES))}`
  // A merchant's key is made when it is first asked for: never for one that does not exist.
  if (!(await deps.merchantCache.get(merchantId))) return null
  const right = Buffer.from(await tokenOf(deps, merchantId, orderId))
  return timingSafeEqual(right, Buffer.from(token)) ? { merchantId, orderId } : null
}

async function tokenOf(deps: { vault: Vault }, merchantId: string, orderId: string): Promise<string> {
  const mac = await keyedHash(deps, merchantId, { purpose: 'order_page', text: orderId })
  const ids = Buffer.concat([bytesOf(merchantId), bytesOf(orderId)]).toString('base64url')
  return `${ids}${mac.slice(0, MAC_LENGTH)}`
}

/** The 128 bits behind an id's 26 characters. */
function bytesOf(id: string): Buffer {
  let value = 0n
  for (const character of id.slice(id.indexOf('_') + 1)) value = value * 32n + BigInt(CROCKFORD.indexOf(character))
  return Buffer.from(value.toString(16).padStart(ID_BYTES * 2, '0'), 'hex')
}

function textOf(bytes: Buffer): string {
  let value = BigInt(`0x${bytes.toString('hex')}`)
  let text = ''
  for (let i = 0; i < 26; i++) {
    text = (CROCKFORD[Number(value % 32n)] as string) + text
    value /= 32n
  }
  return text
}
