// Goods come back to the till: by a scan of the receipt, worth what was paid for them, and the money goes back the way it came.

import assert from 'node:assert/strict'
import { shopping } from './shopper.ts'
import { openTill, scan, screenIsRight, settled, type } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world

inBrowser(
  'a return by a scan of the receipt takes five actions, and cash goes back out of the drawer',
  async (page) => {
    const { body } = await world.api.call<{ data: { barcodes: { code: string }[] }[] }>(
      'GET',
      '/v1/variants?sku=KP-TOWEL',
    )
    await openTill(page, world)
    await type(page, '2*')
    await scan(page, body.data[0]?.barcodes[0]?.code ?? '')
    await settled(page)
    await page.keyboard.press('F10')
    await page.locator('.change-amount').waitFor()
    await page.keyboard.press('Enter')
    const orders = await world.api.call<{ data: { id: string }[] }>('GET', '/v1/orders?limit=1')
    const path = `/v1/orders/${orders.body.data[0]?.id}`
    const { body: order } = await world.api.call<{ id: string; page_url: string }>('GET', path)

    await page.keyboard.press('F8')
    await page.getByRole('heading', { name: 'Scan the receipt' }).waitFor()
    await screenIsRight(page, 'looking for a purchase')
    await scan(page, order.page_url)
    await page.getByRole('heading', { name: 'What comes back?' }).waitFor()
    await page.getByRole('button', { name: /^Linen towel/ }).click()
    await page.getByRole('button', { name: 'One fewer: Linen towel' }).click()
    await page.getByRole('button', { name: 'Damaged' }).click()
    await screenIsRight(page, 'what comes back')
    await page.getByRole('button', { name: 'Take the goods back' }).click()
    await page.locator('[data-worth="1995"]').waitFor()
    await screenIsRight(page, 'before the money goes')
    await page.getByRole('button', { name: 'Refund €19.95' }).click()
    await page.getByText('Give €19.95 from the drawer').waitFor()
    await screenIsRight(page, 'the money is back')
    const payments = await world.api.call<{ data: { amount_captured: number; amount_refunded: number }[] }>(
      'GET',
      `/v1/payments?order_id=${order.id}`,
    )
    assert.deepEqual(
      payments.body.data.map(({ amount_captured, amount_refunded }) => [amount_captured, amount_refunded]),
      [[3990, 1995]],
    )
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText('Ready for the next customer').waitFor()
  },
)

inBrowser('a number that is nobody’s purchase is said', async (page) => {
  await openTill(page, world)
  await page.keyboard.press('F8')
  await page.getByLabel('Receipt number or e-mail').fill('999999')
  await page.keyboard.press('Enter')
  await page.getByText('Nothing is known by that.').waitFor()
})
