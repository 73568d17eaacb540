import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as vendor from '@adyen/api-library/lib/src/security/nexoCrypto.js'
import { Secret } from '../lib/secret.ts'
import { isSealed, keysOf, open, request, SealBroken, type SharedKey, seal, type Wire } from './index.ts'

const PASSPHRASE = 'p@ssw0rd123456'
const KEY: SharedKey = { identifier: 'kid', version: 1, passphrase: new Secret(PASSPHRASE) }
const MESSAGE = request(
  'Diagnosis',
  { serviceId: '4K7Q2M9ZA1', saleId: 'Zürich 2', poiId: 'V400m-324688179' },
  { HostDiagnosisFlag: true },
)

test('a passphrase gives these keys', () => {
  const hex = (passphrase: string) => {
    const { hmacKey, cipherKey, iv } = keysOf(new Secret(passphrase))
    return [hmacKey, cipherKey, iv].map((bytes) => bytes.toString('hex'))
  }
  assert.deepEqual(hex(PASSPHRASE), [
    '733636253b5b98f9a483b1a678d73a58dab2accafbc029ecbe12d60eaa909e32',
    'cf2c822761b9f5305bf69970bfa7b659a6724a119db21f8b0e949779f2ea022c',
    'bb9ba8092e6027c735398dc65977c051',
  ])
  assert.deepEqual(hex('correct horse'), [
    'b0f9983fbedcc24debab57becc2fece5f62c5ff58f862bf5ee017e1188d55121',
    '060b66840a2bc89ecf48ad641f0544136d8c49c34f6feb81d60654c7303a67b6',
    'eaed41bdd7f47dbd85d3bbd5003f0370',
  ])
})

test('a sealed message opens to what it was, and its header can be read beside it', () => {
  const sealed = seal(MESSAGE, KEY)
  assert.equal(isSealed(sealed), true)
  assert.equal(isSealed(MESSAGE), false)
  assert.deepEqual(sealed.SaleToPOIRequest?.['MessageHeader'], MESSAGE.SaleToPOIRequest?.['MessageHeader'])
  assert.equal(JSON.stringify(sealed).includes('DiagnosisRequest'), false)
  assert.deepEqual(open(JSON.parse(JSON.stringify(sealed)), KEY), MESSAGE)
})

test('two seals of one message differ', () => {
  const blobs = [seal(MESSAGE, KEY), seal(MESSAGE, KEY)].map((sealed) => sealed.SaleToPOIRequest?.['NexoBlob'])
  assert.notEqual(blobs[0], blobs[1])
})

test('whatever is wrong with a sealed message, the error is the same', () => {
  const sealed = () => JSON.parse(JSON.stringify(seal(MESSAGE, KEY))) as Wire
  const changed = (change: (body: Record<string, Record<string, unknown>>) => void) => {
    const wire = sealed()
    change(wire.SaleToPOIRequest as Record<string, Record<string, unknown>>)
    return wire
  }
  const flipped = (text: unknown, at: number) => {
    const bytes = Buffer.from(String(text), 'base64')
    const index = at < 0 ? bytes.length + at : at
    bytes[index] = (bytes[index] as number) ^ 1
    return bytes.toString('base64')
  }
  const other = (part: Partial<SharedKey>): SharedKey => ({ ...KEY, ...part })
  const broken: [string, unknown, SharedKey][] = [
    ['another passphrase', sealed(), other({ passphrase: new Secret('another') })],
    ['another key', sealed(), other({ identifier: 'kid2' })],
    ['another version of the key', sealed(), other({ version: 2 })],
    [
      'another crypto version',
      changed((body) => Object.assign(body['SecurityTrailer'] ?? {}, { AdyenCryptoVersion: 2 })),
      KEY,
    ],
    ['a changed MAC', changed((body) => patch(body, 'Hmac', (text) => flipped(text, 0))), KEY],
    ['a short MAC', changed((body) => patch(body, 'Hmac', () => 'AAAA')), KEY],
    ['no MAC', changed((body) => patch(body, 'Hmac', () => undefined)), KEY],
    ['a changed nonce', changed((body) => patch(body, 'Nonce', (text) => flipped(text, 3))), KEY],
    ['a short nonce', changed((body) => patch(body, 'Nonce', () => 'AAAA')), KEY],
    [
      'a changed first block',
      changed((body) => void Object.assign(body, { NexoBlob: flipped(body['NexoBlob'], 0) })),
      KEY,
    ],
    [
      'a changed padding',
      changed((body) => void Object.assign(body, { NexoBlob: flipped(body['NexoBlob'], -17) })),
      KEY,
    ],
    ['half a block', changed((body) => void Object.assign(body, { NexoBlob: 'AAAA' })), KEY],
    ['an empty blob', changed((body) => void Object.assign(body, { NexoBlob: '' })), KEY],
    [
      'another header outside',
      changed((body) => Object.assign(body['MessageHeader'] ?? {}, { ServiceID: 'OTHER' })),
      KEY,
    ],
    ['no header outside', changed((body) => void delete body['MessageHeader']), KEY],
    ['a message that is not sealed', MESSAGE, KEY],
    ['nothing', undefined, KEY],
  ]
  for (const [what, wire, key] of broken)
    assert.throws(
      () => open(wire, key),
      (error) => error instanceof SealBroken && error.message === 'The message could not be opened.',
      what,
    )
})

test('every byte of the blob is guarded', () => {
  const sealed = JSON.parse(JSON.stringify(seal(MESSAGE, KEY))) as { SaleToPOIRequest: { NexoBlob: string } }
  const bytes = Buffer.from(sealed.SaleToPOIRequest.NexoBlob, 'base64')
  for (let i = 0; i < bytes.length; i++) {
    const spoilt = Buffer.from(bytes)
    spoilt[i] = (spoilt[i] as number) ^ 0x80
    sealed.SaleToPOIRequest.NexoBlob = spoilt.toString('base64')
    assert.throws(() => open(sealed, KEY), SealBroken, `byte ${i}`)
  }
})

// ---- Against the library of the vendor ------------------------------------------------------------------------------

const NexoCrypto = vendor.default.default
const vendorKey = { AdyenCryptoVersion: 1, KeyIdentifier: 'kid', KeyVersion: 1, Passphrase: PASSPHRASE }

test('the vendor opens what we seal', () => {
  const sealed = seal(MESSAGE, KEY)
  const text = new NexoCrypto().decrypt(sealed.SaleToPOIRequest as never, vendorKey)
  assert.deepEqual(JSON.parse(text), MESSAGE)
})

test('we open what the vendor seals', () => {
  const header = MESSAGE.SaleToPOIRequest?.['MessageHeader'] as object
  const sealed = NexoCrypto.encrypt(header as never, JSON.stringify(MESSAGE), vendorKey)
  assert.deepEqual(open({ SaleToPOIRequest: { ...sealed } }, KEY), MESSAGE)
})

const RECORDED = join(import.meta.dirname, '../../../shared/data/terminal/nexo-payment-sync-success.json')
const skip = existsSync(RECORDED) ? false : 'skipped: ../shared/data/terminal is not here'

test('a recorded answer survives seal and open in both hands', { skip }, () => {
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as Wire
  const sealed = seal(recorded, KEY)
  assert.deepEqual(open(sealed, KEY), recorded)
  assert.deepEqual(JSON.parse(new NexoCrypto().decrypt(sealed.SaleToPOIResponse as never, vendorKey)), recorded)
})

function patch(body: Record<string, Record<string, unknown>>, name: string, change: (value: unknown) => unknown): void {
  const trailer = body['SecurityTrailer'] as Record<string, unknown>
  trailer[name] = change(trailer[name])
}
