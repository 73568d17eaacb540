// The vendor's own client, unmodified, against our terminal, in every way it can speak to one. It keeps port 8443 of the local
// address to itself, so every test that needs it stands in this file.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import {
  Client,
  CloudDeviceAPI,
  Config,
  EnvironmentEnum,
  PredefinedContentHelper,
  TerminalCloudAPI,
  TerminalLocalAPI,
} from '@adyen/api-library'
import * as sealedDevice from '@adyen/api-library/lib/src/services/clouddevice/encryptedCloudDeviceApi.js'
import * as plainLocal from '@adyen/api-library/lib/src/services/terminalLocalAPIUnencrypted.js'
import { worldClock } from '../../test/world-luck.ts'
import { systemClock } from '../lib/clock.ts'
import { Secret } from '../lib/secret.ts'
import {
  isSealed,
  open,
  type RequestCategory,
  type Requests,
  readInputAnswer,
  readMessage,
  readPaymentAnswer,
  readStatusAnswer,
  request,
  type Wire,
} from '../nexo/index.ts'
import { POI, paymentOf, TAPS } from './fixture.ts'
import { createVirtualTerminals, type Fault, type VirtualTerminals } from './index.ts'
import { type TerminalServer, terminalServer } from './server.ts'

/** Fixed in the client. */
const PORT = 8443
/** An address of this process, where loopback has more than one: another run of the tests may have the port as well. */
const HOST = process.platform === 'linux' ? `127.${(process.pid >> 8) % 256}.${process.pid % 256}.7` : '127.0.0.1'
const API_KEY = 'AQE-test-key'
const PASSPHRASE = 'p@ssw0rd123456'
const VENDOR_KEY = { AdyenCryptoVersion: 1, KeyIdentifier: 'kid', KeyVersion: 1, Passphrase: PASSPHRASE }
/** What the newer of its services calls the same. */
const NEW_VENDOR_KEY = { adyenCryptoVersion: 1, keyIdentifier: 'kid', keyVersion: 1, passphrase: PASSPHRASE }
const KEY = { identifier: 'kid', version: 1, passphrase: new Secret(PASSPHRASE) }

let folder: string
let terminals: VirtualTerminals
let served: TerminalServer
const told: Wire[] = []
const waiters: (() => void)[] = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'onetill-terminal-'))
  const clock = worldClock()
  terminals = createVirtualTerminals({ clock, settings: { pace: 'instant', customer: TAPS } })
  served = await terminalServer({
    ...{ virtualTerminals: terminals, poiId: POI, now: systemClock.now(), key: KEY, takesPlain: true, apiKey: API_KEY },
    notify(wire) {
      told.push(wire)
      for (const waiter of waiters.splice(0)) waiter()
    },
  })
  await served.app.listen({ port: PORT, host: HOST })
  writeFileSync(join(folder, 'cert.pem'), served.certificate)
})
after(async () => {
  await served.app.close()
  terminals.close()
  rmSync(folder, { recursive: true })
})

let number = 0
/** A message as a program of others writes it; fresh each time, because the client changes what it is given. */
function message<C extends RequestCategory>(category: C, body: Requests[C], serviceId = `V${++number}`) {
  return JSON.parse(JSON.stringify(request(category, { serviceId, saleId: 'TILL1', poiId: POI }, body)))
}

function configured(certificatePath: string): Client {
  return new Client(
    new Config({
      apiKey: API_KEY,
      environment: EnvironmentEnum.TEST,
      certificatePath,
      terminalApiLocalEndpoint: `https://${HOST}`,
    }),
  )
}

function cloud(apiKey = API_KEY): TerminalCloudAPI {
  const client = new Client({ apiKey, environment: EnvironmentEnum.TEST })
  client.config.terminalApiCloudEndpoint = `https://${HOST}:${PORT}`
  client.config.certificatePath = 'unencrypted'
  return new TerminalCloudAPI(client)
}

function device() {
  const api = new CloudDeviceAPI(configured('unencrypted')).CloudDeviceApi
  pointHere(api)
  return api
}

/** These services know their host by heart; its field is private to types only. */
function pointHere(api: object): void {
  Object.assign(api, { baseUrl: `https://${HOST}:${PORT}/v1` })
}

/** Every way in which a question is answered at once. */
const WAYS: Record<string, (wire: never) => Promise<unknown>> = {
  'the cloud': (wire) => cloud().sync(wire),
  'the local network, sealed': (wire) =>
    new TerminalLocalAPI(configured(join(folder, 'cert.pem'))).request(wire, VENDOR_KEY),
  'the local network, plain': (wire) => new plainLocal.default.default(configured('unencrypted')).request(wire),
  'the device API': (wire) => device().sync('Shop', POI, wire),
  'the device API, sealed': (wire) => {
    const api = new sealedDevice.default.EncryptedCloudDeviceApi(configured('unencrypted'), NEW_VENDOR_KEY)
    pointHere(api)
    return api.sync('Shop', POI, wire)
  },
}

/** What the client made of an answer, as our own reader takes it. Its classes become plain JSON first. */
function bodyOf(answer: unknown): unknown {
  return readMessage(JSON.parse(JSON.stringify(answer))).body
}

for (const [way, ask] of Object.entries(WAYS)) {
  const paid = async (amount: number, serviceId?: string) =>
    readPaymentAnswer(bodyOf(await ask(message('Payment', paymentOf(amount), serviceId) as never)), 'EUR')

  test(`over ${way} a payment is approved, found again and taken back`, async () => {
    const serviceId = `PAY${++number}`
    const answer = await paid(10.99, serviceId)
    assert.deepEqual(
      [answer.result, answer.authorized, answer.card?.last4, answer.slips.length],
      ['Success', 1099n, '0119', 2],
    )
    assert.equal(answer.pspReference, answer.acquirerReference)
    const MessageReference = { ServiceID: serviceId, MessageCategory: 'Payment', SaleID: 'TILL1' }
    const status = readStatusAnswer(bodyOf(await ask(message('TransactionStatus', { MessageReference }) as never)))
    assert.equal(status.state === 'found' && readPaymentAnswer(status.body).authorized, 1099n)
    const { id: TransactionID = '', at: TimeStamp = '' } = answer.poiTransaction ?? {}
    const reversal = bodyOf(
      await ask(
        message('Reversal', {
          OriginalPOITransaction: { POITransactionID: { TransactionID, TimeStamp } },
          ReversalReason: 'MerchantCancel',
          ReversedAmount: 4.5,
        }) as never,
      ),
    )
    assert.deepEqual((reversal as { Response: { Result: string }; ReversedAmount: number }).ReversedAmount, 4.5)
  })

  test(`over ${way} a payment is declined with the reason`, async () => {
    const answer = await paid(1.24)
    assert.deepEqual(
      [answer.result, answer.condition, answer.message, answer.refusalReason],
      ['Failure', 'Refusal', 'NOT_ENOUGH_BALANCE', '210 Not enough balance'],
    )
  })

  test(`over ${way} a payment is aborted`, async () => {
    terminals.terminal(POI).set({ customer: null })
    const serviceId = `ABO${++number}`
    const waits = terminals.terminal(POI)
    const prompted = new Promise<void>((resolve) => {
      const leave = waits.watch(() => {
        if (waits.view().screen.kind !== 'card') return
        leave()
        resolve()
      })
    })
    const payment = paid(10, serviceId)
    await prompted
    const MessageReference = { ServiceID: serviceId, MessageCategory: 'Payment', SaleID: 'TILL1' }
    const abort = await ask(message('Abort', { AbortReason: 'MerchantAbort', MessageReference }) as never)
    assert.ok(!abort || Object.values(abort).every((value) => value === undefined), 'nothing is answered')
    assert.equal((await payment).condition, 'Aborted')
    waits.set({ customer: TAPS })
  })

  test(`over ${way} a card is read, and screen, questions, paper and health are there`, async () => {
    const { SaleData } = paymentOf(1)
    const acquired = bodyOf(
      await ask(message('CardAcquisition', { SaleData: { ...SaleData, TokenRequestedType: 'Customer' } }) as never),
    ) as { PaymentInstrumentData: { CardData: { PaymentToken: { TokenValue: string } } } }
    assert.match(acquired.PaymentInstrumentData.CardData.PaymentToken.TokenValue, /^M[0-9A-Z]{15}$/)
    await ask(message('EnableService', { TransactionAction: 'AbortTransaction' }) as never)

    const content = {
      OutputFormat: 'Text',
      OutputText: [{ Text: 'Hello' }, { Text: 'Welcome' }, { Text: 'No' }, { Text: 'Yes' }],
    }
    const output = { Device: 'CustomerDisplay', InfoQualify: 'Display', OutputContent: content }
    const shown = bodyOf(await ask(message('Display', { DisplayOutput: [output] }) as never)) as {
      OutputResult: { Response: { Result: string } }[]
    }
    assert.equal(shown.OutputResult[0]?.Response.Result, 'Success')
    const input = await ask(
      message('Input', {
        DisplayOutput: output,
        InputData: { Device: 'CustomerInput', InfoQualify: 'Input', InputCommand: 'GetConfirmation', MaxInputTime: 30 },
      }) as never,
    )
    assert.equal(readInputAnswer(bodyOf(input)).confirmed, true)
    const printed = bodyOf(
      await ask(
        message('Print', {
          PrintOutput: { DocumentQualifier: 'Document', ResponseMode: 'PrintEnd', OutputContent: content },
        }) as never,
      ),
    ) as { Response: { Result: string } }
    assert.equal(printed.Response.Result, 'Success')
    const health = bodyOf(await ask(message('Diagnosis', { HostDiagnosisFlag: true }) as never)) as {
      POIStatus: { GlobalStatus: string }
    }
    assert.equal(health.POIStatus.GlobalStatus, 'OK')
  })
}

/** The answer of a question that was only accepted: the next message of this category that comes by itself. */
async function toldOf(category: string): Promise<Wire> {
  for (;;) {
    const found = told.findIndex((wire) => readMessage(wire).header.MessageCategory === category)
    if (found >= 0) return told.splice(found, 1)[0] as Wire
    await new Promise<void>((resolve) => waiters.push(resolve))
  }
}

test('what is asked asynchronously is accepted, and answered by itself', async () => {
  for (const ask of [
    (wire: never) => cloud().async(wire),
    async (wire: never) => (await device().async('Shop', POI, wire)).Result,
  ]) {
    told.splice(0)
    assert.equal(await ask(message('Payment', paymentOf(5)) as never), 'ok')
    const wire = await toldOf('Payment')
    assert.equal(readPaymentAnswer(readMessage(wire).body).authorized, 500n)
  }
})

test('a sealed question that is only accepted is answered sealed', async () => {
  const api = new sealedDevice.default.EncryptedCloudDeviceApi(configured('unencrypted'), NEW_VENDOR_KEY)
  pointHere(api)
  told.splice(0)
  assert.equal((await api.async('Shop', POI, message('Payment', paymentOf(5)))).Result, 'ok')
  const wire = await toldOf('Payment')
  assert.equal(isSealed(wire), true)
  const answer = JSON.parse(api.decryptNotification(JSON.stringify(wire))) as Wire
  assert.equal(readPaymentAnswer(readMessage(answer).body).authorized, 500n)
  assert.deepEqual(open(wire, KEY), answer)
})

test('devices are listed with their state, and one that is unplugged is away', async () => {
  assert.deepEqual((await device().getConnectedDevices('Shop')).uniqueDeviceIds, [POI])
  assert.equal((await device().getDeviceStatus('Shop', POI)).status, 'ONLINE')
  terminals.terminal(POI).plug(false)
  assert.deepEqual((await device().getConnectedDevices('Shop')).uniqueDeviceIds, [])
  assert.equal((await device().getDeviceStatus('Shop', POI)).status, 'OFFLINE')
  const answer = JSON.parse(JSON.stringify(await cloud().sync(message('Payment', paymentOf(5))))) as {
    SaleToPOIRequest: { EventNotification: { EventToNotify: string; EventDetails: string } }
  }
  assert.equal(answer.SaleToPOIRequest.EventNotification.EventToNotify, 'Reject')
  assert.match(answer.SaleToPOIRequest.EventNotification.EventDetails, /Failed%20to%20send/)
  terminals.terminal(POI).plug(true)
})

test('the steps of a payment are read by the client’s own reader', async () => {
  told.splice(0)
  await cloud().sync(message('Payment', paymentOf(5)))
  const steps = told.flatMap((wire) => {
    const { body } = readMessage(wire) as { body: Requests['Display'] }
    const reference = body.DisplayOutput?.[0]?.OutputContent.PredefinedContent?.ReferenceID
    return reference === undefined ? [] : [new PredefinedContentHelper(reference).getEvent()]
  })
  assert.deepEqual(steps, ['TENDER_CREATED', 'CARD_PRESENTED', 'PRINT_RECEIPT', 'RECEIPT_PRINTED', 'TENDER_FINAL'])
})

test('another key of the host is refused', async () => {
  await assert.rejects(cloud('wrong').sync(message('Payment', paymentOf(5))), { statusCode: 401 })
})

test('another passphrase, and a message that was changed on its way, are refused by whoever opens them', async () => {
  const local = new TerminalLocalAPI(configured(join(folder, 'cert.pem')))
  const wrong = { ...VENDOR_KEY, Passphrase: 'another' }
  await assert.rejects(local.request(message('Payment', paymentOf(5)), wrong), { statusCode: 400 })
  await strikes('wrong_hmac', () => local.request(message('Payment', paymentOf(5)), VENDOR_KEY))
})

test('the client fails when the answer is lost or is no answer, and the money has moved', async () => {
  for (const fault of ['answer_lost', 'server_error'] as const)
    await strikes(fault, () => cloud().sync(message('Payment', paymentOf(5))))
})

/** The client fails, and the journal has one approval more. */
async function strikes(fault: Fault, ask: () => Promise<unknown>): Promise<void> {
  terminals.terminal(POI).set({ fault })
  const count = () => terminals.journal().filter(({ what }) => what === 'approved').length
  const before = count()
  await assert.rejects(ask())
  assert.equal(count(), before + 1, fault)
}
