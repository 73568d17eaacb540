// Payment links as those who are sent one meet them: on phone and laptop, in every language, light and dark. After each, the books
// say what was paid.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { fits, looksRight, shopping } from './shopper.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }

interface Link {
  id: string
  url: string
  state: string
  reason: string | null
  amount_paid: number
  uses: number
}

async function link(input: object): Promise<Link> {
  const { status, body, text } = await world.api.call<Link>('POST', '/v1/payment_links', {
    ...{ currency: 'EUR', country: 'NL' },
    ...input,
  })
  assert.equal(status, 201, text)
  return body
}

async function booked({ id }: Link) {
  const { body } = await world.api.call<Link>('GET', `/v1/payment_links/${id}`)
  return { state: body.state, uses: body.uses, amount_paid: body.amount_paid }
}

const title = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor({ timeout: 15_000 })

async function payByCard(page: Page): Promise<void> {
  await page.getByRole('radio', { name: /^Card/ }).check()
  await page.fill('#card-number', '4242424242424242')
  await page.fill('#card-expiry', '12/30')
  await page.fill('#card-cvc', '123')
  await page.getByRole('button', { name: /^Pay / }).click()
}

inBrowser('two devices open a link for one payment: one pays, the other sees that it is paid', async (page) => {
  const made = await link({ amount: 4995, description: 'Deposit for the blue bicycle', reference: 'B-17' })
  const phone = await world.device(PHONE)
  await Promise.all([page.goto(made.url), phone.goto(made.url)])
  assert.equal(new URL(page.url()).pathname, new URL(phone.url()).pathname)
  await looksRight(page, 'to pay')
  await payByCard(phone)
  await title(phone, 'Paid')
  await payByCard(page)
  await title(page, 'Paid')
  assert.deepEqual(await booked(made), { state: 'paid', uses: 1, amount_paid: 4995 })
  const later = await world.device(PHONE)
  await later.goto(made.url)
  await title(later, 'Paid')
  await looksRight(later, 'the receipt')
  await later.context().close()
  await phone.context().close()
})

inBrowser('a donor says how much, by keyboard, and what cannot be is explained', async (page) => {
  const made = await link({
    ...{ usage: 'multi', channel: 'qr', description: 'Help the harbour choir' },
    open_amount: { min_amount: 200, max_amount: 50_000 },
  })
  await page.goto(made.url)
  await looksRight(page, 'an open amount')
  await page.keyboard.press('Tab')
  await page.getByLabel('How much would you like to pay?').focus()
  await page.keyboard.type('1')
  await page.keyboard.press('Enter')
  await page.getByText('That is less than can be paid here. From €2.00 to €500.00.').waitFor()
  assert.equal(await page.inputValue('#amount'), '1')
  await looksRight(page, 'too little')
  await page.fill('#amount', '12,50')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/c\//)
  await payByCard(page)
  await title(page, 'Paid')
  await page.getByText('your payment of €12.50').waitFor()
  assert.deepEqual(await booked(made), { state: 'viewed', uses: 1, amount_paid: 1250 })
})

inBrowser(
  'an invoice is paid in two parts',
  async (page) => {
    const made = await link({
      amount: 10_000,
      allows_partial: true,
      channel: 'invoice',
      description: 'Invoice 2026-0042',
    })
    await page.goto(made.url)
    assert.equal(await page.inputValue('#amount'), '100.00')
    await looksRight(page, 'in parts')
    await page.fill('#amount', '40')
    await page.getByRole('button', { name: 'Choose how to pay' }).click()
    await payByCard(page)
    await page.getByText('Part of it is paid').waitFor()
    await page.goto(made.url)
    await page.getByText('Paid so far').waitFor()
    await looksRight(page, 'the rest')
    assert.equal(await page.inputValue('#amount'), '60.00')
    await page.getByRole('button', { name: 'Choose how to pay' }).click()
    await payByCard(page)
    await title(page, 'Paid')
    assert.deepEqual(await booked(made), { state: 'paid', uses: 1, amount_paid: 10_000 })
  },
  PHONE,
)

inBrowser('sent by chat, paid at the counter instead: the link is dead, also on a page that was open', async (page) => {
  const { api } = world
  const goods = await api.call<{ data: { id: string; stock?: unknown }[] }>('GET', '/v1/variants?limit=5')
  const variant = goods.body.data[0]?.id as string
  const cart = await api.call<{ id: string }>('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'web' },
    lines: [{ variant_id: variant, quantity: 1 }],
    shipping_address: {
      name: 'Ada',
      line1: 'Prinsengracht 1',
      postal_code: '1015 DK',
      city: 'Amsterdam',
      country: 'NL',
    },
  })
  assert.equal(cart.status, 201, cart.text)
  const order = await api.call<{ id: string; total: number }>('POST', '/v1/orders', { cart_id: cart.body.id })
  assert.equal(order.status, 201, order.text)
  const made = await link({ order_id: order.body.id, channel: 'chat' })
  await page.goto(made.url)
  await page.getByRole('button', { name: /^Pay / }).waitFor()
  const cash = await api.pay({
    ...{ amount: order.body.total, currency: 'EUR', channel: 'pos', order_id: order.body.id },
    tender: {
      method: 'cash',
      cash: { register_id: world.shop.demo.registers[0]?.id as string, tendered: order.body.total },
    },
  })
  assert.equal(cash.status, 201, cash.text)
  await payByCard(page)
  await title(page, 'Already paid')
  await looksRight(page, 'paid at the counter')
  await page.goto(made.url)
  await title(page, 'Already paid')
  await looksRight(page, 'the dead link')
  assert.deepEqual(await booked(made), { state: 'canceled', uses: 0, amount_paid: 0 })
})

inBrowser('cancelled, paused and unknown links say so kindly', async (page) => {
  for (const [move, heading] of [
    ['cancel', 'There is nothing to pay here'],
    ['pause', 'Not payable for the moment'],
  ] as const) {
    const made = await link({ amount: 4995 })
    await page.goto(made.url)
    await page.getByRole('button', { name: /^Pay / }).waitFor()
    await world.api.call('POST', `/v1/payment_links/${made.id}/${move}`, {})
    await page.reload()
    await title(page, heading)
    await looksRight(page, `${move}, on the page`)
    assert.equal((await page.goto(made.url))?.status(), 410)
    await title(page, heading)
    await looksRight(page, move)
  }
  assert.equal((await page.goto(`${world.shop.url}/l/pl_${'x'.repeat(24)}`))?.status(), 404)
  await title(page, 'This page does not exist')
  await looksRight(page, 'unknown')
})

inBrowser(
  'without script all of it works but cards',
  async (page) => {
    const made = await link({ usage: 'multi', open_amount: {} })
    await page.goto(made.url)
    await page.fill('#amount', '5')
    await page.getByRole('button', { name: 'Choose how to pay' }).click()
    await page.getByRole('radio', { name: /^iDEAL/ }).check()
    await page.getByRole('button', { name: /^(Pay|Continue)/ }).click()
    await page.waitForURL(/\/simulator\//)
    await page.click('button[value="approve"]')
    await title(page, 'Paid')
  },
  { javaScriptEnabled: false },
)

inBrowser(
  'names that are markup or very long stay text, on the page and in its preview',
  async (page) => {
    const evil = '<img src=x onerror=alert(1)>"\'</script><script>alert(1)</script>'
    await world.api.call('PATCH', '/v1/checkout_settings', { display_name: evil })
    page.on('dialog', () => assert.fail('a dialog opened'))
    const made = await link({
      ...{ usage: 'multi', open_amount: { min_amount: 99_999_999, max_amount: 999_999_999_999 } },
      ...{ description: `${evil}${'W'.repeat(100)}`, reference: `\u202e${'W'.repeat(100)}` },
    })
    await page.goto(made.url)
    assert.equal(await page.locator('.merchant').textContent(), evil)
    assert.equal(await page.getAttribute('meta[property="og:title"]', 'content'), evil)
    assert.equal(await page.getAttribute('meta[property="og:url"]', 'content'), made.url)
    await looksRight(page, 'hostile names')
    await world.api.call('PATCH', '/v1/checkout_settings', { display_name: null })
  },
  { viewport: { width: 320, height: 700 } },
)

for (const language of ['en', 'nl', 'sv', 'pl', 'fr', 'de']) {
  for (const colorScheme of ['light', 'dark'] as const) {
    inBrowser(
      `in ${language}, ${colorScheme}: every width`,
      async (page) => {
        const open = await link({
          ...{ usage: 'multi', open_amount: { min_amount: 500, max_amount: 99_999_995 } },
          description: 'Voor de nieuwe kerktoren van Sint-Odulphus',
        })
        const part = await link({ amount: 99_999_995, allows_partial: true, reference: '2026-00042' })
        for (const [made, name] of [
          [open, 'open'],
          [part, 'part'],
        ] as const) {
          for (const width of [1280, 1024, 390]) {
            await page.setViewportSize({ width, height: 800 })
            await page.goto(`${made.url}?lang=${language}`)
            assert.equal(await page.getAttribute('html', 'lang'), language)
            await fits(page, `${name} ${language} ${width}`)
            await pictured(page, `link-${name}-${language}-${colorScheme}-${width}`)
          }
          await looksRight(page, `${name} ${language} ${colorScheme}`)
        }
      },
      { colorScheme },
    )
  }
}

/** A picture of the page in the folder that ONETILL_PICTURES names, for people to look at. */
async function pictured(page: Page, name: string): Promise<void> {
  const folder = process.env['ONETILL_PICTURES']
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}
