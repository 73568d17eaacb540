// The chain of sales that this device made without its server: each is signed with a key that never leaves the browser, and names the
// one before it. Its number and the sale are written in one transaction, by one tab at a time, so that no number is missing or twice.

import { type Api, Refused } from '../api.ts'
import type { Boxes } from './boxes.ts'
import { type ChainEnd, documentOf, type SaleDocument, type SaleFacts, textOf } from './document.ts'
import { inTurn } from './locks.ts'

export interface Chain extends ChainEnd {
  /** Of which pairing of this device: another one begins another chain. */
  pairing: string
  keys: CryptoKeyPair
  made_at: number
}

/** What the server said of a sale that was sent. */
export interface Verdict {
  status: 'accepted' | 'quarantined' | 'rejected'
  order_id: string | null
  receipt_id: string | null
  reviews: { code: string; detail: string }[]
  reason: { code: string; detail: string } | null
}

/** A sale as it is kept: the signed text, and where it stands. */
export interface KeptDocument {
  key_id: string
  sequence: number
  id: string
  text: string
  hash: string
  signature: string
  state: 'waiting' | 'sent'
  sold_at: number
  total: number
  receipt_code: string
  verdict: Verdict | null
  /** Somebody has looked at what the server said of it. */
  is_seen: boolean
  /** How often its receipt was printed: all but the first are copies. */
  prints: number
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const

export interface Writer {
  /** The chain of this pairing, where it has one. */
  chain(): Promise<Chain | undefined>
  /** Makes the key known to the server, with a new one where there is none or the server knows more of it than we do. */
  register(api: Api): Promise<void>
  /** Writes a sale at the end of the chain; the same sale again answers what was written. Throws where it could not be written. */
  seal(facts: SaleFacts): Promise<KeptDocument>
  find(id: string): Promise<KeptDocument | undefined>
  /** Counts a print of its receipt, and answers what it is of. */
  print(id: string): Promise<{ document: KeptDocument; copy: number } | undefined>
}

/** `pairing` is the device's own key, of which only a hash is kept here. */
export async function createWriter(boxes: Boxes, pairing: string): Promise<Writer> {
  const mine = await sha256(new TextEncoder().encode(`onetill pairing ${pairing}`))

  async function chain(): Promise<Chain | undefined> {
    const all = await boxes.all<Chain>('chains')
    return all.filter((each) => each.pairing === mine).sort((a, b) => b.made_at - a.made_at)[0]
  }

  const tell = async (api: Api, keys: CryptoKeyPair) => {
    const public_key = base64(await crypto.subtle.exportKey('spki', keys.publicKey))
    const body = { public_key, algorithm: 'ES256' }
    return api.call<{ id: string; device_id: string; next_sequence: number; last_hash: string }>(
      'PUT',
      '/till/offline_key',
      { body, as: 'device' },
    )
  }

  return {
    chain,
    // In a turn of its own: a sale that is being written waits for no network.
    register: (api) =>
      inTurn('register', async () => {
        const had = await chain()
        if (had) {
          const { id, next_sequence, last_hash } = await tell(api, had.keys)
          const isOurs = next_sequence < had.next_sequence || last_hash === had.last_hash
          if (id === had.key_id && next_sequence <= had.next_sequence && isOurs) return
        }
        // None yet, or this profile is an older copy of one that has sold since.
        const keys = (await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])) as CryptoKeyPair
        const { id, ...end } = await tell(api, keys)
        const made: Chain = { ...end, key_id: id, pairing: mine, keys, made_at: Date.now() }
        await boxes.write(['chains'], (tx) => tx.put('chains', made))
        // Asked once there is something to lose; a browser that is short of room then takes others' first.
        await navigator.storage?.persist?.()
      }),
    seal: (facts) =>
      inTurn('chain', async () => {
        const written = await boxes.find<KeptDocument>('documents', 'id', facts.id)
        if (written) return written
        const end = await chain()
        if (!end) throw new Refused('offline-not-ready')
        const document = documentOf(facts, end)
        const kept = await signed(document, end.keys)
        await boxes.write(['chains', 'documents'], (tx) => {
          tx.read<Chain>('chains', end.key_id, (now) => {
            if (!now || now.next_sequence !== end.next_sequence) throw new Error('the chain went on without us')
            tx.add('documents', kept)
            tx.put('chains', { ...now, next_sequence: end.next_sequence + 1, last_hash: kept.hash })
          })
        })
        return kept
      }),
    find: (id) => boxes.find<KeptDocument>('documents', 'id', id),
    async print(id) {
      const found = await boxes.find<KeptDocument>('documents', 'id', id)
      if (!found) return undefined
      let copy = 0
      await boxes.write(['documents'], (tx) => {
        tx.read<KeptDocument>('documents', [found.key_id, found.sequence], (now) => {
          copy = now?.prints ?? 0
          if (now) tx.put('documents', { ...now, prints: copy + 1 })
        })
      })
      return { document: found, copy }
    },
  }
}

async function signed(document: SaleDocument, { privateKey }: CryptoKeyPair): Promise<KeptDocument> {
  const { key_id, sequence, id, sold_at, total, receipt_code } = document
  const text = textOf(document)
  const bytes = new TextEncoder().encode(text)
  return {
    ...{ key_id, sequence, id, text, hash: await sha256(bytes) },
    signature: base64(await crypto.subtle.sign(SIGNING, privateKey, bytes)),
    ...{ state: 'waiting', sold_at: Date.parse(sold_at), total, receipt_code, verdict: null, is_seen: false },
    prints: 0,
  }
}

async function sha256(bytes: BufferSource): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)))
