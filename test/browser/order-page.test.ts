// The page of an order: pay later, cancel, follow, return, print; story 4 through it; and addresses that are nobody's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { fits, looksRight, shopping } from './shopper.ts'
import { fulfilmentsOf, type KnownOrder, payByIdeal, storeDoes } from './shopping.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }
const ADDRESS = {
  name: 'Ada de Vries',
  line1: 'Prinsengracht 1',
  postal_code: '1015 AB',
  city: 'Amsterdam',
  country: 'NL',
}

/** An order of an article, placed by the merchant's server. */
async function ordered(sku: string, quantity = 1, input: object = {}): Promise<KnownOrder> {
  const { body } = await world.api.call<{ data: { id: string }[] }>('GET', `/v1/variants?sku=${sku}`)
  const lines = [{ variant_id: body.data[0]?.id, quantity }]
  const cart = await world.api.call<{ id: string }>('POST', '/v1/carts', { currency: 'EUR', channel: 'web', lines })
  const order = await world.api.call<KnownOrder>('POST', '/v1/orders', {
    ...{ cart_id: cart.body.id, shipping_address: ADDRESS, email: 'ada@example.org' },
    ...input,
  })
  assert.equal(order.status, 201, order.text)
  return order.body
}

async function read({ id }: KnownOrder): Promise<KnownOrder> {
  return (await world.api.call<KnownOrder>('GET', `/v1/orders/${id}`)).body
}

const standing = (page: Page, name: string) => page.getByRole('heading', { name }).waitFor({ timeout: 20_000 })
const pay = async (page: Page, { page_url }: KnownOrder) => {
  await page.goto(`${page_url}?lang=en`)
  await page.getByRole('button', { name: /^Pay / }).click()
  await page.waitForURL(/\/c\/cs_/)
  await payByIdeal(page)
  await standing(page, 'We are preparing your order')
}

inBrowser('story 4: bought online by iDEAL, announced on the page, returned in the store', async (page) => {
  const order = await ordered('KP-BLANKET-PINE', 2)
  await page.goto(`${order.page_url}?lang=en`)
  await standing(page, 'Waiting for your payment')
  await looksRight(page, 'unpaid')
  await pay(page, order)
  assert.equal((await read(order)).amount_paid, order.total)

  const [parcel] = await fulfilmentsOf(world, order.id)
  const id = parcel?.id as string
  for (const verb of ['accept', 'pick', 'ready']) await storeDoes(world, id, verb)
  const tracking = { carrier: 'PostNL', number: '3SABCD1234567', url: 'https://postnl.example/3SABCD1234567' }
  await storeDoes(world, id, 'ship', { tracking })
  await standing(page, 'On its way to you')
  const link = page.getByRole('link', { name: 'Follow parcel 3SABCD1234567 with PostNL' })
  assert.equal(await link.getAttribute('href'), tracking.url)
  await looksRight(page, 'shipped')

  await page.getByText('Return something').click()
  await page.getByRole('button', { name: 'Announce the return' }).click()
  await page.getByText('Choose how many of what you send back.').waitFor()
  await page.getByRole('combobox', { name: /^How many of Lambswool blanket/ }).selectOption('1')
  await page.getByLabel('Why?').selectOption('too_large')
  await looksRight(page, 'choosing what goes back')
  await page.getByRole('button', { name: 'Announce the return' }).click()
  await page.getByText('Your return is announced.').waitFor()
  await looksRight(page, 'a return is announced')

  const returns = await world.api.call<{ data: { id: string; reason: string; channel: string }[] }>(
    'GET',
    `/v1/returns?order_id=${order.id}`,
  )
  assert.deepEqual(
    returns.body.data.map(({ reason, channel }) => [reason, channel]),
    [['too_large', 'web']],
  )
  const back = returns.body.data[0]?.id as string
  const store_id = world.shop.demo.stores[0]?.id as string
  const variant = (await read(order)).lines[0]?.variant_id as string
  const onHand = async () => {
    const path = `/v1/stock?variant_id=${variant}&store_id=${store_id}`
    const { body } = await world.api.call<{ data: { on_hand: number }[] }>('GET', path)
    return body.data[0]?.on_hand ?? 0
  }
  const before = await onHand()
  await world.api.command(`/v1/returns/${back}/receive`, {
    ...{ store_id, lines: [{ no: 1, quantity: 1, disposition: 'restock' }] },
  })
  const settled = await world.api.command(`/v1/returns/${back}/settle`, {})
  assert.ok(settled.status < 300, settled.text)
  assert.equal(await onHand(), before + 1, 'it lies in the store that took it')
  await page.goto(`${order.page_url}?lang=en`)
  await page
    .getByRole('listitem')
    .filter({ hasText: /^Refunded/ })
    .waitFor({ timeout: 20_000 })
  await page.getByText('€89.00').first().waitFor()
  assert.equal((await read(order)).amount_refunded, 8900)
})

inBrowser(
  'cancelled before anybody began with it: all that was paid goes back, once',
  async (page) => {
    const order = await ordered('KP-CANDLE')
    await pay(page, order)
    await page.getByText('Cancel this order').click()
    await page.getByText('€22.50 goes back to where it came from').waitFor()
    await looksRight(page, 'about to cancel')
    const other = await page.context().newPage()
    await other.goto(`${order.page_url}?lang=en`)
    await other.getByText('Cancel this order').click()
    const press = (on: Page) => on.getByRole('button', { name: 'Cancel the order' }).click()
    await Promise.all([press(page), press(other)])
    await standing(page, 'Cancelled')
    await looksRight(page, 'cancelled')
    await other.goto(`${order.page_url}?lang=en`)
    await standing(other, 'Cancelled')
    const now = await read(order)
    assert.deepEqual([now.state, now.amount_refunded], ['cancelled', 2250])
  },
  PHONE,
)

inBrowser('an unpaid order is cancelled for nothing, and cannot be paid any more', async (page) => {
  const order = await ordered('KP-SOAP')
  await page.goto(`${order.page_url}?lang=en`)
  await page.getByText('Cancel this order').click()
  await page.getByText('Nothing was charged').waitFor()
  await page.getByRole('button', { name: 'Cancel the order' }).click()
  await standing(page, 'Cancelled')
  assert.equal(await page.getByRole('button', { name: /^Pay / }).count(), 0)
  assert.equal((await read(order)).state, 'cancelled')
})

inBrowser('what the store has begun with is not cancelled, also from a page that was open before', async (page) => {
  const order = await ordered('KP-TOWEL')
  await pay(page, order)
  await page.getByText('Cancel this order').click()
  const [parcel] = await fulfilmentsOf(world, order.id)
  for (const verb of ['accept', 'pick']) await storeDoes(world, parcel?.id as string, verb)
  await page.getByRole('button', { name: 'Cancel the order' }).click()
  await page.getByText('It is too late to cancel').waitFor()
  assert.equal((await read(order)).state, 'confirmed')
})

inBrowser(
  'without script the order is paid, and the receipt is a sheet of paper',
  async (page) => {
    const order = await ordered('KP-MAP', 2)
    await pay(page, order)
    await page.getByRole('link', { name: 'Receipt' }).click()
    await page.getByRole('heading', { name: `Receipt for order ${order.number}` }).waitFor()
    await page.getByText('€25.00').first().waitFor()
    await fits(page, 'the receipt')
  },
  { javaScriptEnabled: false },
)

for (const language of ['nl', 'sv', 'pl', 'fr', 'de']) {
  inBrowser(
    `in ${language}: every width`,
    async (page) => {
      const order = await ordered('KP-BASKET', 1).catch(() => ordered('KP-BOARD', 1))
      for (const width of [1280, 1024, 390, 320]) {
        await page.setViewportSize({ width, height: 800 })
        await page.goto(`${order.page_url}?lang=${language}`)
        assert.equal(await page.getAttribute('html', 'lang'), language)
        await fits(page, `${language} ${width}`)
      }
      await looksRight(page, language)
    },
    { colorScheme: language === 'sv' ? 'dark' : 'light' },
  )
}

test('an address that is nobody’s shows one and the same page', async () => {
  const order = await ordered('KP-LAMP')
  const right = new URL(order.page_url)
  const token = right.pathname.slice('/o/'.length)
  const flipped = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
  const look = async (path: string) => {
    const answer = await fetch(`${right.origin}${path}`)
    const text = (await answer.text()).replaceAll(/nonce="[^"]+"/g, '')
    return { status: answer.status, text }
  }
  assert.equal((await look(right.pathname)).status, 200)
  const unknown = await look('/o/nothing')
  assert.equal(unknown.status, 404)
  const others = [...[0, 22, 44, 66].map((at) => `/o/${flipped(at)}`), `/o/${token.slice(1)}`, `/o/${'A'.repeat(67)}`]
  for (const path of others) assert.deepEqual(await look(path), unknown, path)
  for (const path of others) {
    assert.equal((await fetch(`${right.origin}${path}/state`)).status, 404)
    const posted = await fetch(`${right.origin}${path}`, {
      method: 'POST',
      body: new URLSearchParams({ act: 'cancel' }),
    })
    assert.equal(posted.status, 404)
  }
})

test('another site cannot press the buttons of a page', async () => {
  const order = await ordered('KP-STOVE')
  const answer = await fetch(order.page_url, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site' },
    body: new URLSearchParams({ act: 'cancel' }),
  })
  assert.equal(answer.status, 403)
  assert.equal((await read(order)).state, 'placed')
})
