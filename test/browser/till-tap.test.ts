// A card held to the terminal before paying: nobody's at first, then its customer's who has agreed to it, with what they left online; and
// the purchases that were paid with it come back without a receipt.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { shopping } from './shopper.ts'
import { openTill, scan, screenIsRight, settled, totalOf } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world
/** Of the first register. */
const POI = 'V400m-400000001'

async function customer(doing: object | null): Promise<void> {
  const answer = await fetch(`${world.shop.url}/terminal/${POI}/settings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pace: 'instant', customer: doing }),
  })
  assert.ok(answer.ok, await answer.text())
}
const dialog = (page: Page) => page.locator('dialog[open]').last()
const EMAIL = 'ada@example.org'

inBrowser('an unknown card becomes a customer’s who agrees, and is known the next time', async (page) => {
  await customer({ card: 'visa', entry: 'contactless' })
  await openTill(page, world)
  await page.keyboard.press('F3')
  await dialog(page).getByRole('button', { name: 'Tap card' }).click()
  await page.getByText('Nobody is known by Visa').waitFor()
  await page.getByLabel('E-mail or phone of the customer').fill(EMAIL)
  await page.getByLabel('Name', { exact: true }).fill('Ada de Vries')
  const enrol = dialog(page).getByRole('button', { name: 'Know them by this card' })
  assert.equal(await enrol.isDisabled(), true, 'not without their yes')
  await page.getByRole('checkbox').check()
  await screenIsRight(page, 'an unknown card')
  await enrol.click()
  await dialog(page).getByText('Ada de Vries').waitFor()
  const found = await world.api.call<{ data: { id: string }[] }>('GET', `/v1/customers?email=${EMAIL}`)
  const id = found.body.data[0]?.id
  const { body } = await world.api.call<{ data: { purpose: string; is_granted: boolean }[] }>(
    'GET',
    `/v1/customers/${id}/consents`,
  )
  assert.deepEqual(
    body.data.map(({ purpose, is_granted }) => [purpose, is_granted]),
    [['card_recognition', true]],
  )
  // What they left in the web shop meanwhile.
  const variant = await world.api.call<{ data: { id: string }[] }>('GET', '/v1/variants?sku=KP-CANDLE')
  const made = await world.api.call('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'web', customer_id: id },
    lines: [{ variant_id: variant.body.data[0]?.id, quantity: 2 }],
  })
  assert.equal(made.status, 201, made.text)

  const next = await world.device({ viewport: { width: 1280, height: 800 } })
  await openTill(next, world, { who: /Daan/, pin: '2222' })
  await scan(next, 'KP-SOAP')
  await next.locator('.line').waitFor()
  await settled(next)
  await next.keyboard.press('F3')
  await dialog(next).getByRole('button', { name: 'Tap card' }).click()
  await dialog(next).getByText('Ada de Vries').waitFor()
  await dialog(next).getByText('Left in the web shop').waitFor()
  await screenIsRight(next, 'known by their card')
  await dialog(next)
    .getByRole('button', { name: /^Put on this ticket/ })
    .click()
  await next.locator('.line', { hasText: 'Pine resin candle' }).waitFor()
  await settled(next)
  assert.equal(await totalOf(next), 750 + 2 * 2250)
  await next.context().close()
})

inBrowser('waiting for a card is stopped at the terminal too', async (page) => {
  await customer(null)
  await openTill(page, world)
  await page.keyboard.press('F3')
  await dialog(page).getByRole('button', { name: 'Tap card' }).click()
  await page.getByText('Hold the card to the terminal').waitFor()
  await screenIsRight(page, 'waiting for a card')
  await dialog(page).getByRole('button', { name: 'Cancel at the terminal' }).click()
  await dialog(page).getByRole('button', { name: 'Tap card' }).waitFor()
})

inBrowser('what was paid with a card is found by that card, and comes back', async (page) => {
  await customer({ card: 'visa', entry: 'contactless' })
  await openTill(page, world)
  await scan(page, 'KP-MAP')
  await page.locator('.line', { hasText: 'Trail map' }).waitFor()
  await settled(page)
  await page.keyboard.press('Alt+1')
  await page.locator('.change-amount').waitFor()
  await page.keyboard.press('Enter')
  await page.keyboard.press('F8')
  await page.getByRole('button', { name: 'Tap card' }).click()
  await page.getByRole('button', { name: /^Trail map/ }).click()
  await page.getByRole('button', { name: 'Wrong article' }).click()
  await page.getByRole('button', { name: 'Take the goods back' }).click()
  await page.getByRole('button', { name: 'Refund €12.50' }).click()
  await page.getByText('€12.50 goes back').waitFor()
})
