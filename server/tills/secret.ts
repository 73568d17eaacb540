// The secrets of tills: the key of a device, the token of a session, the code that pairs. Each is random; only hashes are kept.

import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits each; the beginnings tell them apart, also for secret scanners. */
const SECRET_BYTES = 32
export const DEVICE_KEY = /^td_[\w-]{43}$/
export const SESSION_TOKEN = /^ts_[\w-]{43}$/

export function newDeviceKey(): string {
  return `td_${randomBytes(SECRET_BYTES).toString('base64url')}`
}

export function newSessionToken(): string {
  return `ts_${randomBytes(SECRET_BYTES).toString('base64url')}`
}

/** Without letters that look like another one. Eight of 32 are 40 bits, for a quarter of an hour. */
const CODE_LETTERS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
const CODE_LENGTH = 8

/** A code as people read it out: `7KQM-2XAB`. */
export function newPairingCode(): string {
  const letters = Array.from(randomBytes(CODE_LENGTH), (byte) => CODE_LETTERS[byte & 31]).join('')
  return `${letters.slice(0, 4)}-${letters.slice(4)}`
}

/** A code as it is looked up: however it was typed. */
export function plainCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[^0-9A-Z]/g, '')
}

/** What the database knows a secret by. With this much randomness nothing slower is needed. */
export function hashOf(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
