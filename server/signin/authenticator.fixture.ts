// A device with passkeys, for tests: makes key pairs and signs as WebAuthn says, and lies where a test tells it to.

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

export interface Lies {
  origin?: string
  rpId?: string
  challenge?: string
  /** Without finger or PIN. */
  isUnverified?: boolean
  counter?: number
}

const USER_PRESENT = 0x01
const USER_VERIFIED = 0x04
const HAS_CREDENTIAL = 0x40
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest()

/** One device with one key pair, at `origin`. */
export function createDevice(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let uses = 0

  function clientData(type: string, challenge: string, lies: Lies): Buffer {
    const { origin: from = origin } = lies
    return Buffer.from(
      JSON.stringify({ type, challenge: lies.challenge ?? challenge, origin: from, crossOrigin: false }),
    )
  }

  function authenticatorData(rpId: string, lies: Lies, credential: Buffer | null): Buffer {
    const verified = lies.isUnverified ? 0 : USER_VERIFIED
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(lies.counter ?? uses)
    const flags = USER_PRESENT | verified | (credential ? HAS_CREDENTIAL : 0)
    return Buffer.concat([sha256(lies.rpId ?? rpId), Buffer.from([flags]), counter, credential ?? Buffer.alloc(0)])
  }

  const shown = { id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' as const }
  return {
    id: shown.id,
    /** What navigator.credentials.create() gives. */
    create(options: { challenge: string; rp: { id: string } }, lies: Lies = {}) {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const credential = Buffer.concat([Buffer.alloc(16), length, id, coseKey(publicKey)])
      const data = authenticatorData(options.rp.id, lies, credential)
      const attestation = Buffer.concat([
        Buffer.from([0xa3]),
        ...[text('fmt'), text('none'), text('attStmt'), Buffer.from([0xa0]), text('authData'), bytes(data)],
      ])
      return {
        ...shown,
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, lies).toString('base64url'),
          attestationObject: attestation.toString('base64url'),
          transports: ['internal'],
        },
      }
    },
    /** What navigator.credentials.get() gives. */
    get(options: { challenge: string; rpId: string }, lies: Lies = {}) {
      uses++
      const client = clientData('webauthn.get', options.challenge, lies)
      const data = authenticatorData(options.rpId, lies, null)
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)
      return {
        ...shown,
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
        },
      }
    },
  }
}

/** An ES256 key as COSE writes it (RFC 9053 §7.1.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const point = (value: string) => bytes(Buffer.from(value, 'base64url'))
  return Buffer.concat([
    // {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
    point(x),
    Buffer.from([0x22]),
    point(y),
  ])
}

/** Short text of CBOR. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
}

/** Bytes of CBOR with one or two bytes of length. */
function bytes(value: Buffer): Buffer {
  const head = value.length < 256 ? [0x58, value.length] : [0x59, value.length >> 8, value.length & 255]
  return Buffer.concat([Buffer.from(head), value])
}
