import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  fromNexoAmount,
  isServiceId,
  MessageFormat,
  newServiceId,
  readAdditional,
  readEvent,
  readInputAnswer,
  readMessage,
  readPairs,
  readPaymentAnswer,
  readProgress,
  readStatusAnswer,
  request,
  requestBody,
  response,
  slipText,
  toNexoAmount,
  writeAdditional,
  writePairs,
} from './index.ts'

const RECORDED = join(import.meta.dirname, '../../../shared/data/terminal/nexo-payment-sync-success.json')
const skip = existsSync(RECORDED) ? false : 'skipped: ../shared/data/terminal is not here'

const ADDRESS = { serviceId: '4K7Q2M9ZA1', saleId: 'STORE1-R2', poiId: 'V400m-324688179' }
const SALE = { SaleTransactionID: { TransactionID: 'pay_1', TimeStamp: '2026-01-05T10:11:12.000Z' } }
const payment = (amounts: object) =>
  request('Payment', ADDRESS, {
    SaleData: SALE,
    PaymentTransaction: { AmountsReq: { Currency: 'EUR', ...amounts } },
  })

test('amounts go to the wire and back exactly, with the decimals of their currency', () => {
  for (const [minor, currency, wire] of [
    [1099n, 'EUR', 10.99],
    [1n, 'EUR', 0.01],
    [1099n, 'JPY', 1099],
    [1099n, 'KWD', 1.099],
    [9_999_999_999n, 'SEK', 99_999_999.99],
    [0n, 'PLN', 0],
  ] as const) {
    assert.equal(toNexoAmount(minor, currency), wire)
    assert.equal(fromNexoAmount(wire, currency), minor)
  }
})

test('a sum that floats have spoilt is read as what was meant', () => {
  assert.equal(fromNexoAmount(0.1 + 0.2, 'EUR'), 30n)
  assert.equal(fromNexoAmount(1.1 * 3, 'EUR'), 330n)
})

test('what is no amount of the currency is not read as one', () => {
  for (const [value, currency] of [
    [10.995, 'EUR'],
    [0.5, 'JPY'],
    [Number.NaN, 'EUR'],
    [Number.POSITIVE_INFINITY, 'EUR'],
    [1e8, 'EUR'],
    ['10.99', 'EUR'],
    [null, 'EUR'],
    [1, 'XXX'],
  ] as const)
    assert.equal(fromNexoAmount(value, currency), undefined, `${value} ${currency}`)
  assert.throws(() => toNexoAmount(10_000_000_000n, 'EUR'), RangeError)
  assert.throws(() => toNexoAmount(1n, 'ABC'), RangeError)
})

test('a question has its header and a body named after its category', () => {
  assert.deepEqual(payment({ RequestedAmount: 10.99 }), {
    SaleToPOIRequest: {
      MessageHeader: {
        ProtocolVersion: '3.0',
        MessageClass: 'Service',
        MessageCategory: 'Payment',
        MessageType: 'Request',
        ServiceID: '4K7Q2M9ZA1',
        SaleID: 'STORE1-R2',
        POIID: 'V400m-324688179',
      },
      PaymentRequest: {
        SaleData: SALE,
        PaymentTransaction: { AmountsReq: { Currency: 'EUR', RequestedAmount: 10.99 } },
      },
    },
  })
})

test('screens and printers are of the class Device, and an answer repeats the header', () => {
  const asked = readMessage(
    request('Print', ADDRESS, {
      PrintOutput: { DocumentQualifier: 'Document', ResponseMode: 'PrintEnd', OutputContent: { OutputFormat: 'Text' } },
    }),
  )
  assert.equal(asked.header.MessageClass, 'Device')
  const body = { DocumentQualifier: 'Document', Response: { Result: 'Success' } } as const
  const answered = readMessage(response('Print', asked.header, body))
  assert.deepEqual(answered.header, { ...asked.header, MessageType: 'Response' })
  assert.equal(answered.name, 'PrintResponse')
  assert.deepEqual(answered.body, body)
})

test('a question without a mandatory field is refused with its name', () => {
  const cases: [unknown, string][] = [
    [{}, 'SaleToPOIRequest'],
    [null, 'SaleToPOIRequest'],
    [{ SaleToPOIRequest: {} }, 'MessageHeader'],
    [withHeader({ POIID: '' }), 'MessageHeader.POIID'],
    [withHeader({ ServiceID: undefined }), 'MessageHeader.ServiceID'],
    [withHeader({ ServiceID: 'x'.repeat(21) }), 'MessageHeader.ServiceID'],
    [withHeader({ MessageCategory: 'Nonsense' }), 'MessageHeader.MessageCategory'],
    [withHeader({ MessageCategory: 'Reversal' }), 'ReversalRequest'],
    [payment({ Currency: undefined }), 'PaymentRequest.PaymentTransaction.AmountsReq.Currency'],
    [payment({ RequestedAmount: '10' }), 'PaymentRequest.PaymentTransaction.AmountsReq.RequestedAmount'],
    [payment({ RequestedAmount: -1 }), 'PaymentRequest.PaymentTransaction.AmountsReq.RequestedAmount'],
  ]
  for (const [wire, field] of cases)
    assert.throws(
      () => {
        const message = readMessage(JSON.parse(JSON.stringify(wire)))
        requestBody(message, message.header.MessageCategory as 'Payment')
      },
      (error) => error instanceof MessageFormat && error.field === field,
      field,
    )
})

test('fields that nobody knows yet are let through', () => {
  const wire = payment({ RequestedAmount: 1, FutureAmount: 2 })
  assert.equal(requestBody(readMessage(wire), 'Payment').PaymentTransaction.AmountsReq.RequestedAmount, 1)
})

test('pairs come in two forms and are told apart by their text', () => {
  const values = [
    ['tenderOption', 'AskGratuity'],
    ['metadata.order', 'a&b=ö'],
    ['additionalData.manualCapture', 'true'],
  ] as const
  for (const form of ['form', 'json'] as const) {
    const read = readPairs(writePairs(values, form))
    assert.equal(read.form, form)
    assert.deepEqual([...read.values], values)
  }
  assert.deepEqual(JSON.parse(Buffer.from(writePairs(values, 'json'), 'base64').toString()), {
    tenderOption: 'AskGratuity',
    metadata: { order: 'a&b=ö' },
    additionalData: { manualCapture: 'true' },
  })
  assert.equal(readPairs('AskGratuity').form, 'form')
  assert.equal(readPairs(undefined).values.size, 0)
})

test('additional data have the same names in both forms', () => {
  const values = [
    ['pspReference', '8515565295894301'],
    ['recurring.recurringDetailReference', 'T1'],
    ['message', '108 Shopper cancelled tx'],
    ['refusalReason', '210 Not enough balance'],
  ] as const
  for (const form of ['form', 'json'] as const) {
    const read = readAdditional(writeAdditional(values, form))
    assert.deepEqual(Object.fromEntries(read.values), Object.fromEntries(values))
    assert.equal(read.form, form)
  }
  assert.equal(readAdditional('message=Did+not+receive%20it').values.get('message'), 'Did not receive it')
})

test('a recorded answer of a terminal is read without losing what we need', { skip }, () => {
  const { body, header, name } = readMessage(JSON.parse(readFileSync(RECORDED, 'utf8')))
  assert.deepEqual([header.ServiceID, name], ['1234567890', 'PaymentResponse'])
  const answer = readPaymentAnswer(body)
  const { additional, slips, ...facts } = answer
  assert.deepEqual(facts, {
    result: 'Success',
    condition: undefined,
    message: undefined,
    refusalReason: undefined,
    authorized: 100n,
    tip: 0n,
    cashback: 0n,
    currency: 'EUR',
    poiTransaction: { id: '4r7i001556529591000.8515565295894301', at: '2019-04-29T00:00:00.000Z' },
    saleTransaction: { id: '001', at: '2019-04-29T00:00:00.000Z' },
    pspReference: '8515565295894301',
    acquirerReference: '8515565295894301',
    approvalCode: '123456',
    isOffline: false,
    card: {
      brand: 'mc',
      last4: '3511',
      bin: '541333',
      alias: 'M900978995070104',
      par: undefined,
      token: undefined,
      entry: 'Tapped',
      verification: [],
      country: 'NL',
      expiry: { month: 12, year: 2025 },
    },
  })
  assert.equal(additional.get('posEntryMode'), 'CLESS_SWIPE')
  assert.deepEqual(
    slips.map(({ qualifier }) => qualifier),
    ['CashierReceipt', 'CustomerReceipt'],
  )
  const total = slips[0]?.lines.find(({ key }) => key === 'totalAmount')
  assert.deepEqual(total, { key: 'totalAmount', name: 'TOTAL', value: '€\u00a01.00', isBold: true })
  assert.equal(
    slips[0]?.lines.filter(({ key }) => key === 'filler').every(({ name: left }) => left === ''),
    true,
  )
})

test('a line of a slip that is plain text is its own name', () => {
  const wire = [
    {
      OutputContent: {
        OutputText: [{ Text: 'Thank you = bye' }, slipText({ key: 'mid', name: 'MID', value: 'ö & 1' })],
      },
    },
  ]
  assert.deepEqual(
    readPaymentAnswer({ PaymentReceipt: wire }).slips[0]?.lines.map(({ key, name, value }) => [key, name, value]),
    [
      ['', 'Thank you = bye', ''],
      ['mid', 'MID', 'ö & 1'],
    ],
  )
})

test('an answer of another form says nothing, and breaks nothing', () => {
  for (const body of [
    undefined,
    null,
    'ok',
    [],
    { Response: [] },
    { PaymentResult: { AmountsResp: { AuthorizedAmount: '1' } } },
  ]) {
    const answer = readPaymentAnswer(body, 'EUR')
    assert.deepEqual([answer.result, answer.authorized, answer.card], [undefined, undefined, undefined])
  }
})

test('numbers where a text belongs keep their leading zeros where they can be told', () => {
  const card = { PaymentBrand: 'visa', SensitiveCardData: { ExpiryDate: 330 } }
  const answer = readPaymentAnswer({ PaymentResult: { PaymentInstrumentData: { CardData: card } } })
  assert.deepEqual(answer.card?.expiry, { month: 3, year: 2030 })
})

test('a status answer tells found, running and never seen apart', () => {
  const response = (condition: string) => ({ Response: { Result: 'Failure', ErrorCondition: condition } })
  assert.deepEqual(readStatusAnswer(response('InProgress')), { state: 'in_progress' })
  assert.deepEqual(readStatusAnswer(response('NotFound')), { state: 'not_found' })
  assert.equal(readStatusAnswer(response('Busy')).state, 'failed')
  assert.equal(readStatusAnswer(undefined).state, 'failed')
  const inner = { Response: { Result: 'Failure', ErrorCondition: 'Refusal' } }
  const found = readStatusAnswer({
    Response: { Result: 'Success' },
    RepeatedMessageResponse: {
      MessageHeader: { ServiceID: '4K7Q2M9ZA1', POIID: 'V400m-324688179' },
      RepeatedResponseMessageBody: { PaymentResponse: inner },
    },
  })
  assert.deepEqual(found, {
    state: 'found',
    name: 'PaymentResponse',
    serviceId: '4K7Q2M9ZA1',
    poiId: 'V400m-324688179',
    body: inner,
  })
})

test('what a customer entered is read from a flag, a text or a row of flags', () => {
  const entered = (Input: object) => readInputAnswer({ InputResult: { Response: { Result: 'Success' }, Input } })
  assert.equal(entered({ ConfirmedFlag: false }).confirmed, false)
  assert.equal(entered({ DigitInput: '0031' }).digits, '0031')
  assert.equal(entered({ TextInput: 'ewa@example.com' }).text, 'ewa@example.com')
  assert.deepEqual(entered({ MenuEntryNumber: [0, 1, 1] }).chosen, [1, 2])
})

test('a rejected message and a step of a payment are read from what the terminal sends', () => {
  const event = readEvent({
    EventToNotify: 'Reject',
    EventDetails: 'message=Did+not+receive+a+response+from+the+POI.',
    RejectedMessage: Buffer.from('{"SaleTo').toString('base64'),
  })
  assert.equal(event.details.get('message'), 'Did not receive a response from the POI.')
  assert.equal(event.rejected, '{"SaleTo')
  const display = {
    DisplayOutput: [{ OutputContent: { PredefinedContent: { ReferenceID: 'TransactionID=4r7i1&event=PIN_ENTERED' } } }],
  }
  assert.deepEqual(readProgress(display), { event: 'PIN_ENTERED', transactionId: '4r7i1' })
  assert.equal(readProgress({ DisplayOutput: {} }), undefined)
})

test('service ids have ten letters and digits and begin with the second', () => {
  const now = new Date('2026-11-27T03:00:00Z')
  const first = newServiceId(now, (bytes) => bytes.fill(0))
  assert.match(first, /^[0-9A-Z]{10}$/)
  assert.equal(first.slice(6), '0000')
  assert.notEqual(first.slice(0, 6), newServiceId(new Date(now.getTime() + 1000), (bytes) => bytes.fill(0)).slice(0, 6))
  assert.equal(isServiceId(first), true)
  assert.equal(isServiceId(''), false)
})

function withHeader(changes: object): unknown {
  const wire = payment({ RequestedAmount: 1 })
  const content = wire.SaleToPOIRequest as { MessageHeader: object }
  return { SaleToPOIRequest: { ...content, MessageHeader: { ...content.MessageHeader, ...changes } } }
}
