import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type Requests,
  readCardAcquisitionAnswer,
  readEvent,
  readInputAnswer,
  readMessage,
  readProgress,
  readResult,
  request,
  type Wire,
} from '../nexo/index.ts'
import { bodyOf, POI, paid, paymentOf, setUp, TAPS } from './fixture.ts'

test('a card that was read first pays without being read again', async () => {
  const { terminal, ask, pay } = setUp({ customer: null })
  const { SaleData } = paymentOf(1)
  const reading = ask('CardAcquisition', { SaleData: { ...SaleData, TokenRequestedType: 'Customer' } })
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  const read = readCardAcquisitionAnswer(bodyOf(await reading))
  assert.equal(read.result, 'Success')
  assert.equal(terminal.view().screen.kind, 'wait')
  const CardAcquisitionReference = {
    TransactionID: read.poiTransaction?.id ?? '',
    TimeStamp: read.poiTransaction?.at ?? '',
  }
  const answer = await paid(pay(9, { PaymentData: { CardAcquisitionReference } }))
  assert.deepEqual([answer.result, answer.card?.alias], ['Success', read.card?.alias])
  // The card is used up: the next payment that refers to it asks for one.
  void pay(9, { PaymentData: { CardAcquisitionReference } })
  assert.equal(terminal.view().screen.kind, 'card')
})

test('a card that was read is let go by the till, with its words, or after a while', async () => {
  const { terminal, clock, ask } = setUp({ customer: { card: 'visa', entry: 'wallet' } })
  terminal.set({ pace: 'natural' })
  const { SaleData } = paymentOf(1)
  const read = async () => {
    const reading = ask('CardAcquisition', { SaleData })
    for (let i = 0; i < 4; i++) {
      clock.advance(1000)
      await turn()
    }
    await reading
  }
  await read()
  await ask('EnableService', {
    TransactionAction: 'AbortTransaction',
    DisplayOutput: {
      Device: 'CustomerDisplay',
      InfoQualify: 'Display',
      OutputContent: {
        OutputFormat: 'Text',
        PredefinedContent: { ReferenceID: 'Accepted' },
        OutputText: [{ Text: 'Welcome' }, { Text: '40 points' }],
      },
    },
  })
  assert.deepEqual(terminal.view().screen, { kind: 'display', icon: 'accepted', lines: ['Welcome', '40 points'] })
  await read()
  assert.equal(terminal.view().screen.kind, 'wait')
  clock.advance(100_000)
  await turn()
  assert.equal(terminal.view().screen.kind, 'idle')
})

const screenOf = (reference: string, texts: string[], entries: string[] = []): Requests['Input']['DisplayOutput'] => ({
  Device: 'CustomerDisplay',
  InfoQualify: 'Display',
  OutputContent: {
    OutputFormat: 'Text',
    PredefinedContent: { ReferenceID: reference },
    OutputText: texts.map((Text) => ({ Text })),
  },
  ...(entries.length === 0
    ? {}
    : { MenuEntry: entries.map((Text) => ({ OutputFormat: 'Text', OutputText: [{ Text }] })) }),
})

for (const [command, reference, customer, field, expected, entries] of [
  ['GetConfirmation', 'GetConfirmation', { yes: true }, 'confirmed', true, []],
  ['GetConfirmation', 'GetConfirmation', { yes: false }, 'confirmed', false, []],
  ['GetConfirmation', 'GetSignature', {}, 'confirmed', true, []],
  ['TextString', 'GetText', { text: 'ewa@example.com' }, 'text', 'ewa@example.com', []],
  ['DigitString', 'GetPhoneNumber', { text: '0031612345678' }, 'digits', '0031612345678', []],
  ['DecimalString', 'GetDigits', { text: '1050' }, 'digits', '10.50', []],
  ['GetMenuEntry', 'MenuButtons', { menu: 1 }, 'chosen', [1], ['Red', 'Green', 'Blue']],
] as const)
  test(`the customer answers ${command} of ${reference} with ${JSON.stringify(expected)}`, async () => {
    const { ask } = setUp({ customer: { ...TAPS, ...customer } })
    const body = bodyOf(
      await ask('Input', {
        DisplayOutput: screenOf(reference, ['Hello', 'Which?', 'No', 'Yes'], [...entries]),
        InputData: { Device: 'CustomerInput', InfoQualify: 'Input', InputCommand: command, MaxDecimalLength: 2 },
      }),
    )
    const answer = readInputAnswer(body)
    assert.equal(answer.result, 'Success')
    assert.deepEqual(answer[field], expected)
  })

test('a question that nobody answers in its time is a cancel', async () => {
  const { clock, ask } = setUp({ customer: null })
  const asking = ask('Input', {
    InputData: { Device: 'CustomerInput', InfoQualify: 'Input', InputCommand: 'TextString', MaxInputTime: 5 },
  })
  clock.advance(5_000)
  const answer = readInputAnswer(bodyOf(await asking))
  assert.deepEqual([answer.result, answer.condition], ['Failure', 'Cancel'])
})

test('the terminal shows, prints and says when it has no paper', async () => {
  const { terminal, ask } = setUp({ customer: null })
  await ask('Display', { DisplayOutput: [screenOf('', ['Total', '€ 12.50'])] as Requests['Display']['DisplayOutput'] })
  assert.deepEqual(terminal.view().screen, { kind: 'display', icon: null, lines: ['Total', '€ 12.50'] })
  await ask('Display', { DisplayOutput: [screenOf('Idle', [])] as Requests['Display']['DisplayOutput'] })
  assert.equal(terminal.view().screen.kind, 'idle')
  const print = () =>
    ask('Print', {
      PrintOutput: {
        DocumentQualifier: 'Document',
        ResponseMode: 'PrintEnd',
        OutputContent: {
          OutputFormat: 'Text',
          OutputText: [{ Text: 'Voucher' }],
          OutputBarcode: { BarcodeType: 'QRCode', BarcodeValue: 'https://example.com' },
        },
      },
    })
  assert.equal(readResult(bodyOf(await print())).result, 'Success')
  assert.deepEqual(terminal.view().slips[0]?.lines[0]?.name, 'Voucher')
  assert.equal(terminal.view().slips[0]?.barcode?.value, 'https://example.com')
  terminal.set({ has_paper: false })
  assert.equal(readResult(bodyOf(await print())).condition, 'UnavailableDevice')
  assert.equal(terminal.view().slips.length, 1)
})

test('its health says that it is busy, and its totals are those of the journal', async () => {
  const { terminal, ask, pay } = setUp({ customer: null })
  const payment = pay(10)
  const health = bodyOf(await ask('Diagnosis', { HostDiagnosisFlag: true })) as { POIStatus: object }
  assert.deepEqual(health.POIStatus, {
    GlobalStatus: 'Busy',
    CardReaderOKFlag: true,
    PEDOKFlag: true,
    PrinterStatus: 'OK',
    CommunicationOKFlag: true,
    SecurityOKFlag: true,
    FraudPreventionFlag: false,
  })
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  await payment
  terminal.set({ customer: { card: 'mc', entry: 'wallet' } })
  await pay(20)
  await pay(1.24)
  const { TransactionTotals } = bodyOf(await ask('GetTotals', {})) as { TransactionTotals: object[] }
  assert.deepEqual(TransactionTotals, [
    {
      PaymentInstrumentType: 'Card',
      CardBrand: 'visa',
      PaymentCurrency: 'EUR',
      PaymentTotals: [{ TransactionType: 'Debit', TransactionCount: 1, TransactionAmount: 10 }],
    },
    {
      PaymentInstrumentType: 'Card',
      CardBrand: 'mc',
      PaymentCurrency: 'EUR',
      PaymentTotals: [
        { TransactionType: 'Debit', TransactionCount: 1, TransactionAmount: 20 },
        { TransactionType: 'Declined', TransactionCount: 1, TransactionAmount: 1.24 },
      ],
    },
  ])
})

test('the steps of a payment are told as they happen', async () => {
  const { terminal, pay } = setUp({ customer: { card: 'mc', entry: 'chip' } })
  const told: Wire[] = []
  const leave = terminal.listen((wire) => void told.push(wire))
  const answer = await paid(pay(10))
  leave()
  await pay(10)
  const steps = told.map((wire) => readProgress(readMessage(wire).body))
  assert.deepEqual(
    steps.map((step) => step?.event),
    [
      'TENDER_CREATED',
      'CARD_INSERTED',
      'WAIT_FOR_PIN',
      'PIN_ENTERED',
      'PRINT_RECEIPT',
      'RECEIPT_PRINTED',
      'TENDER_FINAL',
    ],
  )
  assert.equal(steps[0]?.transactionId, answer.additional.get('tenderReference'))
})

test('a brand that the till does not take is refused, and another card may be tried', async () => {
  const { terminal, pay } = setUp({ customer: null })
  const payment = pay(10, {
    PaymentTransaction: {
      AmountsReq: { Currency: 'EUR', RequestedAmount: 10 },
      TransactionConditions: { AllowedPaymentBrand: ['mc'] },
    },
  })
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  await turn()
  const { screen } = terminal.view()
  assert.equal(screen.kind === 'card' && screen.note, 'brand_refused')
  terminal.touch({ type: 'card', card: 'mc', entry: 'contactless' })
  assert.equal((await paid(payment)).card?.brand, 'mc')
})

test('each terminal is on its own, and ids that no terminal has are not taken', async () => {
  const { terminals } = setUp()
  const other = terminals.add('S1F2-000158', 'Counter 2')
  assert.equal(other.view().label, 'Counter 2')
  assert.equal(terminals.add('S1F2-000158', 'Counter 3'), other)
  assert.deepEqual(
    terminals.all().map(({ poiId }) => poiId),
    [POI, 'S1F2-000158'],
  )
  for (const poiId of ['', 'V400m', 'a b-1', 'V400m-<script>'])
    assert.throws(() => terminals.terminal(poiId), RangeError, poiId)
  const wrong = await terminals.exchange(
    'S1F2-000158',
    request('Diagnosis', { serviceId: 'A', saleId: 'T', poiId: POI }, {}),
  )
  assert.equal(readResult(bodyOf(wrong)).condition, 'UnavailableDevice')
})

test('a question gets other words while it waits, and the answer is about those', async () => {
  const { terminal, ask } = setUp({ customer: null })
  const InputData = { Device: 'CustomerInput', InfoQualify: 'Input', InputCommand: 'GetMenuEntry' as const }
  const asking = ask('Input', { DisplayOutput: screenOf('MenuButtons', ['Which?'], ['A']), InputData }, 'ASK')
  const update = (serviceId: string) =>
    ask('InputUpdate', {
      MessageReference: { MessageCategory: 'Input', ServiceID: serviceId },
      OutputContent: { OutputFormat: 'Text', OutputText: [{ Text: 'And now?' }] },
      MenuEntry: ['B', 'C'].map((Text) => ({ OutputFormat: 'Text', OutputText: [{ Text }] })),
    })
  assert.equal((await update('OTHER')).kind, 'empty')
  assert.deepEqual(terminal.view().screen, { kind: 'menu', lines: ['Which?'], entries: ['A'] })
  assert.equal((await update('ASK')).kind, 'empty')
  assert.deepEqual(terminal.view().screen, { kind: 'menu', lines: ['And now?'], entries: ['B', 'C'] })
  terminal.touch({ type: 'choice', index: 1 })
  assert.deepEqual(readInputAnswer(bodyOf(await asking)).chosen, [1])
})

test('a plug that is pulled ends whatever goes on, and the screen stays dark', async () => {
  const { terminal, terminals, clock, ask, pay } = setUp({ customer: null })
  const told: string[] = []
  terminal.listen((wire) => void told.push(readEvent(readMessage(wire).body).event))
  const InputData = { Device: 'CustomerInput', InfoQualify: 'Input', InputCommand: 'TextString' as const }
  const asking = ask('Input', { InputData })
  terminal.plug(false)
  assert.equal((await asking).kind, 'lost')
  assert.equal(terminal.view().screen.kind, 'off')
  terminal.plug(true)
  assert.deepEqual(told, ['Shutdown', 'Initialised'])
  // While the host is asked, too: it has not heard of it.
  terminal.set({ pace: 'natural' })
  const payment = pay(10)
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  await turn()
  assert.equal(terminal.view().screen.kind, 'authorising')
  terminal.plug(false)
  clock.advance(5_000)
  assert.equal((await payment).kind, 'lost')
  assert.equal(terminal.view().screen.kind, 'off')
  assert.deepEqual(
    terminals.journal().map(({ what }) => what),
    ['canceled'],
  )
})

test('a fault of answers waits for money: a card that is only read is answered', async () => {
  const { ask, pay } = setUp({ fault: 'answer_lost' })
  const { SaleData } = paymentOf(1)
  assert.equal((await ask('CardAcquisition', { SaleData })).kind, 'message')
  assert.equal((await pay(10)).kind, 'lost')
})
