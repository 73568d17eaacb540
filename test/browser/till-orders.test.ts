// Orders of every channel at the till: found by what the customer says or shows, looked at whole, and returned or cancelled from there.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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

interface Link {
  id: string
  url: string
  state: string
  amount: number | null
  order_id: string | null
  store_id: string | null
  max_uses: number | null
  email: string | null
}

inBrowser('a payment link is made, sent, seen paid and cancelled by whoever stands there', async (page) => {
  const { store } = await counterOf(world)
  const newest = async () => (await world.api.call<{ data: Link[] }>('GET', '/v1/payment_links?limit=1')).body.data[0]
  const create = page.getByRole('button', { name: 'Create payment link' })
  /** Until it is there: what is said of the one before may still stand. */
  const creates = () => Promise.all([page.waitForResponse((answer) => answer.status() === 201), create.click()])
  await openTill(page, world)
  await page.getByRole('button', { name: 'Orders', exact: true }).click()
  await page.getByRole('button', { name: 'Payment links' }).click()
  await page.getByText('Nothing waits to be paid by link.').waitFor()
  await create.click()
  await page.getByText('Type an amount, such as 49.95.').waitFor()
  await screenIsRight(page, 'an amount that is missing')
  await page.getByLabel('Amount in EUR').fill('1.249,50')
  await page.getByLabel('What it is for').fill('Deposit <b>tent</b>')
  await page.getByLabel('Mail it to').fill('bo@')
  await create.click()
  await page.getByText('Mail cannot be sent to this address.').waitFor()
  await page.getByLabel('Mail it to').fill('bo@example.org')
  await create.click()
  await page.getByText('on its way to bo@example.org').waitFor()
  const made = await newest()
  assert.deepEqual(
    [made?.amount, made?.store_id, made?.max_uses, made?.email],
    [124_950, store.id, 1, 'bo@example.org'],
  )
  await rows(page).filter({ hasText: 'Deposit <b>tent</b>' }).waitFor()
  await screenIsRight(page, 'a link that waits')
  assert.match((await page.getByRole('link', { name: 'WhatsApp' }).getAttribute('href')) ?? '', /^https:\/\/wa\.me\//)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy address' }).click()
  await page.getByText('The address is copied.').waitFor()
  assert.equal(await page.evaluate('navigator.clipboard.readText()'), made?.url)
  for (const [name, begins] of [
    ['QR for print (SVG)', '<svg'],
    ['QR as picture (PNG)', '\u0089PNG'],
  ] as const) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()])
    assert.ok(readFileSync(await file.path(), 'latin1').startsWith(begins), name)
  }
  // The payer opens it, and the till sees that.
  const phone = await world.device()
  await phone.goto(made?.url ?? '')
  await page.locator('.office-side').getByText('Opened').waitFor()
  await page.getByRole('button', { name: 'Cancel link' }).click()
  await screenIsRight(page, 'cancelling a link')
  await page.getByRole('button', { name: 'Cancel the link' }).click()
  await page.locator('.office-side').getByText('Cancelled').waitFor()
  await phone.reload()
  await phone.getByRole('heading', { name: 'There is nothing to pay here' }).waitFor()
  await phone.context().close()
  // For what is due for an order, from that order.
  const order = await orderToCollect(world, {
    storeId: store.id,
    articles: { 'KP-SOAP': 1 },
    name: 'Eva Lind',
    email: 'e@example.org',
  })
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Orders', exact: true }).click()
  await find(page).fill('eva lind')
  await rows(page).filter({ hasText: 'Eva Lind' }).click()
  await page.getByRole('heading', { name: `Order ${order.number}` }).waitFor()
  await page.getByRole('button', { name: 'Payment links' }).click()
  await page.getByText(`Order ${order.number}: €`).waitFor()
  await page.getByLabel('Order number').fill('99999999')
  await page.getByText('There is no order with this number.').waitFor()
  await page.getByLabel('Order number').fill(order.number)
  await page.getByText(`Order ${order.number}: €`).waitFor()
  await creates()
  await page.getByText('The link is made.').waitFor()
  assert.equal((await newest())?.order_id, order.id)
  // A gift of whatever the payer likes, for ever.
  await page.getByRole('button', { name: 'New payment link' }).click()
  await page.getByRole('button', { name: 'Payer decides' }).click()
  await page.getByLabel('At least, in EUR').fill('5')
  await page.getByLabel('At most, in EUR').fill('2')
  await page.getByRole('button', { name: 'Many times' }).click()
  await page.getByRole('button', { name: 'No limit' }).click()
  await create.click()
  await page.getByText('The highest amount is less than the lowest.').waitFor()
  await page.getByLabel('At most, in EUR').fill('')
  await creates()
  await page.getByText('The link is made.').waitFor()
  assert.deepEqual([(await newest())?.amount, (await newest())?.max_uses], [null, null])
})

for (const [size, options] of Object.entries(SIZES)) {
  inBrowser(
    `orders, links and pickups fit on a ${size}, in five languages`,
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
        // The shortest words fit where the longest do.
        if (['nl', 'pl', 'fr'].includes(lang)) {
          await page.locator('.functions .key').nth(4).click()
          if (size === 'phone') await page.locator('.pay').click()
          await page.locator('#link-amount').fill('12')
          await shows(page, `${size} ${lang}: a new link`)
          await page.locator('.pay').click()
          await page.locator('.link-one .qr').waitFor()
          await shows(page, `${size} ${lang}: a link`)
          if (size === 'phone') await page.keyboard.press('Escape')
        }
        await page.keyboard.press('Escape')
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
