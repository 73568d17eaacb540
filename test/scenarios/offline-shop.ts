// What the stories of offline selling share: a till that sells alone, as a browser would. It holds its key, chains its documents and
// signs them; nothing of the server is used for it.

import assert from 'node:assert/strict'
import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { type Api, createApi, type Refusal } from '../api.ts'
import type { Shop } from './shop.ts'

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** The one text of a value: members sorted, no blanks. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as Json)}`).join(',')}}`
}

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

export interface Sent {
  document: string
  hash: string
  signature: string
}

export interface Result {
  id: string
  document_id: string | null
  hash: string
  sequence: number | null
  status: string
  order_id: string | null
  receipt_id: string | null
  reviews: { code: string; detail: string }[]
  reason: { code: string; detail: string } | null
}

export interface UploadView {
  results: Result[]
  next_sequence: number | null
  last_hash: string | null
}

/** What is sold: an article, how many, and the unit price in minor units, tax of 21 % included. */
export interface Sold {
  variant_id: string
  quantity?: number
  price: number
  name?: string
  rate?: number
}

/** Tax in an amount. */
export const taxIn = (total: number, rate: number): number => Math.round((total * rate) / (10_000 + rate))

const major = (minor: number): string => (minor / 100).toFixed(2)

/** A paired device whose key is made known, with somebody signed in. */
export async function offlineTill(
  shop: Pick<Shop, 'api' | 'send' | 'till' | 'clock'>,
  options: { role?: 'cashier' | 'supervisor' | 'manager' } = {},
) {
  const register = shop.till
  const pin = '4711'
  const person = { name: 'Sanne de Vries', role: options.role ?? 'cashier', pin }
  const staff = await shop.api.call<{ id: string }>('POST', '/v1/staff', person)
  const code = await shop.api.call<{ code: string }>('POST', `/v1/registers/${register}/pairing_codes`, {})
  const paired = await createApi(shop.send, undefined).call<{ key: string; device: { id: string } }>(
    ...(['POST', '/v1/till/pair', { code: code.body.code }] as const),
  )
  const device = createApi(shop.send, paired.body.key)
  const signed = await device.call<{ token: string }>('POST', '/v1/till/sessions', { staff_id: staff.body.id, pin })
  assert.equal(signed.status, 201, signed.text)
  const session = createApi(shop.send, signed.body.token)
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const known = await device.call<{ id: string; next_sequence: number; last_hash: string }>(
    ...(['PUT', '/v1/till/offline_key', { public_key: publicKey, algorithm: 'ES256' }] as const),
  )
  assert.equal(known.status, 200, known.text)
  let end = { sequence: known.body.next_sequence, hash: known.body.last_hash }
  let made = 0

  const signText = (text: string): string =>
    sign('sha256', Buffer.from(text, 'utf8'), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64')
  const seal = (document: { [name: string]: Json }): Sent => {
    const text = canonical(document)
    return { document: text, hash: sha256(text), signature: signText(text) }
  }

  return {
    device,
    session,
    register,
    publicKey,
    deviceKey: paired.body.key,
    token: signed.body.token,
    deviceId: paired.body.device.id,
    staff: staff.body.id,
    keyId: known.body.id,
    seal,
    signText,
    /** Where the chain ends on the device. */
    get end() {
      return end
    },
    set end(value) {
      end = value
    },
    /** A sale as the device would write it next, for cash unless told; `more` changes what it says. */
    document(sold: readonly Sold[], more: { [name: string]: Json } = {}): { [name: string]: Json } {
      const lines = sold.map(({ variant_id, quantity = 1, price, name = 'Mug', rate = 2100 }, i) => ({
        ...{ id: String(i + 1), variant_id, name, sku: null, quantity: String(quantity), unit_price: major(price) },
        ...{ list_price: major(price), reason: null, tax_rate_bp: rate },
        ...{ total: price * quantity, tax: taxIn(price * quantity, rate) },
      }))
      const total = lines.reduce((sum, line) => sum + line.total, 0)
      made++
      return {
        ...{ version: 1, kind: 'sale', id: `ofs_${this.deviceId.slice(4, 20)}${String(made).padStart(10, '0')}` },
        ...{ key_id: this.keyId, device_id: this.deviceId, register_id: register },
        ...{ sequence: end.sequence, previous_hash: end.hash, sold_at: shop.clock.now().toISOString() },
        ...{ staff_id: this.staff, shift_id: null, customer_id: null, currency: 'EUR', prices_include_tax: true },
        ...{ catalogue_cursor: null, lines, total, tax: lines.reduce((sum, line) => sum + line.tax, 0), rounding: 0 },
        tenders: [{ method: 'cash', amount: total, tendered: total, change: 0 }],
        receipt_code: `T1-${end.sequence}`,
        ...more,
      }
    },
    /** Writes a sale: from now on the chain goes on after it. */
    sell(sold: readonly Sold[], more: { [name: string]: Json } = {}): Sent {
      const sent = seal(this.document(sold, more))
      end = { sequence: end.sequence + 1, hash: sent.hash }
      return sent
    },
    async send(documents: readonly Sent[], api: Api = device): Promise<UploadView> {
      const answer = await api.call<UploadView & Refusal>('POST', '/v1/offline_sales', { documents })
      assert.equal(answer.status, 200, answer.text)
      return answer.body
    },
  }
}
export type OfflineTill = Awaited<ReturnType<typeof offlineTill>>

/** A key that no till has. */
export function strangersSignature(text: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return sign('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding: 'ieee-p1363' }).toString('base64')
}
