// What browsers answer for a passkey, as PublicKeyCredential.toJSON() writes it (WebAuthn §5.1). Base64url throughout.

import Type, { type Static } from 'typebox'
import { Id, Timestamp } from '../http/schema.ts'

/** Bytes in base64url. Attestations of security keys take some kilobytes. */
const Bytes = Type.String({ pattern: '^[A-Za-z0-9_-]{1,32768}$' })
const CredentialId = Type.String({ pattern: '^[A-Za-z0-9_-]{1,1400}$' })
const Kind = Type.Literal('public-key')
const Attachment = Type.Optional(Type.Enum(['platform', 'cross-platform']))
// What extensions answer is not used; browsers send it all the same.
const Extensions = Type.Optional(Type.Object({}))

/** Of navigator.credentials.create(). */
export const PasskeyPromise = Type.Object({
  id: CredentialId,
  rawId: CredentialId,
  type: Kind,
  authenticatorAttachment: Attachment,
  clientExtensionResults: Extensions,
  response: Type.Object({
    clientDataJSON: Bytes,
    attestationObject: Bytes,
    transports: Type.Optional(
      Type.Array(Type.Enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']), { maxItems: 10 }),
    ),
  }),
})
export type PasskeyPromise = Static<typeof PasskeyPromise>

/** Of navigator.credentials.get(). */
export const PasskeyAnswer = Type.Object({
  id: CredentialId,
  rawId: CredentialId,
  type: Kind,
  authenticatorAttachment: Attachment,
  clientExtensionResults: Extensions,
  response: Type.Object({
    clientDataJSON: Bytes,
    authenticatorData: Bytes,
    signature: Bytes,
    userHandle: Type.Optional(Bytes),
  }),
})
export type PasskeyAnswer = Static<typeof PasskeyAnswer>

export const PasskeyRequest = Type.Object(
  {
    id: Id('pkc'),
    object: Type.Literal('passkey_request'),
    expires_at: Timestamp,
    options: Type.Object({}, { description: 'For navigator.credentials, in the JSON form of WebAuthn.' }),
  },
  { title: 'Request for a passkey' },
)

export const SessionOut = Type.Object(
  {
    object: Type.Literal('customer_session'),
    token: Type.String({ description: 'Send it as Customer-Session beside the publishable key. Shown this once.' }),
    customer_id: Id('cus'),
    expires_at: Timestamp,
  },
  { title: 'Session of a customer' },
)
