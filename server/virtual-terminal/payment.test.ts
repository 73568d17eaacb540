import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  readEvent,
  readPaymentAnswer,
  readResult,
  readReversalAnswer,
  readStatusAnswer,
  writePairs,
} from '../nexo/index.ts'
import { about, bodyOf, paid, paymentOf, press, setUp } from './fixture.ts'
import type { Customer } from './index.ts'

test('a tapped card pays, and the answer, the journal and the slips agree', async () => {
  const { terminal, terminals, pay } = setUp()
  const answer = await paid(pay(10.99))
  assert.equal(answer.result, 'Success')
  assert.equal(answer.authorized, 1099n)
  assert.equal(answer.poiTransaction?.id.split('.')[1], answer.pspReference)
  assert.deepEqual([answer.card?.brand, answer.card?.last4, answer.card?.entry], ['visa', '0119', 'Contactless'])
  assert.match(answer.card?.par ?? '', /^V[0-9A-F]{28}$/)
  assert.deepEqual(
    terminals.journal().map(({ what, amount, currency, sale_id }) => [what, amount, currency, sale_id]),
    [['approved', 1099, 'EUR', 'pay_1']],
  )
  const { slips, steps, busy_with, screen } = terminal.view()
  assert.deepEqual(
    slips.map(({ title }) => title),
    ['customer', 'cashier'],
  )
  assert.equal(answer.slips[0]?.lines.find(({ key }) => key === 'totalAmount')?.value, '€10.99')
  assert.deepEqual(steps, ['TENDER_CREATED', 'CARD_PRESENTED', 'PRINT_RECEIPT', 'RECEIPT_PRINTED', 'TENDER_FINAL'])
  assert.deepEqual([busy_with, screen.kind], [null, 'idle'])
})

for (const [amount, condition, message, reason] of [
  [1.24, 'Refusal', 'NOT_ENOUGH_BALANCE', '210 Not enough balance'],
  [11.25, 'Refusal', 'BLOCK_CARD', '199 Card blocked'],
  [21.26, 'Refusal', 'CARD_EXPIRED', '228 Card expired'],
  [1.27, 'Refusal', 'INVALID_AMOUNT', '214 Declined online'],
  [1.28, 'InvalidCard', 'INVALID_CARD', '214 Declined online'],
  [1.34, 'WrongPIN', 'INVALID_PIN', '129 Invalid PIN'],
] as const)
  test(`an amount of ${amount} is declined with ${message}`, async () => {
    const { terminals, pay } = setUp()
    const answer = await paid(pay(amount))
    assert.deepEqual(
      [answer.result, answer.condition, answer.message, answer.refusalReason, answer.authorized],
      ['Failure', condition, message, reason, undefined],
    )
    assert.equal(terminals.journal()[0]?.what, 'declined')
  })

test('an inserted card asks for its PIN, and the third wrong one ends the payment', async () => {
  const { terminal, terminals, pay } = setUp({ customer: null })
  const payment = pay(10)
  terminal.touch({ type: 'card', card: 'mc', entry: 'chip' })
  await turn()
  assert.deepEqual(terminal.view().screen.kind, 'pin')
  await press(terminal, '12')
  const { screen } = terminal.view()
  assert.equal(screen.kind === 'pin' && screen.typed, 2)
  await press(terminal, 'L1111C')
  const again = terminal.view().screen
  assert.deepEqual(again.kind === 'pin' && [again.is_wrong, again.tries_left, again.typed], [true, 2, 0])
  await press(terminal, '2222C3333C')
  const answer = await paid(payment)
  assert.deepEqual([answer.condition, answer.message], ['WrongPIN', 'INVALID_PIN'])
  assert.equal(terminals.journal().at(-1)?.what, 'declined')
})

test('the right PIN after a wrong one pays, and the answer says how it was proved', async () => {
  const { terminal, pay } = setUp({ customer: null })
  const payment = pay(10)
  terminal.touch({ type: 'card', card: 'mc', entry: 'chip' })
  await turn()
  await press(terminal, '1111C1234C')
  const answer = await paid(payment)
  assert.deepEqual([answer.result, answer.card?.verification], ['Success', ['OnlinePIN']])
})

for (const [entry, amount, verification] of [
  ['contactless', 50, 'Bypass'],
  ['contactless', 50.01, 'OnlinePIN'],
  ['wallet', 500, 'SecuredChannel'],
  ['watch', 500, 'SecuredChannel'],
  ['swipe', 5, 'PaperSignature'],
] as const)
  test(`${entry} for ${amount} is proved by ${verification}`, async () => {
    const { pay } = setUp({ customer: { card: 'visa', entry } })
    const answer = await paid(pay(amount))
    assert.deepEqual(answer.card?.verification, [verification])
    assert.equal(answer.slips[0]?.needsSignature, verification === 'PaperSignature')
  })

test('a card has one account behind it, and another alias in a phone', async () => {
  const facts = async (entry: Customer['entry']) =>
    (await paid(setUp({ customer: { card: 'visa', entry } }).pay(5))).card
  const [plastic, phone, other] = [
    await facts('contactless'),
    await facts('wallet'),
    (await paid(setUp({ customer: { card: 'mc', entry: 'contactless' } }).pay(5))).card,
  ]
  assert.equal(plastic?.par, phone?.par)
  assert.notEqual(plastic?.alias, phone?.alias)
  assert.notEqual(plastic?.last4, phone?.last4)
  assert.notEqual(plastic?.par, other?.par)
})

test('a tip that the customer types is in the amount that the terminal answers', async () => {
  const SaleData = {
    ...paymentOf(1).SaleData,
    SaleToAcquirerData: writePairs([['tenderOption', 'ReceiptHandler,AskGratuity']], 'json'),
  }
  const { terminal, terminals, pay } = setUp({ customer: null })
  const payment = pay(20, { SaleData })
  const { screen } = terminal.view()
  assert.deepEqual(screen.kind === 'tip' && screen.choices[1], { percent: 10, amount: 200 })
  await press(terminal, '150C')
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  const answer = await paid(payment)
  assert.deepEqual([answer.authorized, answer.tip], [2150n, 150n])
  assert.deepEqual([terminals.journal()[0]?.amount, terminals.journal()[0]?.tip], [2150, 150])
  assert.equal(answer.additional.get('posAmountGratuityValue'), '150')
})

test('a second payment is told that the terminal is busy, and the first goes on', async () => {
  const { terminal, pay } = setUp({ customer: null })
  const first = pay(10)
  const second = await paid(pay(20))
  assert.deepEqual([second.condition, second.saleTransaction?.id], ['Busy', 'pay_1'])
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  assert.equal((await paid(first)).authorized, 1000n)
})

test('a repeated number of a message is refused', async () => {
  const { terminals, pay } = setUp()
  await pay(10, {}, 'SAME')
  const again = await paid(pay(10, {}, 'SAME'))
  assert.deepEqual([again.condition, again.message], ['MessageFormat', 'Repeated Message: ServiceID - SAME'])
  assert.equal(terminals.journal().length, 1)
})

test('an abort is answered with nothing, and the payment says that it was aborted', async () => {
  const { terminals, ask, pay } = setUp({ customer: null })
  const payment = pay(10, {}, 'PAY')
  const abort = await ask('Abort', { AbortReason: 'MerchantAbort', MessageReference: about('PAY') })
  assert.deepEqual(abort, { kind: 'empty' })
  const answer = await paid(payment)
  assert.deepEqual([answer.result, answer.condition], ['Failure', 'Aborted'])
  assert.equal(terminals.journal()[0]?.what, 'canceled')
})

test('an abort of another message stops nothing', async () => {
  const { terminal, ask, pay } = setUp({ customer: null })
  const payment = pay(10, {}, 'PAY')
  await ask('Abort', { AbortReason: 'MerchantAbort', MessageReference: about('OTHER') })
  await ask('Abort', { AbortReason: 'MerchantAbort', MessageReference: about('PAY', 'Input') })
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  assert.equal((await paid(payment)).result, 'Success')
})

test('an abort that comes after the card does not stop the payment', async () => {
  const { terminals, ask, pay } = setUp({ customer: null, fault: 'approved_before_abort' })
  const payment = pay(10, {}, 'PAY')
  assert.equal((await ask('Abort', { AbortReason: 'MerchantAbort', MessageReference: about('PAY') })).kind, 'empty')
  assert.equal((await paid(payment)).result, 'Success')
  assert.equal(terminals.journal()[0]?.what, 'approved')
})

test('the red key and a customer who goes away are both a cancel', async () => {
  const { terminal, clock, pay } = setUp({ customer: null })
  const pressed = pay(10)
  await press(terminal, 'X')
  assert.match((await paid(pressed)).message ?? '', /^108 /)
  const left = pay(10)
  clock.advance(100_000)
  const answer = await paid(left)
  assert.deepEqual([answer.condition, answer.message?.slice(0, 3)], ['Cancel', '109'])
})

test('a lost answer is found again by the number of the message', async () => {
  const { terminals, ask, pay } = setUp({ fault: 'answer_lost' })
  assert.deepEqual(await pay(10, {}, 'PAY'), { kind: 'lost' })
  assert.equal(terminals.journal()[0]?.what, 'approved')
  const status = readStatusAnswer(bodyOf(await ask('TransactionStatus', { MessageReference: about('PAY') })))
  assert.ok(status.state === 'found')
  assert.equal(readPaymentAnswer(status.body).authorized, 1000n)
  assert.equal(status.serviceId, 'PAY')
  // A fault strikes once.
  assert.equal((await paid(pay(10))).result, 'Success')
})

test('a status question tells what runs, what was never seen, and the slips when they are wanted', async () => {
  const { terminal, ask, pay } = setUp({ customer: null })
  const payment = pay(10, {}, 'PAY')
  const state = async (MessageReference?: ReturnType<typeof about>, ReceiptReprintFlag = false) =>
    readStatusAnswer(
      bodyOf(await ask('TransactionStatus', { ...(MessageReference ? { MessageReference } : {}), ReceiptReprintFlag })),
    )
  assert.equal((await state(about('PAY'))).state, 'in_progress')
  assert.equal((await state(about('OTHER'))).state, 'not_found')
  terminal.touch({ type: 'card', card: 'visa', entry: 'contactless' })
  await payment
  const [plain, whole] = [await state(), await state(about('PAY'), true)]
  assert.ok(plain.state === 'found' && whole.state === 'found')
  assert.equal(readPaymentAnswer(plain.body).slips.length, 0)
  assert.equal(readPaymentAnswer(whole.body).slips.length, 2)
  assert.equal((await state(about('PAY', 'Reversal'))).state, 'not_found')
})

test('the last fifty operations are remembered', async () => {
  const { ask, pay } = setUp()
  for (let i = 0; i < 51; i++) await pay(10, {}, `PAY${i}`)
  const state = async (serviceId: string) =>
    readStatusAnswer(bodyOf(await ask('TransactionStatus', { MessageReference: about(serviceId) }))).state
  assert.equal(await state('PAY0'), 'not_found')
  assert.equal(await state('PAY1'), 'found')
})

test('a plug that is pulled while the card is read leaves nothing charged and nothing remembered', async () => {
  const { terminal, terminals, ask, pay } = setUp({ fault: 'unplugged' })
  assert.deepEqual(await pay(10, {}, 'PAY'), { kind: 'lost' })
  assert.equal(terminal.view().screen.kind, 'off')
  assert.deepEqual(await pay(10), { kind: 'unreachable' })
  terminal.plug(true)
  const status = readStatusAnswer(bodyOf(await ask('TransactionStatus', { MessageReference: about('PAY') })))
  assert.equal(status.state, 'not_found')
  assert.deepEqual(
    terminals.journal().map(({ what }) => what),
    ['canceled'],
  )
})

test('half of an amount, one unit too much, and a refusal that comes later are told as they happened', async () => {
  const partial = await paid(setUp({ fault: 'partial' }).pay(10.01))
  assert.deepEqual([partial.result, partial.authorized], ['Partial', 501n])
  assert.equal((await paid(setUp({ fault: 'wrong_amount' }).pay(10))).authorized, 1001n)
  const { ask, pay, terminals } = setUp({ fault: 'offline_declined' })
  const offline = await paid(pay(10, {}, 'PAY'))
  assert.deepEqual(
    [offline.result, offline.isOffline, offline.poiTransaction?.id.includes('.')],
    ['Success', true, false],
  )
  const status = readStatusAnswer(bodyOf(await ask('TransactionStatus', { MessageReference: about('PAY') })))
  assert.equal(status.state === 'found' && readResult(status.body).condition, 'Refusal')
  assert.equal(terminals.journal().at(-1)?.what, 'declined_later')
})

test('what cannot be understood comes back as a reject with the reason', async () => {
  const { terminal } = setUp()
  for (const wire of ['{', { SaleToPOIRequest: {} }, null]) {
    const event = readEvent(bodyOf(await terminal.exchange(wire)))
    assert.equal(event.event, 'Reject')
    assert.equal(event.rejected, JSON.stringify(wire))
    assert.match(event.details.get('message') ?? '', /^Mandatory Data Element/)
  }
})

test('a question with a field that is wrong is refused with the name of the field', async () => {
  const { terminals, pay } = setUp()
  for (const amount of [10.995, 0]) {
    const answer = await paid(pay(amount))
    assert.deepEqual(
      [answer.condition, answer.message],
      ['MessageFormat', 'Invalid Data Element: PaymentRequest.PaymentTransaction.AmountsReq.RequestedAmount'],
    )
  }
  assert.equal(terminals.journal().length, 0)
})

test('a payment is taken back in parts, never beyond what it was', async () => {
  const { terminals, ask, pay } = setUp()
  const { poiTransaction } = await paid(pay(10))
  const OriginalPOITransaction = {
    POITransactionID: { TransactionID: poiTransaction?.id ?? '', TimeStamp: poiTransaction?.at ?? '' },
  }
  const reverse = async (ReversedAmount?: number) =>
    readReversalAnswer(
      bodyOf(
        await ask('Reversal', {
          OriginalPOITransaction,
          ReversalReason: 'MerchantCancel',
          ...(ReversedAmount === undefined ? {} : { ReversedAmount }),
        }),
      ),
      'EUR',
    )
  assert.equal((await reverse(4.5)).reversed, 450n)
  assert.equal((await reverse(5.51)).condition, 'NotAllowed')
  assert.equal((await reverse()).reversed, 550n)
  assert.equal((await reverse()).condition, 'NotAllowed')
  const sum = terminals.journal().reduce((all, { what, amount }) => all + (what === 'reversed' ? amount : 0), 0)
  assert.equal(sum, 1000)
})

test('a reversal of what never was, was declined or was refused later finds nothing', async () => {
  const { ask, pay } = setUp({ fault: 'offline_declined' })
  const offline = await paid(pay(10))
  const declined = await paid(pay(1.24))
  for (const TransactionID of ['nothing', declined.poiTransaction?.id ?? '', offline.poiTransaction?.id ?? '']) {
    const body = bodyOf(
      await ask('Reversal', {
        OriginalPOITransaction: { POITransactionID: { TransactionID, TimeStamp: '2026-11-22T09:00:00.000Z' } },
        ReversalReason: 'MerchantCancel',
      }),
    )
    assert.equal(readReversalAnswer(body, 'EUR').condition, 'NotFound')
  }
})

test('a refund without a payment asks for a card and no PIN', async () => {
  const { terminals, pay } = setUp({ customer: { card: 'mc', entry: 'chip' } })
  const answer = await paid(pay(30, { PaymentData: { PaymentType: 'Refund' } }))
  assert.deepEqual([answer.result, answer.authorized], ['Success', 3000n])
  assert.equal(terminals.journal()[0]?.what, 'refunded')
})
