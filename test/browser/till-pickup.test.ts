// Click and collect at the counter: an order comes in, is picked and lies ready; the customer's code opens it, and only what they take is
// charged, by the card that was kept or, where that says no, here. After each the books say what was taken.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { type OnlineOrder, orderToCollect } from './online-order.ts'
import { shopping } from './shopper.ts'
import { fulfilmentsOf, storeDoes } from './shopping.ts'
import { counterOf, openTill, scan, screenIsRight } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world
const DECLINES_LATER = '4000000000000002'

const main = (page: Page) => page.locator('.pay-bar .pay')
const dialog = (page: Page) => page.locator('dialog[open]').last()
const row = (page: Page, { number }: OnlineOrder) => page.locator('.order-row', { hasText: `Order ${number}` })
const board = (page: Page) => page.getByRole('button', { name: /^Pickup/ }).click()

async function order(of: { name: string; card?: string; isPaid?: boolean }): Promise<OnlineOrder> {
  const { store } = await counterOf(world)
  const articles = { 'KP-SOAP': 2, 'KP-BOARD': 1 }
  return orderToCollect(world, { storeId: store.id, articles, email: 'ada@example.org', ...of })
}
/** The order with its goods ready, and the code that its customer has. */
async function readyOrder(of: {
  name: string
  card?: string
  isPaid?: boolean
}): Promise<OnlineOrder & { code: string }> {
  const made = await order(of)
  for (const verb of ['accept', 'pick']) await storeDoes(world, made.fulfilment.id, verb)
  const { code } = await storeDoes<{ code: string }>(world, made.fulfilment.id, 'ready')
  return { ...made, code }
}
async function takenFor({ id }: OnlineOrder): Promise<number> {
  const { body } = await world.api.call<{ data: { amount_captured: number }[] }>('GET', `/v1/payments?order_id=${id}`)
  return body.data.reduce((sum, { amount_captured }) => sum + amount_captured, 0)
}

inBrowser('an order comes in, is made ready, and of three articles two are taken and charged', async (page) => {
  await openTill(page, world)
  const made = await order({ name: 'Ada de Vries' })
  await board(page)
  await row(page, made).click()
  await screenIsRight(page, 'a new pickup')
  for (const verb of ['Accept', 'Start picking', 'It is ready']) {
    await main(page).filter({ hasText: verb }).click()
    await main(page).filter({ hasText: verb }).waitFor({ state: 'detached' })
  }
  await page.getByText(`Order ${made.number} is ready.`).waitFor()
  await page.getByRole('button', { name: 'New code' }).click()
  const said = await page.getByText(/The new code for order/).textContent()
  const code = / is (\w+)\./.exec(said ?? '')?.[1]
  const read = await world.api.call<{ page_url: string }>('GET', `/v1/orders/${made.id}`)
  // What the QR on the customer's page holds.
  await scan(page, `${read.body.page_url}#${code}`)
  await dialog(page).waitFor()
  await dialog(page).getByRole('button', { name: 'One fewer: Spruce soap' }).click()
  await dialog(page).getByRole('button', { name: 'Not wanted' }).click()
  await screenIsRight(page, 'handing over')
  await dialog(page).getByRole('button', { name: 'Hand over · €42.45' }).click()
  await page.locator('[data-charged="4245"]').waitFor()
  await screenIsRight(page, 'handed over')
  assert.equal(await takenFor(made), 4245)
  await dialog(page).getByRole('button', { name: 'Done' }).click()
  await page.getByRole('button', { name: 'Collected' }).click()
  await row(page, made).waitFor()
})

inBrowser('a wrong code is said and opens nothing; a part is taken, and the rest waits', async (page) => {
  const made = await readyOrder({ name: 'Bo Berg', isPaid: true })
  await openTill(page, world)
  await board(page)
  await page.getByRole('button', { name: /^Ready/ }).click()
  await row(page, made).click()
  await main(page).filter({ hasText: 'Hand over' }).click()
  await dialog(page).getByLabel('Code from the customer').fill('WRONG1')
  await dialog(page).getByRole('button', { name: 'One fewer: Ash cutting board' }).click()
  await dialog(page).getByRole('button', { name: 'Hand over', exact: true }).click()
  await page.getByText('That is not the code.').waitFor()
  await screenIsRight(page, 'a wrong code')
  await dialog(page).getByLabel('Code from the customer').fill(made.code)
  await dialog(page).getByRole('button', { name: 'Hand over', exact: true }).click()
  await dialog(page).getByText('The goods are the customer’s.').waitFor()
  const states = (await fulfilmentsOf(world, made.id)).map(({ state }) => state).sort()
  assert.deepEqual(states, ['collected', 'ready'])
  assert.equal(await takenFor(made), 1500 + 3495, 'paid beforehand, and nothing more')
})

inBrowser('a kept card that says no leaves the goods, and they are paid in cash', async (page) => {
  const made = await readyOrder({ name: 'Carl Dahl', card: DECLINES_LATER })
  await openTill(page, world)
  await board(page)
  await scan(page, made.number)
  await dialog(page).waitFor()
  await dialog(page).getByRole('button', { name: 'ID shown' }).click()
  await dialog(page).getByRole('button', { name: 'Hand over · €49.95' }).click()
  await page.locator('[data-due="4995"]').waitFor()
  await screenIsRight(page, 'the card says no')
  assert.equal(await takenFor(made), 0)
  await dialog(page).getByRole('button', { name: 'Cash €50.00' }).click()
  await page.locator('[data-change="5"]').waitFor()
  assert.equal(await takenFor(made), 4995)
})

inBrowser('an answer that is lost is asked for again, and charged once', async (page) => {
  const made = await readyOrder({ name: 'Dora Ek' })
  await openTill(page, world)
  await board(page)
  let lost = 0
  await page.route(/\/collect$/, async (route) => {
    await route.fetch()
    if (lost++ === 0) return route.abort()
    return route.continue()
  })
  await scan(page, made.number)
  await dialog(page).waitFor()
  await dialog(page).getByLabel('Code from the customer').fill(made.code)
  await page.keyboard.press('Enter')
  await page.locator('[data-charged="4995"]').waitFor()
  assert.ok(lost > 1, 'it was asked again')
  assert.equal(await takenFor(made), 4995)
})

inBrowser('a store that cannot do it says why, and it comes from elsewhere', async (page) => {
  const made = await order({ name: 'Eva Falk' })
  await openTill(page, world)
  await board(page)
  await row(page, made).click()
  await page.getByRole('button', { name: 'Can’t do' }).click()
  await dialog(page).getByRole('button', { name: 'Damaged' }).click()
  await screenIsRight(page, 'saying no')
  await dialog(page).getByRole('button', { name: 'Say no' }).click()
  await page.getByText(`Order ${made.number} comes from another store.`).waitFor()
  const [first] = await fulfilmentsOf(world, made.id)
  assert.equal(first?.state, 'rerouted')
})
