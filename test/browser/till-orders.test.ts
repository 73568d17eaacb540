// Orders of every channel at the till: found by what the customer says or shows, looked at whole, and returned or cancelled from there.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { orderToCollect } from './online-order.ts'
import { shopping } from './shopper.ts'
import { counterOf, openTill, SIZES, scan, screenFits, screenIsRight, settled, type } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world

const find = (page: Page) => page.getByLabel('Search orders')
const rows = (page: Page) => page.locator('.order-row')

/** A soap sold for cash, and the till ready for the next customer. */
async function sellSoap(page: Page): Promise<{ id: string; number: string; page_url: string }> {
  await scan(page, 'KP-SOAP')
  await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
  await settled(page)
  await page.keyboard.press('F10')
  await page.locator('.change-amount').waitFor()
  await page.keyboard.press('Enter')
  const { body } = await world.api.call<{ data: { id: string }[] }>('GET', '/v1/orders?channel=pos&limit=1')
  const path = `/v1/orders/${body.data[0]?.id}`
  return (await world.api.call<{ id: string; number: string; page_url: string }>('GET', path)).body
}

inBrowser('a sale of this store is among the latest, and goes back from there', async (page) => {
  await openTill(page, world)
  const sold = await sellSoap(page)
  await page.getByRole('button', { name: 'Orders', exact: true }).click()
  await rows(page)
    .filter({ hasText: `Order ${sold.number}` })
    .click()
  await page.getByRole('heading', { name: `Order ${sold.number}` }).waitFor()
  await page.locator('.facts-list', { hasText: 'Cash' }).waitFor()
  await page.locator('.happened', { hasText: 'Sanne' }).waitFor()
  await screenIsRight(page, 'a sale of this store')
  await page.locator('.functions').getByRole('button', { name: 'E-mail' }).click()
  await page.getByRole('textbox', { name: 'E-mail' }).fill('ada@example.org')
  await page.keyboard.press('Enter')
  await page.getByText('Sent to ada@example.org.').waitFor()
  await page.getByRole('button', { name: /^Return/ }).click()
  await page.getByRole('heading', { name: 'What comes back?' }).waitFor()
  await page.getByRole('button', { name: /^Spruce soap/ }).waitFor()
})

inBrowser(
  'an order of the web shop is found by name, address, number, receipt and the customer’s page',
  async (page) => {
    const { store } = await counterOf(world)
    const order = await orderToCollect(world, {
      ...{ storeId: store.id, articles: { 'KP-BOARD': 1 }, isPaid: true },
      ...{ name: 'Zoë van der Łęcki', email: 'zoe@example.org' },
    })
    const read = await world.api.call<{ page_url: string }>('GET', `/v1/orders/${order.id}`)
    await openTill(page, world)
    const sold = await sellSoap(page)
    await page.getByRole('button', { name: 'Orders', exact: true }).click()
    await rows(page).first().waitFor()
    for (const said of ['lecki zoe', 'zoe@example.org', order.number]) {
      await find(page).fill(said)
      await rows(page).filter({ hasText: 'Zoë van der Łęcki' }).waitFor()
      assert.equal(await rows(page).count(), 1, said)
    }
    await rows(page).first().click()
    await page.locator('.order-one', { hasText: 'Ash cutting board' }).waitFor()
    await screenIsRight(page, 'an order of the web shop')
    // The paper says a number of its register, which is no order's.
    const receipts = await world.api.call<{ data: { number: number }[] }>('GET', `/v1/receipts?order_id=${sold.id}`)
    await find(page).fill(String(receipts.body.data[0]?.number))
    await rows(page)
      .filter({ hasText: `Order ${sold.number}` })
      .waitFor()
    await scan(page, read.body.page_url)
    await page.getByRole('heading', { name: `Order ${order.number}` }).waitFor()
    await find(page).fill('nobody at all')
    await page.getByText('No order fits “nobody at all”.').waitFor()
    await screenIsRight(page, 'nothing found')
  },
)

inBrowser('a paid order is cancelled by somebody who may, and its money goes back', async (page) => {
  const { store } = await counterOf(world)
  const order = await orderToCollect(world, {
    ...{ storeId: store.id, articles: { 'KP-CANDLE': 1 }, isPaid: true, name: 'Bo Berg', email: 'bo@example.org' },
  })
  await openTill(page, world)
  await page.getByRole('button', { name: 'Orders', exact: true }).click()
  await find(page).fill('bo berg')
  await rows(page).filter({ hasText: 'Bo Berg' }).click()
  await page.getByRole('heading', { name: `Order ${order.number}` }).waitFor()
  await page.getByRole('button', { name: 'Cancel order' }).click()
  const dialog = page.locator('dialog[open]').last()
  await dialog.getByRole('button', { name: 'Our mistake' }).click()
  await screenIsRight(page, 'cancelling')
  await dialog.getByRole('button', { name: 'Cancel the order' }).click()
  await page.getByRole('button', { name: /Noor/ }).click()
  await type(page, '3333')
  await page.keyboard.press('Enter')
  await page.getByText('Who is at the till?').waitFor()
  const { body } = await world.api.call<{ state: string; amount_refunded: number }>('GET', `/v1/orders/${order.id}`)
  assert.deepEqual([body.state, body.amount_refunded], ['cancelled', 2250])
})

for (const [size, options] of Object.entries(SIZES)) {
  inBrowser(
    `orders and pickups fit on a ${size}, in five languages`,
    async (page) => {
      const { store } = await counterOf(world)
      const order = await orderToCollect(world, {
        ...{
          storeId: store.id,
          articles: { 'KP-SOAP': 2 },
          name: 'Maximilian Featherstonehaugh',
          email: `m-${size}@example.org`,
        },
      })
      await openTill(page, world)
      for (const [i, lang] of ['nl', 'sv', 'pl', 'fr', 'en'].entries()) {
        const shows = lang === 'en' || lang === 'pl' ? screenIsRight : screenFits
        const settings = JSON.stringify({ theme: i % 2 === 0 ? 'dark' : 'light', sound: false })
        await page.evaluate(`localStorage.setItem('onetill.pos.settings', '${settings}')`)
        await page.goto(`${world.shop.url}/pos?lang=${lang}`)
        await page.locator('.tile button').first().waitFor()
        await page.locator('.functions .badge').waitFor()
        // No label of a key is cut, nor does a word stick out of it.
        const cut = await page.evaluate<string[]>(
          "[...document.querySelectorAll('.functions .key-label')].filter((e) => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight + 1).map((e) => e.textContent)",
        )
        assert.deepEqual(cut, [], `${size} ${lang}: labels`)
        await page.locator('.functions .key').nth(4).click()
        await page.locator('.tabs .chip').nth(1).click()
        await rows(page)
          .filter({ hasText: `${order.number}` })
          .waitFor()
        await shows(page, `${size} ${lang}: orders`)
        await page.locator('.functions .key').first().click()
        await page.locator('.functions .key').nth(5).click()
        await rows(page)
          .filter({ hasText: `${order.number}` })
          .click()
        await page.locator('.order-one').waitFor()
        await shows(page, `${size} ${lang}: a pickup`)
      }
    },
    options,
  )
}
