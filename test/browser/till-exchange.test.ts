// One thing for another at the till: what came back pays for what is taken, and the difference is paid, given back, or nothing. After each
// both sides have their documents, and the books what was taken.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { shopping } from './shopper.ts'
import { openTill, scan, screenIsRight, settled } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world

interface Known {
  id: string
  page_url: string
  total: number
  amount_paid: number
  payment_status: string
}
async function lastOrder(): Promise<Known> {
  const { body } = await world.api.call<{ data: { id: string }[] }>('GET', '/v1/orders?channel=pos&limit=1')
  return (await world.api.call<Known>('GET', `/v1/orders/${body.data[0]?.id}`)).body
}
async function put(page: Page, sku: string): Promise<void> {
  const before = await page.locator('.line').count()
  await scan(page, sku)
  await page.locator('.line').nth(before).waitFor()
  await settled(page)
}
/** A towel that was bought for 19.95 in cash is taken back, and something else is chosen instead. */
async function towelBack(page: Page): Promise<void> {
  await openTill(page, world)
  await put(page, 'KP-TOWEL')
  await page.keyboard.press('F10')
  await page.locator('.change-amount').waitFor()
  await page.keyboard.press('Enter')
  const { page_url } = await lastOrder()
  await page.keyboard.press('F8')
  await page.getByRole('heading', { name: 'Scan the receipt' }).waitFor()
  await scan(page, page_url)
  await page.getByRole('heading', { name: 'What comes back?' }).waitFor()
  await page.getByRole('button', { name: /^Linen towel/ }).click()
  await page.getByRole('button', { name: 'Does not please' }).click()
  await page.getByRole('button', { name: 'Take the goods back' }).click()
  await page.locator('[data-worth="1995"]').waitFor()
  await page.getByRole('button', { name: 'Exchange' }).click()
  await page.locator('[data-left="-1995"]').waitFor()
}
const exchanges = async () => {
  const { body } = await world.api.call<{
    data: { state: string; amount_refund: number; exchange_id: string | null }[]
  }>('GET', '/v1/returns?limit=1')
  return body.data[0]
}

inBrowser('for something dearer the difference is paid', async (page) => {
  await towelBack(page)
  await put(page, 'KP-BOARD')
  await page.locator('[data-left="1500"]').waitFor()
  await screenIsRight(page, 'an exchange')
  await page.keyboard.press('F9')
  await page.locator('[data-due="1500"]').waitFor()
  await screenIsRight(page, 'the difference')
  await page.keyboard.press('Escape')
  await page.getByText('€19.95 becomes store credit').waitFor()
  await page.getByRole('button', { name: 'Go on paying' }).click()
  await page.getByRole('button', { name: '€20', exact: true }).click()
  await page.locator('[data-change="500"]').waitFor()
  const order = await lastOrder()
  assert.deepEqual([order.total, order.amount_paid, order.payment_status], [3495, 3495, 'paid'])
  const back = await exchanges()
  assert.equal(back?.state, 'settled')
  assert.ok(back?.exchange_id)
})

inBrowser('for something cheaper the rest goes back the way it came', async (page) => {
  await towelBack(page)
  await put(page, 'KP-SOAP')
  await page.locator('[data-left="-1245"]').waitFor()
  await page.keyboard.press('F9')
  await page.locator('[data-back="1245"]').waitFor()
  await page.getByText('Give €12.45 from the drawer').waitFor()
  await screenIsRight(page, 'the rest goes back')
  const order = await lastOrder()
  assert.deepEqual([order.total, order.payment_status], [750, 'paid'])
  await page.keyboard.press('Enter')
  await page.getByText('Ready for the next customer').waitFor()
})

inBrowser('for the same nothing is paid, whatever answer is lost on the way, and once only', async (page) => {
  await towelBack(page)
  await put(page, 'KP-TOWEL')
  await page.locator('[data-left="0"]').waitFor()
  let lost = 0
  await page.route(/\/exchanges$/, async (route) => {
    await route.fetch()
    if (lost++ === 0) return route.abort()
    return route.continue()
  })
  await page.keyboard.press('F9')
  await page.locator('[data-back="0"]').waitFor()
  await page.getByText('Even: nothing to pay').waitFor()
  const { id } = await lastOrder()
  const { body } = await world.api.call<{ data: { amount_captured: number }[] }>('GET', `/v1/payments?order_id=${id}`)
  assert.deepEqual(
    body.data.map(({ amount_captured }) => amount_captured),
    [1995],
  )
})

inBrowser('a page that is reloaded still knows what came back, and the money goes back instead', async (page) => {
  await towelBack(page)
  await page.reload()
  await page.locator('[data-left="-1995"]').waitFor()
  await page.getByRole('button', { name: 'Give the money back instead' }).click()
  await page.getByRole('button', { name: 'Refund €19.95' }).click()
  await page.getByText('Give €19.95 from the drawer').waitFor()
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByText('Ready for the next customer').waitFor()
  assert.equal(await page.locator('[data-left]').count(), 0)
})
