// Signing secrets of webhook endpoints, in the form of Standard Webhooks, and the signature itself.

import { randomFillSync } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import type { FillRandom } from '../lib/ids.ts'
import { Secret } from '../lib/secret.ts'

/** Seals small records of text under the merchant's key, bound to one object. Shaped as the vault's sealConfig and unsealConfig. */
export interface SecretBox {
  seal(merchantId: string, id: string, record: Readonly<Record<string, string>>): Promise<Buffer>
  unseal(merchantId: string, id: string, sealed: Buffer): Promise<Readonly<Record<string, string>>>
}

/** Seals an endpoint's signing secret. */
export function sealSecret(
  box: SecretBox,
  merchantId: string,
  endpointId: string,
  secret: Secret<string>,
): Promise<Buffer> {
  return box.seal(merchantId, endpointId, { signing_secret: secret.reveal() })
}

/** Opens what `sealSecret` made. Throws what the box throws when it cannot. */
export async function unsealSecret(
  box: SecretBox,
  merchantId: string,
  endpointId: string,
  sealed: Buffer,
): Promise<Secret<string>> {
  const { signing_secret } = await box.unseal(merchantId, endpointId, sealed)
  if (signing_secret === undefined) throw new Error('a sealed record holds no signing secret')
  return new Secret(signing_secret)
}

/** Standard Webhooks asks for 24 to 64 bytes; 32 is the block the HMAC is as strong as. */
const SECRET_BYTES = 32

/** A fresh signing secret, `whsec_` and base64. */
export function newSigningSecret(fill: FillRandom = randomFillSync): Secret<string> {
  const bytes = new Uint8Array(SECRET_BYTES)
  fill(bytes)
  return new Secret(`whsec_${Buffer.from(bytes).toString('base64')}`)
}

/** The headers of one attempt. With two secrets (while rotating) there are two signatures, and a receiver needs to know one. */
export function signedHeaders(
  secrets: Secret<string>[],
  eventId: string,
  at: Date,
  body: string,
): Record<string, string> {
  return {
    'webhook-id': eventId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret.reveal()).sign(eventId, at, body)).join(' '),
  }
}
