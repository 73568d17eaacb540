// Cards at the till, on the terminal of the demo: three actions for a sale, a cancel that cancels, a refusal in words, an answer that
// is lost, and a till that is reloaded in the middle of it. After each the books say what was taken, once.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { shopping } from './shopper.ts'
import { openTill, scan, screenIsRight, settled, type } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world
/** Of the first register. */
const POI = 'V400m-400000001'

async function barcodeOf(sku: string): Promise<string> {
  const { body } = await world.api.call<{ data: { barcodes: { code: string }[] }[] }>('GET', `/v1/variants?sku=${sku}`)
  return body.data[0]?.barcodes[0]?.code ?? ''
}
async function atTerminal(what: 'touch' | 'settings', body: object): Promise<void> {
  const answer = await fetch(`${world.shop.url}/terminal/${POI}/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.ok(answer.ok, await answer.text())
}
/** What the customer will do, without waiting for them. */
const customer = (doing: object | null, fault: string | null = null) =>
  atTerminal('settings', { pace: 'instant', fault, customer: doing })
const TAPS = { card: 'visa', entry: 'contactless' }

interface Paid {
  status: string
  amount_captured: number
  tenders: { status: string; amount_captured: number }[]
}
async function lastPayment(): Promise<Paid> {
  const { body } = await world.api.call<{ data: Paid[] }>('GET', '/v1/payments?channel=pos&limit=1')
  assert.ok(body.data[0])
  return body.data[0]
}
/** A soap on the ticket, and the ways to pay. */
async function toPay(page: Page): Promise<void> {
  await openTill(page, world)
  await scan(page, await barcodeOf('KP-SOAP'))
  await settled(page)
  await page.keyboard.press('F9')
  await page.locator('[data-due="750"]').waitFor()
}

inBrowser('a card sale takes three actions: scan, pay, card', async (page) => {
  await customer(TAPS)
  await toPay(page)
  await page.keyboard.press('Enter')
  await page.locator('.change-amount').waitFor()
  await page.getByText('Visa …0119').waitFor()
  await screenIsRight(page, 'paid by card')
  const { status, amount_captured } = await lastPayment()
  assert.deepEqual([status, amount_captured], ['captured', 750])
})

inBrowser('cancelled at the till it is cancelled at the terminal, and paid in cash instead', async (page) => {
  await customer(null)
  await toPay(page)
  await page.keyboard.press('Enter')
  await page.getByText('Waiting for the card').waitFor()
  await screenIsRight(page, 'at the terminal')
  await page.keyboard.press('Escape')
  await page.getByText('Cancelled. Nothing was charged.').waitFor()
  await screenIsRight(page, 'cancelled')
  await page.keyboard.press('F10')
  await page.locator('.change-amount').waitFor()
  const { amount_captured, tenders } = await lastPayment()
  assert.equal(amount_captured, 750)
  assert.deepEqual(
    tenders.map((tender) => tender.amount_captured),
    [0, 750],
  )
})

inBrowser('half of it approved leaves the other half to pay', async (page) => {
  await customer(TAPS, 'partial')
  await toPay(page)
  await page.keyboard.press('Enter')
  await page.locator('[data-due="375"]').waitFor()
  await screenIsRight(page, 'half is paid')
  await customer(TAPS)
  await page.keyboard.press('Enter')
  await page.locator('.change-amount').waitFor()
  assert.equal((await lastPayment()).amount_captured, 750)
})

inBrowser('a page that is reloaded while the customer looks for a card goes on with the same payment', async (page) => {
  await customer(null)
  await toPay(page)
  await page.keyboard.press('Enter')
  await page.getByText('Waiting for the card').waitFor()
  // Before that nothing was asked of the terminal, and a reload shows the ways to pay again.
  const isSent = () => page.evaluate("JSON.parse(localStorage.getItem('onetill.pos.sale') ?? '{}').sent != null")
  while (!(await isSent())) await page.waitForTimeout(20)
  await page.reload()
  await page.getByText('Waiting for the card').waitFor()
  assert.equal(await page.locator('.pay').isDisabled(), true, 'nothing else can be paid meanwhile')
  await atTerminal('touch', { type: 'card', ...TAPS })
  await page.locator('.change-amount').waitFor()
  const { amount_captured, tenders } = await lastPayment()
  assert.deepEqual([amount_captured, tenders.length], [750, 1])
})

inBrowser('an answer lost on its way to the till is asked for again, and nothing is taken twice', async (page) => {
  await customer(TAPS)
  await toPay(page)
  // The server takes the card; the till hears nothing of it.
  let lost = 0
  await page.route(/\/tenders$/, async (route) => {
    await route.fetch()
    if (lost++ === 0) return route.abort()
    return route.continue()
  })
  await page.keyboard.press('Enter')
  await page.locator('.change-amount').waitFor()
  assert.ok(lost > 1, 'it was asked again')
  const { amount_captured, tenders } = await lastPayment()
  assert.deepEqual([amount_captured, tenders.length], [750, 1])
  await type(page, 'q')
})
