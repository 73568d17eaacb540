// The shelf is empty, and it is sold all the same: three taps from the mark on the line to a ticket of which a part is taken along and
// the rest is collected elsewhere or sent, paid together.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { shopping } from './shopper.ts'
import { counterOf, openTill, SIZES, scan, screenIsRight, settled, totalOf } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world

/** None here, three in another store. */
async function onlyElsewhere(sku: string): Promise<void> {
  const { api } = world
  const [here, there] = await Promise.all([counterOf(world), counterOf(world, 'Paris')])
  const variant = (await api.call<{ data: { id: string }[] }>('GET', `/v1/variants?sku=${sku}`)).body.data[0]?.id
  const { body } = await api.call<{ data: { store_id: string; on_hand: number }[] }>(
    'GET',
    `/v1/stock/availability?variant_id=${variant}&channel=pos`,
  )
  const adjust = (store_id: string, quantity: number, reason: string) =>
    api.call('POST', '/v1/stock/adjustments', { store_id, lines: [{ variant_id: variant, quantity, reason }] })
  const stock = body.data.find(({ store_id }) => store_id === here.store.id)?.on_hand ?? 0
  if (stock > 0) assert.equal((await adjust(here.store.id, stock, 'lost')).status, 201)
  assert.equal((await adjust(there.store.id, 3, 'received')).status, 201)
}
async function mixedTicket(page: Page, sku: string, name: string): Promise<void> {
  await scan(page, 'KP-SOAP')
  await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
  await settled(page)
  await scan(page, sku)
  await page.locator('.line', { hasText: name }).getByText('0 in stock').waitFor()
}
const dialog = (page: Page) => page.locator('dialog[open]').last()

inBrowser('what lies in another store is brought here, two taps from the empty shelf', async (page) => {
  await onlyElsewhere('KP-BOARD')
  await openTill(page, world)
  await mixedTicket(page, 'KP-BOARD', 'Ash cutting board')
  await page.getByRole('button', { name: 'Have it from elsewhere' }).click()
  await dialog(page).getByText('0 here in Amsterdam').waitFor()
  await screenIsRight(page, 'where it is')
  await dialog(page)
    .getByRole('button', { name: /^Paris/ })
    .waitFor()
  await dialog(page).getByRole('button', { name: 'Have it brought here' }).click()
  await page.getByRole('button', { name: 'Collected in a store' }).waitFor()
  await settled(page)
  await screenIsRight(page, 'a mixed ticket')
  assert.equal(await totalOf(page), 750 + 3495)
  await page.keyboard.press('F9')
  await page.locator('[data-due="4245"]').waitFor()
  await page.keyboard.press('F10')
  await page.locator('.change-amount').waitFor()
  const orders = await world.api.call<{ data: { id: string }[] }>('GET', '/v1/orders?channel=pos&limit=1')
  const { body } = await world.api.call<{
    data: { mode: string; destination_store_id: string | null; store_id: string }[]
  }>('GET', `/v1/orders/${orders.body.data[0]?.id}/fulfilments`)
  const ways = body.data.map(({ mode, destination_store_id, store_id }) => [mode, destination_store_id ?? store_id])
  const { store } = await counterOf(world)
  assert.deepEqual(ways.sort(), [
    ['collect', store.id],
    ['take_away', store.id],
  ])
})

inBrowser(
  'or it is sent to the customer, from a phone too',
  async (page) => {
    await onlyElsewhere('KP-MAP')
    await openTill(page, world)
    // On a phone the ticket is a sheet.
    await page.locator('.peek').tap()
    await mixedTicket(page, 'KP-MAP', 'Trail map')
    await page.getByRole('button', { name: 'Have it from elsewhere' }).tap()
    await dialog(page).getByRole('button', { name: 'Send it to the customer' }).tap()
    await screenIsRight(page, 'where it is sent')
    await page.getByLabel('Name').fill('Ada de Vries')
    await page.getByLabel('Street and number').fill('Prinsengracht 1')
    await page.getByLabel('Postal code').fill('1015 AB')
    await page.getByLabel('Town').fill('Amsterdam')
    await dialog(page).getByRole('button', { name: 'Send it to the customer' }).tap()
    await page.getByRole('button', { name: 'Sent to the customer' }).waitFor()
    await settled(page)
    await page.keyboard.press('F10')
    await page.locator('.change-amount').waitFor()
    const orders = await world.api.call<{ data: { id: string; shipping_address: { city: string } }[] }>(
      'GET',
      '/v1/orders?channel=pos&limit=1',
    )
    const [order] = orders.body.data
    assert.equal(order?.shipping_address.city, 'Amsterdam')
    const { body } = await world.api.call<{ data: { mode: string }[] }>('GET', `/v1/orders/${order?.id}/fulfilments`)
    assert.deepEqual(body.data.map(({ mode }) => mode).sort(), ['ship', 'take_away'])
  },
  SIZES['phone'],
)
