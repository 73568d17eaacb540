// The page of a virtual terminal: a customer pays on it by click, by keyboard and by dragging the card, in every screen there is.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import {
  type RequestCategory,
  type Requests,
  readMessage,
  readPaymentAnswer,
  request,
} from '../../server/nexo/index.ts'
import { fits, looksRight, shopping } from './shopper.ts'

const world = shopping()
const { inBrowser } = world

/** Each test has a terminal of its own. */
let serial = 100
interface Desk {
  poi: string
  /** Asks the terminal something, as a till does. The answer comes when the customer is done. */
  ask<C extends RequestCategory>(category: C, body: Requests[C]): Promise<unknown>
  pay(amount: number, saleToAcquirerData?: string): Promise<ReturnType<typeof readPaymentAnswer>>
}

async function desk(page: Page, query = 'lang=en'): Promise<Desk> {
  const poi = `V400m-${++serial}`
  let number = 0
  // Nobody watches the machine work.
  world.shop.program.virtualTerminals.add(poi, `Counter ${serial}`).set({ pace: 'instant' })
  await page.goto(`${world.shop.url}/terminal/${poi}?${query}`)
  const ask: Desk['ask'] = async (category, body) => {
    const wire = request(category, { serviceId: `B${++number}`, saleId: 'TILL1', poiId: poi }, body)
    const answer = await fetch(`${world.shop.url}/terminal/${poi}/nexo`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(wire),
    })
    assert.equal(answer.status, 200)
    return readMessage(await answer.json()).body
  }
  return {
    poi,
    ask,
    pay: async (amount, SaleToAcquirerData) =>
      readPaymentAnswer(
        await ask('Payment', {
          SaleData: {
            SaleTransactionID: { TransactionID: 'pay_1', TimeStamp: '2026-11-27T09:00:00.000Z' },
            ...(SaleToAcquirerData ? { SaleToAcquirerData } : {}),
          },
          PaymentTransaction: { AmountsReq: { Currency: 'EUR', RequestedAmount: amount } },
        }),
      ),
  }
}

const onScreen = (page: Page, text: string) => page.getByLabel('Screen').getByText(text).waitFor()

inBrowser('a customer gives a tip, inserts a card and types the PIN, by keyboard alone', async (page) => {
  const { pay, poi } = await desk(page)
  await onScreen(page, 'Ready for the next customer')
  await looksRight(page, 'idle')
  world.shop.program.virtualTerminals.terminal(poi).set({ entry: 'chip', pace: 'natural' })
  const payment = pay(49.95, 'tenderOption=AskGratuity')
  await onScreen(page, 'Add a tip?')
  await looksRight(page, 'tip')
  for (const key of '250') await page.keyboard.press(key)
  await onScreen(page, 'Tip €2.50')
  await page.keyboard.press('Enter')
  await onScreen(page, '€52.45')
  await onScreen(page, 'including a tip of €2.50')
  await looksRight(page, 'card')
  await page.keyboard.press('t')
  await onScreen(page, 'Enter your PIN')
  for (const key of ['9', '9', 'Backspace', '1', '1', '1', '1', 'Enter']) await page.keyboard.press(key)
  await onScreen(page, 'Wrong PIN. Tries left: 2')
  await looksRight(page, 'pin')
  for (const key of ['1', '2', '3', '4', 'Enter']) await page.keyboard.press(key)
  await onScreen(page, 'One moment, please')
  const answer = await payment
  assert.deepEqual([answer.result, answer.authorized, answer.tip], ['Success', 5245n, 250n])
  await onScreen(page, 'Approved')
  await onScreen(page, 'Remove your card')
  await looksRight(page, 'approved')
  const slip = page.getByRole('article', { name: 'Customer’s copy' })
  await slip.getByText('€52.45').waitFor()
  await page.getByRole('button', { name: 'Older receipt' }).click()
  await page.getByRole('article', { name: 'Shop’s copy' }).getByText('Auth. code').waitFor()
})

inBrowser(
  'a card is tapped on the screen of a phone, and a refusal says why',
  async (page) => {
    const { pay } = await desk(page)
    const payment = pay(1.24)
    await page.getByRole('button', { name: 'Tap, insert or swipe' }).click()
    const answer = await payment
    assert.deepEqual([answer.result, answer.message], ['Failure', 'NOT_ENOUGH_BALANCE'])
    await page.getByRole('article').getByText('Declined').waitFor()
    await looksRight(page, 'on a phone')
  },
  { viewport: { width: 390, height: 844 }, hasTouch: true, colorScheme: 'dark' },
)

inBrowser('the card in the hand is dragged onto the terminal, and the red key cancels', async (page) => {
  const { pay } = await desk(page)
  await page.locator('#card').selectOption('mc')
  await page.getByLabel('How it is shown').selectOption('wallet')
  const dragged = pay(80)
  await page.getByRole('button', { name: 'Tap, insert or swipe' }).waitFor()
  await page.locator('.plastic').dragTo(page.locator('.device'))
  const answer = await dragged
  assert.deepEqual(
    [answer.result, answer.card?.brand, answer.card?.verification],
    ['Success', 'mc', ['SecuredChannel']],
  )
  const canceled = pay(80)
  await page.getByRole('button', { name: 'Tap, insert or swipe' }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  assert.equal((await canceled).condition, 'Cancel')
})

inBrowser('the till shows, asks and prints, and the customer answers on the screen', async (page) => {
  const { ask } = await desk(page)
  const output = (texts: string[], reference = '') => ({
    Device: 'CustomerDisplay',
    InfoQualify: 'Display',
    OutputContent: {
      OutputFormat: 'Text',
      PredefinedContent: { ReferenceID: reference },
      OutputText: texts.map((Text) => ({ Text })),
    },
  })
  const input = (InputCommand: Requests['Input']['InputData']['InputCommand'], texts: string[], more: object = {}) =>
    ask('Input', {
      DisplayOutput: { ...output(texts), ...more },
      InputData: { Device: 'CustomerInput', InfoQualify: 'Input', InputCommand, MaxLength: 40 },
    }) as Promise<{ InputResult: { Input: Record<string, unknown> } }>

  await ask('Display', { DisplayOutput: [output(['Welcome back', '120 points'], 'Accepted')] })
  await onScreen(page, '120 points')
  await looksRight(page, 'display')

  const yes = input('GetConfirmation', ['Club', 'Join our club?', 'No, thanks', 'Join'])
  await onScreen(page, 'Join our club?')
  await looksRight(page, 'confirm')
  await page.getByRole('button', { name: 'Join', exact: true }).click()
  assert.equal((await yes).InputResult.Input['ConfirmedFlag'], true)

  const text = input('TextString', ['Where may we send the receipt?'])
  await page.getByLabel('Your answer').fill('ewa@example.com')
  await looksRight(page, 'text')
  await page.getByRole('button', { name: 'Done' }).click()
  assert.equal((await text).InputResult.Input['TextInput'], 'ewa@example.com')

  const digits = input('DigitString', ['Your phone number'])
  await onScreen(page, 'Your phone number')
  for (const key of '0612') await page.getByRole('button', { name: key, exact: true }).click()
  await onScreen(page, '0612')
  await looksRight(page, 'digits')
  await page.getByRole('button', { name: 'Confirm' }).click()
  assert.equal((await digits).InputResult.Input['DigitInput'], '0612')

  const entries = ['Paper', 'Mail', 'None'].map((Text) => ({ OutputFormat: 'Text', OutputText: [{ Text }] }))
  const menu = input('GetMenuEntry', ['Your receipt'], { MenuEntry: entries })
  await onScreen(page, 'Your receipt')
  await looksRight(page, 'menu')
  await page.getByRole('button', { name: 'Mail' }).click()
  assert.deepEqual((await menu).InputResult.Input['MenuEntryNumber'], [0, 1, 0])

  await ask('Print', {
    PrintOutput: {
      DocumentQualifier: 'Document',
      ResponseMode: 'PrintEnd',
      OutputContent: {
        ...output(['Voucher of € 5']).OutputContent,
        OutputBarcode: { BarcodeType: 'QRCode', BarcodeValue: 'https://example.com/v/1' },
      },
    },
  })
  const voucher = page.getByRole('article', { name: 'Printed by the till' })
  await voucher.getByText('Voucher of € 5').waitFor()
  await voucher.getByRole('img', { name: 'QR' }).waitFor()
  await looksRight(page, 'printed')
})

inBrowser('a fault is chosen beside the terminal, strikes once, and the plug can be pulled', async (page) => {
  const { poi, pay } = await desk(page)
  const terminal = world.shop.program.virtualTerminals.terminal(poi)
  await page.locator('#fault').selectOption('partial')
  await page.getByLabel('Customer acts alone').check()
  await page.waitForFunction('document.querySelector("#alone").checked')
  while (terminal.view().settings.customer === null || terminal.view().settings.fault === null)
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))')
  assert.deepEqual([(await pay(10)).authorized, (await pay(10)).authorized], [500n, 1000n])
  await page.getByLabel('Plugged in').uncheck()
  await onScreen(page, 'No power')
  await looksRight(page, 'off')
  assert.equal((await terminal.exchange({})).kind, 'unreachable')
  await page.getByLabel('Plugged in').check()
  await onScreen(page, 'Welcome')
})

for (const [language, words, amount] of [
  ['nl', 'Tik, steek of haal door', '€ 1.234,50'],
  ['sv', 'Blippa, sätt i eller dra', '1 234,50 €'],
  ['pl', 'Zbliż, włóż lub przeciągnij', '1234,50 €'],
  ['fr', 'Sans contact, puce ou piste', '1 234,50 €'],
] as const)
  inBrowser(
    `the terminal speaks ${language} and writes amounts as its readers do`,
    async (page) => {
      const { pay, poi } = await desk(page, `lang=${language}`)
      // A phone asks for no PIN.
      world.shop.program.virtualTerminals.terminal(poi).set({ entry: 'wallet' })
      const payment = pay(1234.5)
      const tap = page.getByRole('button', { name: words })
      await tap.waitFor()
      assert.equal((await page.locator('.due').innerText()).replaceAll(/[\u00a0\u202f]/g, ' '), amount)
      await fits(page, language)
      await page.keyboard.press('t')
      assert.equal((await payment).condition, undefined)
      const total = await page.locator('.paper .bold .value').innerText()
      assert.equal(total.replaceAll(/[\u00a0\u202f]/g, ' '), amount)
    },
    { viewport: { width: 1024, height: 768 } },
  )
