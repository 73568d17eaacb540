// Ids are made in the program (so the schema runs on any PostgreSQL and shards anywhere), carry their kind, and sort by
// time, which keeps index pages warm: `pay_` + 10 characters of milliseconds + 16 of randomness, Crockford base 32.

import { randomFillSync } from 'node:crypto'
import type { Clock } from './clock.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const TIME_CHARS = 10
const RANDOM_CHARS = 16

/** Every kind of id in the product. A kind is a promise to API users: add, never rename. */
export const ID_KINDS = {
  mer: 'merchant',
  sto: 'store',
  reg: 'register',
  ter: 'terminal',
  tms: 'message to a terminal',
  key: 'API key',
  cac: 'connector account',
  cus: 'customer',
  tok: 'token',
  ins: 'instrument',
  crd: 'vaulted card',
  pay: 'payment',
  ten: 'tender',
  opn: 'operation',
  evi: 'evidence',
  ent: 'ledger entry',
  evt: 'event',
  dsp: 'dispute',
  inb: 'inbound webhook',
  whe: 'webhook endpoint',
  whd: 'webhook delivery',
  req: 'request',
  tsk: 'task for a person',
  prd: 'product',
  var: 'variant',
  prl: 'price list',
  imp: 'import',
  smv: 'stock movement',
  rsv: 'reservation',
  trf: 'transfer',
  cnt: 'stock count',
  prm: 'promotion',
  crt: 'cart',
  cln: 'cart line',
  quo: 'quote',
  ord: 'order',
  oln: 'order line',
  och: 'order change',
  ful: 'fulfilment',
  rtn: 'return',
  exc: 'exchange',
  gft: 'gift card',
  scr: 'store credit account',
  loy: 'loyalty account',
  sve: 'entry of a balance',
  adr: 'address',
  idl: 'identity link',
  cns: 'consent',
  mrg: 'merge of two customers',
  brw: 'look at an article',
  mal: 'mail',
  chs: 'checkout session',
  inv: 'invoice or credit note',
  lnk: 'payment link',
  sgn: 'sign-in by code',
  ses: 'session of a customer',
  psk: 'passkey',
  pkc: 'challenge for a passkey',
  stf: 'member of staff',
  tdv: 'till device',
  tss: 'session at a till',
  ppc: 'pairing code',
  shf: 'shift',
  drw: 'movement of a drawer',
  rpt: 'X or Z report',
  jnl: 'journal entry',
  rct: 'receipt',
  ofk: 'key of a till that sells offline',
  ofs: 'offline sale',
} as const

export type IdKind = keyof typeof ID_KINDS

/** Makes a fresh id of one kind. Unique without coordination; later ids sort after earlier ones (to the millisecond). */
export type NewId = (kind: IdKind) => string

/** Fills a buffer with random bytes; tests pass a seeded one. */
export type FillRandom = (bytes: Uint8Array) => void

/** Builds an id maker over a clock and a source of randomness. */
export function createIds(clock: Pick<Clock, 'now'>, fill: FillRandom = randomFillSync): NewId {
  // Random bytes are drawn in blocks: one call per id was 10 % of a sale's time in the server.
  const pool = new Uint8Array(RANDOM_CHARS * 256)
  let used = pool.length
  let lastMs = -1
  let timePart = ''
  return (kind) => {
    const ms = clock.now().getTime()
    if (ms !== lastMs) {
      lastMs = ms
      timePart = encodeTime(ms)
    }
    if (used === pool.length) {
      fill(pool)
      used = 0
    }
    let randomPart = ''
    for (let i = 0; i < RANDOM_CHARS; i++) randomPart += ALPHABET[(pool[used++] as number) & 31]
    return `${kind}_${timePart}${randomPart}`
  }
}

/** True when `text` has the form of an id of that kind. Says nothing about whether the thing exists. */
export function isId(kind: IdKind, text: string): boolean {
  return (
    text.length === kind.length + 27 &&
    text.startsWith(`${kind}_`) &&
    /^[0-9A-HJKMNP-TV-Z]+$/.test(text.slice(kind.length + 1))
  )
}

function encodeTime(ms: number): string {
  let rest = ms
  let text = ''
  for (let i = 0; i < TIME_CHARS; i++) {
    text = ALPHABET[rest % 32] + text
    rest = Math.floor(rest / 32)
  }
  return text
}
