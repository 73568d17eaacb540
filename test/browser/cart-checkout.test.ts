// A whole cart on the checkout page as a shopper meets it: delivered and collected, sold out and dearer meanwhile, two tabs, reloads
// and the back button, BLIK, no script, and input that lies. After each, the books say what was ordered and paid.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { type BagCart, type BagSession, bagPages } from '../bag-pages.ts'
import { atSimulator, looksRight, shopping } from './shopper.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }
const pages = () => bagPages(world.shop)

const title = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor({ timeout: 20_000 })
const goOn = (page: Page) => page.getByRole('button', { name: 'Continue to payment' }).click()
const payButton = (page: Page) => page.getByRole('button', { name: /^Pay / })

async function fillContact(page: Page, name = 'Ada de Vries'): Promise<void> {
  await page.getByLabel('E-mail').fill('ada@example.org')
  await page.getByLabel('Name', { exact: true }).fill(name)
}

async function fillAddress(page: Page): Promise<void> {
  await fillContact(page)
  await page.getByLabel('Street and number').fill('Prinsengracht 1')
  await page.getByLabel('Postal code').fill('1015ab')
  await page.getByLabel('Town').fill('Amsterdam')
}

async function payByCard(page: Page): Promise<void> {
  await page.getByRole('radio', { name: /^Card/ }).check()
  await page.fill('#card-number', '4242424242424242')
  await page.fill('#card-expiry', '12/30')
  await page.fill('#card-cvc', '123')
  await payButton(page).click()
}

async function opened(
  page: Page,
  sku = 'KP-MUG-PINE',
  quantity = 1,
  more: object = {},
): Promise<[BagCart, BagSession]> {
  const cart = await pages().cartOf(sku, quantity, more)
  const session = await pages().sessionFor(cart)
  await page.goto(session.url)
  return [cart, session]
}

/** What the books say of a cart: its orders, and what was paid for them. */
async function booked(cart: BagCart): Promise<{ total: number; amount_paid: number }[]> {
  const orders = await pages().ordersOf(cart)
  return orders.map(({ total, amount_paid }) => ({ total, amount_paid }))
}

inBrowser('delivered: what is missing is said, each choice shows its total, and the order is paid', async (page) => {
  const [cart] = await opened(page, 'KP-MUG-PINE', 2)
  await looksRight(page, 'who it is for')
  await goOn(page)
  await page.getByText('Fill in your e-mail address.').waitFor()
  assert.equal(await page.evaluate('document.activeElement.id'), 'email', 'the first thing missing is where one is')
  await looksRight(page, 'something is missing')
  await fillAddress(page)
  await page.getByRole('radio', { name: /^Next day/ }).check()
  await page.getByText('€39.85').first().waitFor()
  await goOn(page)
  await page.getByRole('heading', { name: 'Your order' }).waitFor()
  await page.getByText('Prinsengracht 1, 1015 AB Amsterdam, Netherlands').waitFor()
  await looksRight(page, 'how to pay')
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  assert.equal(await page.getByLabel('Street and number').inputValue(), 'Prinsengracht 1', 'nothing typed is lost')
  await page.getByRole('radio', { name: /^Standard/ }).check()
  await page.getByText('€34.85').first().waitFor()
  await goOn(page)
  await payByCard(page)
  await title(page, 'Paid')
  await looksRight(page, 'paid')
  assert.deepEqual(await booked(cart), [{ total: 2 * 1495 + 495, amount_paid: 2 * 1495 + 495 }])
  await page.getByRole('link', { name: /^Back to/ }).click()
  await page.waitForURL(/\/o\//)
})

inBrowser(
  'collected: the nearest store first, what is there, hours and a time',
  async (page) => {
    await page.context().grantPermissions(['geolocation'])
    await page.context().setGeolocation({ latitude: 48.86, longitude: 2.35 })
    const [cart] = await opened(page)
    await fillContact(page)
    await page.getByRole('radio', { name: /^Collect in a store/ }).check()
    await page.getByRole('radio', { name: /^Amsterdam/ }).waitFor()
    await page.getByRole('button', { name: 'Use my location' }).click()
    await page.getByText(/km/).first().waitFor()
    assert.match((await page.locator('.store').first().textContent()) ?? '', /^Paris/)
    await page.locator('.store summary').first().press('Enter')
    assert.equal(await page.locator('.store details[open] dd').first().textContent(), '09:00–19:00')
    await looksRight(page, 'which store')
    await goOn(page)
    await page.getByText('Choose a store.').waitFor()
    await page.getByRole('radio', { name: /^Amsterdam/ }).check()
    await page.getByLabel('When').selectOption({ index: 3 })
    await looksRight(page, 'a store and a time')
    await goOn(page)
    await page.getByText(/Haarlemmerstraat 12/).waitFor()
    await payByCard(page)
    await title(page, 'Paid')
    assert.deepEqual(await booked(cart), [{ total: 1495, amount_paid: 1495 }], 'nothing is paid for delivery')
  },
  PHONE,
)

inBrowser('sold out meanwhile: said before anything is charged, and what is left is taken', async (page) => {
  const { api } = world
  const made = await api.call('POST', '/v1/products', {
    ...{ name: 'Last lanterns', variants: [{ sku: 'LANTERN', prices: [{ currency: 'EUR', unit_price: '20' }] }] },
  })
  assert.equal(made.status, 201, made.text)
  const variant_id = await pages().variant('LANTERN')
  const adjust = async (quantity: number, reason: string) => {
    const store_id = world.shop.demo.stores[0]?.id
    const done = await api.call('POST', '/v1/stock/adjustments', {
      store_id,
      lines: [{ variant_id, quantity, reason }],
    })
    assert.ok(done.status < 300, done.text)
  }
  await adjust(3, 'found')
  const [cart] = await opened(page, 'LANTERN', 2)
  await fillAddress(page)
  await goOn(page)
  await title(page, 'Your order')
  await adjust(2, 'damaged')
  await payByCard(page)
  await page.getByRole('alert').filter({ hasText: 'othing was charged' }).waitFor()
  await page.getByText('Only 1 left.').waitFor()
  await looksRight(page, 'not all of it is left')
  assert.deepEqual(await booked(cart), [])
  await page.getByRole('button', { name: 'Take 1' }).click()
  await title(page, 'Your order')
  await payByCard(page)
  await title(page, 'Paid')
  assert.deepEqual(await booked(cart), [{ total: 2495, amount_paid: 2495 }])
})

inBrowser('a new price is told and agreed to; what another device puts in is looked at first', async (page) => {
  const [cart] = await opened(page, 'KP-STOVE')
  await fillAddress(page)
  await goOn(page)
  await title(page, 'Your order')
  const lines = [{ variant_id: await pages().variant('KP-MUG-PINE'), quantity: 1 }]
  await pages().page.call('POST', `/v1/carts/${cart.id}/lines`, { lines }, { headers: { 'cart-secret': cart.secret } })
  await payByCard(page)
  await page.getByRole('alert').filter({ hasText: 'Something has changed since you looked' }).waitFor()
  await page.getByText('Enamel mug').waitFor()
  const stove = await pages().variant('KP-STOVE')
  await world.api.call('PATCH', `/v1/variants/${stove}`, { prices: [{ currency: 'EUR', unit_price: '55' }] })
  await page.reload()
  await title(page, 'Changed since you looked')
  await page.getByText('Folding gas stove: €49.95 is now €55.00').waitFor()
  await looksRight(page, 'a new price')
  await goOn(page)
  await page.getByRole('alert').filter({ hasText: 'Something has changed' }).waitFor()
  assert.deepEqual(await booked(cart), [])
  await page.getByRole('button', { name: 'All right, go on' }).click()
  await title(page, 'Your order')
  await payByCard(page)
  await title(page, 'Paid')
  assert.deepEqual(await booked(cart), [{ total: 5500 + 1495 + 495, amount_paid: 5500 + 1495 + 495 }])
})

inBrowser(
  'two tabs, a reload at the bank, the back button and a second press: one order, one payment',
  async (page) => {
    const [cart, session] = await opened(page)
    await fillAddress(page)
    await goOn(page)
    await title(page, 'Your order')
    const other = await page.context().newPage()
    await other.goto(session.url)
    await title(other, 'Your order')
    await page.getByRole('radio', { name: /^iDEAL/ }).check()
    await payButton(page).dblclick()
    await page.waitForURL(/\/simulator\//)
    await page.reload()
    await page.goBack()
    await title(page, /^Confirm with iDEAL/)
    await page.reload()
    await payByCard(other)
    await title(other, 'Paid')
    await page.reload()
    await title(page, 'Paid')
    assert.deepEqual(await booked(cart), [{ total: 1990, amount_paid: 1990 }])
    await other.close()
  },
)

inBrowser(
  'BLIK: six digits, refused and confirmed in the bank’s app',
  async (page) => {
    const cart = await pages().cartOf('KP-MUG-PINE', 1, { currency: 'PLN', country: 'PL' })
    const session = await pages().sessionFor(cart)
    await page.goto(session.url)
    await fillContact(page)
    await page.getByLabel('Street and number').fill('Nowy Świat 1')
    await page.getByLabel('Postal code').fill('00373')
    await page.getByLabel('Town').fill('Warszawa')
    await goOn(page)
    await page.getByText('00-373 Warszawa').waitFor()
    const pressed = async (code: string) => {
      await page.getByRole('radio', { name: /^BLIK/ }).check()
      await page.getByLabel('BLIK code').fill(code)
      await payButton(page).click()
    }
    await pressed('12')
    await page.getByRole('alert').filter({ hasText: 'That code is not right' }).waitFor()
    await looksRight(page, 'a code')
    await pressed('000000')
    await page.getByRole('alert').filter({ hasText: 'That code is not right, or was used' }).waitFor()
    await pressed('111111')
    await page.getByRole('alert').filter({ hasText: 'That code is too old' }).waitFor()
    const inApp = async (act: 'approve' | 'decline' | 'abandon') => {
      await title(page, 'Confirm in BLIK')
      const phone = await world.device(PHONE)
      await phone.goto((await page.getByRole('link', { name: /^Open / }).getAttribute('href')) as string)
      await atSimulator(phone, act)
      await phone.context().close()
    }
    await pressed('123 456')
    await looksRight(page, 'waiting for the bank’s app')
    await inApp('decline')
    await page.getByRole('alert').filter({ hasText: 'othing was charged' }).waitFor({ timeout: 20_000 })
    await pressed('112233')
    await inApp('abandon')
    await page.getByRole('alert').filter({ hasText: 'You left before paying' }).waitFor({ timeout: 20_000 })
    await pressed('654321')
    await inApp('approve')
    await title(page, 'Paid')
    const [order] = await booked(cart)
    assert.equal(order?.amount_paid, order?.total)
  },
  PHONE,
)

inBrowser('amounts changed in the page, and names that are markup: neither is believed', async (page) => {
  const [cart] = await opened(page)
  await fillAddress(page)
  await page.getByLabel('Name', { exact: true }).fill('<img src=x onerror=alert(1)>\u202e"')
  await page.getByLabel('Street and number').fill('</script><script>alert(2)</script> 1')
  await goOn(page)
  await title(page, 'Your order')
  await page.getByText('<img src=x onerror=alert(1)>"').waitFor()
  assert.equal(await page.locator('img[src=x]').count(), 0)
  await page.reload()
  await page.getByText('</script><script>alert(2)</script> 1').waitFor()
  // What the page sends is rewritten on its way, as a liar would.
  await page.route('**/pay?*', async (route) => {
    const sent = { ...(route.request().postDataJSON() as object), seen: 1 }
    await route.continue({ postData: JSON.stringify(sent) })
  })
  await payByCard(page)
  await page.getByRole('alert').filter({ hasText: 'The amount has changed' }).waitFor()
  assert.deepEqual(await booked(cart), [])
  await page.unroute('**/pay?*')
  await payByCard(page)
  await title(page, 'Paid')
  assert.deepEqual(await booked(cart), [{ total: 1990, amount_paid: 1990 }])
})

inBrowser(
  'without script: choose, look, order and pay with plain forms',
  async (page) => {
    const [cart] = await opened(page)
    await page.getByLabel('E-mail').fill('ada@example.org')
    await page.getByLabel('Name', { exact: true }).fill('Ada')
    await page.getByRole('radio', { name: /^Collect in a store/ }).check()
    await page.getByRole('button', { name: 'Show the total' }).first().click()
    await page.getByRole('radio', { name: /^Amsterdam/ }).check()
    await goOn(page)
    await title(page, 'Your order')
    await page.getByRole('radio', { name: /^iDEAL/ }).check()
    await payButton(page).click()
    await atSimulator(page, 'approve')
    await title(page, 'Paid')
    assert.deepEqual(await booked(cart), [{ total: 1495, amount_paid: 1495 }])
  },
  { javaScriptEnabled: false },
)

for (const [width, colorScheme, lang] of [
  [320, 'light', 'pl'],
  [390, 'dark', 'de'],
  [1280, 'light', 'fr'],
  [1280, 'dark', 'sv'],
] as const) {
  inBrowser(
    `${width} px, ${colorScheme}, ${lang}: each step fits and reads well`,
    async (page) => {
      const [, session] = await opened(page, 'KP-MUG-PINE', 2)
      await page.goto(`${session.url}?lang=${lang}`)
      await looksRight(page, `${lang}: delivery`)
      await page.locator('button.pay').click()
      await page.locator('[aria-invalid="true"]').first().waitFor()
      await looksRight(page, `${lang}: missing`)
      await page.fill('#email', 'ada@example.org')
      await page.fill('#name', 'Ada')
      await page.check('input[name="way"][value="collect"]')
      await page.locator('input[name="store"]').first().check()
      await page.locator('#slot').waitFor()
      await looksRight(page, `${lang}: collection`)
      await page.locator('button.pay').click()
      await page.locator('input[name="method"]').first().waitFor()
      await looksRight(page, `${lang}: paying`)
    },
    { viewport: { width, height: 800 }, colorScheme },
  )
}
