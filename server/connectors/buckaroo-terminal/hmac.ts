// Buckaroo's signature: over who, how, where, when and the bytes of the body, in the header of requests and of pushes alike.
// Source: Buckaroo's SDKs for PHP and Node, read 2026-11.

import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface Signed {
  websiteKey: string
  secretKey: string
  method: string
  url: URL
  body: string | Buffer
  /** Seconds since 1970, as they stand in the header. */
  time: string
  nonce: string
}

/** The value of `Authorization`. */
export function headerOf(signed: Omit<Signed, 'nonce'> & { nonce?: string }): string {
  const { websiteKey, time, nonce = randomBytes(12).toString('hex') } = signed
  return `hmac ${websiteKey}:${signatureOf({ ...signed, nonce }).toString('base64')}:${nonce}:${time}`
}

/** Whether a header is that of this very request. */
export function isSignedBy(header: string, signed: Omit<Signed, 'time' | 'nonce'>): boolean {
  const [key, signature = '', nonce = '', time = ''] = header.replace(/^hmac\s+/i, '').split(':')
  const wanted = signatureOf({ ...signed, time, nonce })
  const given = Buffer.from(signature, 'base64')
  return key === signed.websiteKey && given.length === wanted.length && timingSafeEqual(given, wanted)
}

function signatureOf({ websiteKey, secretKey, method, url, body, time, nonce }: Signed): Buffer {
  const where = encodeURIComponent(`${url.host}${url.pathname}${url.search}`).toLowerCase()
  const what = body.length === 0 ? '' : createHash('md5').update(body).digest('base64')
  return createHmac('sha256', secretKey).update(`${websiteKey}${method}${where}${time}${nonce}${what}`).digest()
}
