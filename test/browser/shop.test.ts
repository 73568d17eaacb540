// The demo shop as a shopper meets it: find, look, put in the bag, order and pay; collect in a store; take the bag along to another device
// and to the till; in every language and width, by keyboard, and with names that try to be markup.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fits, looksRight, shopping } from './shopper.ts'
import { fulfilmentsOf, orderDelivered, orderOn, payByIdeal, putInBag, storeDoes } from './shopping.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }

inBrowser('an article is found, looked at, ordered and paid, and the order’s page says so', async (page) => {
  await page.goto(`${world.shop.url}/shop?lang=en`)
  await page.getByRole('link', { name: /Fell boots/ }).waitFor()
  await looksRight(page, 'the list')
  await page.getByRole('searchbox').fill('rain jaket')
  await page.getByRole('heading', { name: /found for “rain jaket”/ }).waitFor()
  await looksRight(page, 'a search')
  await page.locator('.card a', { hasText: 'Harrier rain jacket' }).click()
  await page.getByRole('radio', { name: 'Rust' }).check()
  await page.getByText('in stock').first().waitFor()
  await looksRight(page, 'an article')
  await page.getByRole('button', { name: 'Put in the bag' }).click()
  await page.getByRole('link', { name: 'To the bag' }).click()
  await page.getByText('Harrier rain jacket, S, Rust', { exact: true }).waitFor()
  await page.getByRole('button', { name: /^One more/ }).click()
  await page.getByText('€298.00').first().waitFor()
  await looksRight(page, 'the bag')
  await orderDelivered(page)
  await payByIdeal(page)
  await page.getByRole('heading', { name: 'We are preparing your order' }).waitFor({ timeout: 20_000 })
  await looksRight(page, 'the paid order')
  const order = await orderOn(page, world)
  assert.equal(order.amount_paid, order.total)
  assert.equal(order.total, 2 * 14900 + 495)
  await page.goto(`${world.shop.url}/shop/orders?lang=en`)
  await page.getByRole('link', { name: new RegExp(`Order ${order.number}`) }).waitFor()
  await looksRight(page, 'orders of this device')
})

inBrowser('what nobody sells is told kindly, and an empty bag teaches', async (page) => {
  await page.goto(`${world.shop.url}/shop?lang=en&q=zzzzqqq`)
  await page.getByRole('heading', { name: 'Nothing found for “zzzzqqq”' }).waitFor()
  await looksRight(page, 'nothing found')
  await page.getByRole('link', { name: 'Show everything' }).click()
  await page.getByRole('link', { name: /Fell boots/ }).waitFor()
  await page.goto(`${world.shop.url}/shop/cart?lang=en`)
  await page.getByRole('heading', { name: 'Your bag is empty' }).waitFor()
  await looksRight(page, 'an empty bag')
  await page.goto(`${world.shop.url}/shop/p/prd_00000000000000000000000000?lang=en`)
  await page.getByRole('heading', { name: 'This page does not exist' }).waitFor()
})

inBrowser(
  'collected in a store: the page shows the code, and with it the goods are handed over',
  async (page) => {
    await putInBag(page, world.shop.url, 'enamel mug', 'Enamel mug')
    await page.getByRole('link', { name: 'To the bag' }).click()
    await page.getByRole('button', { name: 'Check out' }).click()
    await page.waitForURL(/\/c\/cs_/)
    await page.getByLabel('E-mail').fill('piet@example.org')
    await page.getByLabel('Name', { exact: true }).fill('Piet')
    await page.getByRole('radio', { name: /^Collect in a store/ }).check()
    await page.getByRole('radio', { name: /^Amsterdam/ }).check()
    // Nothing is paid for a delivery that does not take place.
    await page.getByRole('button', { name: 'Continue to payment' }).click()
    await page.getByRole('button', { name: 'Pay €14.95' }).waitFor()
    await payByIdeal(page)
    const order = await orderOn(page, world)
    assert.equal(order.total, 1495)
    const [parcel] = await fulfilmentsOf(world, order.id)
    assert.equal(parcel?.mode, 'collect')
    const id = parcel?.id as string
    await storeDoes(world, id, 'accept')
    await storeDoes(world, id, 'pick')
    const { code } = await storeDoes<{ code: string }>(world, id, 'ready')
    // Nobody touches the page: it looks by itself.
    await page.getByRole('heading', { name: 'Ready to be collected' }).waitFor({ timeout: 20_000 })
    await page.getByText(code).first().waitFor()
    await page.getByRole('img', { name: 'QR of the pickup code' }).waitFor()
    await looksRight(page, 'ready to be collected')
    await storeDoes(world, id, 'collect', { code })
    await page.getByRole('heading', { name: 'All done' }).waitFor({ timeout: 20_000 })
    assert.equal(await page.getByText(code).count(), 0, 'a used code is not shown any more')
  },
  PHONE,
)

inBrowser(
  'story 1: a bag begun on a phone goes on on a laptop and is finished at the till by its code',
  async (phone) => {
    const { shop, api } = world
    await putInBag(phone, shop.url, 'wool beanie', 'Wool beanie')
    await phone.getByRole('link', { name: 'To the bag' }).click()
    const show = async () => {
      await phone.getByRole('button', { name: /^Continue in the store/ }).click()
      await phone.getByRole('img', { name: /^QR that takes this bag along/ }).waitFor()
      return (await phone.locator('.digits').textContent()) as string
    }
    const first = await show()
    await looksRight(phone, 'the code of a bag')
    // What the QR holds.
    const laptop = await world.device()
    await laptop.goto(`${shop.url}/c/${first}`)
    await laptop.getByText('Wool beanie').first().waitFor()
    await laptop.getByRole('button', { name: /^One more/ }).click()
    await laptop.getByText('€49.90').first().waitFor()
    const again = await world.device()
    await again.goto(`${shop.url}/c/${first}`)
    await again.getByText('This code has been used or is too old').waitFor()
    await looksRight(again, 'a used code')
    await phone.reload()
    await phone.getByText('€49.90').first().waitFor()

    const second = await show()
    const store_id = shop.demo.stores[0]?.id as string
    const register_id = shop.demo.registers.find((each) => each.store_id === store_id)?.id as string
    const claimed = await api.call<{ id: string; total: number }>('POST', '/v1/carts/claim', {
      ...{ code: second, channel: 'pos', store_id, register_id },
    })
    assert.equal(claimed.status, 200, claimed.text)
    const order = await api.call<{ id: string; total: number }>('POST', '/v1/orders', { cart_id: claimed.body.id })
    assert.equal(order.status, 201, order.text)
    const paid = await api.pay({
      ...{ amount: order.body.total, currency: 'EUR', channel: 'pos', order_id: order.body.id },
      tender: { method: 'cash', cash: { register_id, tendered: 5000 } },
    })
    assert.equal(paid.body.status, 'captured')
    for (const device of [phone, laptop]) {
      await device.reload()
      await device.getByRole('heading', { name: 'Your bag is empty' }).waitFor()
    }
    await laptop.context().close()
    await again.context().close()
  },
  PHONE,
)

inBrowser('a code takes off what it promises, and one that does not help says so', async (page) => {
  const made = await world.api.call<{ id: string }>('POST', '/v1/promotions', {
    ...{ name: 'Autumn', rule: { kind: 'percent_off', percent_bp: 1000, applies_to: 'lines' }, needs_code: true },
  })
  assert.equal(made.status, 201, made.text)
  const codes = await world.api.call('POST', `/v1/promotions/${made.body.id}/codes`, {
    ...{ codes: ['AUTUMN10'], max_uses: null },
  })
  assert.ok(codes.status < 300, codes.text)
  await putInBag(page, world.shop.url, 'steel bottle', 'Steel bottle')
  await page.getByRole('link', { name: 'To the bag' }).click()
  await page.getByLabel('Promotion code').fill('NOSUCH')
  await page.getByRole('button', { name: 'Use' }).click()
  await page.getByText('The code NOSUCH does not help here.').waitFor()
  await looksRight(page, 'a wrong code')
  await page.getByLabel('Promotion code').fill('autumn10')
  await page.getByRole('button', { name: 'Use' }).click()
  await page.getByText('Autumn', { exact: true }).waitFor()
  await page.getByText('−€3.00').waitFor()
  await page
    .getByRole('button', { name: 'Remove code AUTUMN10' })
    .or(page.getByRole('button', { name: 'Remove code autumn10' }))
    .click()
  await page.getByText('−€3.00').waitFor({ state: 'detached' })
})

inBrowser('names that are markup or written from right to left stay text', async (page) => {
  const evil = '<img src=x onerror=alert(1)>"\'</script><script>alert(1)</script>\u0639\u0631\u0628\u064a {{7*7}}'
  const made = await world.api.call<{ id: string }>('POST', '/v1/products', {
    ...{ name: evil, description: evil, brand: evil, categories: ['<b>x</b>'] },
    variants: [
      {
        track: 'none',
        options: { '<i>': '"><u>' },
        prices: [{ currency: 'EUR', unit_price: '5.00' }],
      },
    ],
  })
  assert.equal(made.status, 201, made.text)
  page.on('dialog', () => assert.fail('a dialog opened'))
  await page.goto(`${world.shop.url}/shop/p/${made.body.id}?lang=en`)
  assert.equal(await page.locator('h1').textContent(), evil)
  await looksRight(page, 'a hostile article')
  await page.getByRole('button', { name: 'Put in the bag' }).click()
  await page.getByRole('link', { name: 'To the bag' }).click()
  await page.locator('.bagged li').waitFor()
  await fits(page, 'a hostile bag')
  await orderDelivered(page, 'mallory@example.org')
  await payByIdeal(page)
  assert.match((await page.locator('.lines').textContent()) ?? '', /<img src=x/)
  await looksRight(page, 'a hostile order')
})

for (const language of ['en', 'nl', 'sv', 'pl', 'fr', 'de']) {
  inBrowser(
    `in ${language}: every width`,
    async (page) => {
      const ownMoney = { sv: /kr/, pl: /zł/ }[language] ?? /€/
      for (const width of [1280, 1024, 390, 320]) {
        await page.setViewportSize({ width, height: 800 })
        await page.goto(`${world.shop.url}/shop?lang=${language}`)
        await page.locator('.card .cost').first().waitFor()
        assert.match((await page.locator('.card .cost').first().textContent()) ?? '', ownMoney)
        assert.equal(await page.getAttribute('html', 'lang'), language)
        await fits(page, `${language} ${width}`)
      }
      await looksRight(page, language)
      await page.locator('.card a').first().click()
      await page.locator('.where dt').first().waitFor()
      await fits(page, `${language}: an article`)
      await page.locator('.facts .button.primary').click()
      await page.locator('.notice.good a').click()
      await page.locator('.sums .big').waitFor()
      await fits(page, `${language}: the bag`)
      await page.locator('button.primary.wide').click()
      await page.locator('#email').waitFor()
      await looksRight(page, `${language}: checking out`)
    },
    { colorScheme: language === 'en' || language === 'nl' ? 'dark' : 'light' },
  )
}

inBrowser('by keyboard alone, from the search to the bag', async (page) => {
  await page.goto(`${world.shop.url}/shop?lang=en`)
  await page.locator('.card a').first().waitFor()
  await page.getByRole('searchbox').focus()
  await page.keyboard.type('linen towel')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: /found for “linen towel”/ }).waitFor()
  await page.locator('.card a').first().focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Linen towel' }).waitFor()
  await page.getByRole('button', { name: 'Put in the bag' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText('It is in your bag').waitFor()
})

test('the shop loads at most 40 kB of script, the order page at most 5', async () => {
  const answer = await fetch(`${world.shop.url}/assets/inventory.json`)
  const { faces, files } = (await answer.json()) as {
    faces: Record<string, { scripts: string[] }>
    files: Record<string, { gzip: number }>
  }
  for (const [face, most] of [
    ['shop', 40_000],
    ['order', 5_000],
  ] as const) {
    const bytes = (faces[face]?.scripts ?? []).reduce((sum, file) => sum + (files[file]?.gzip ?? 0), 0)
    assert.ok(bytes > 0 && bytes <= most, `${face}: ${bytes} bytes`)
  }
})

test('a publishable key opens an order’s checkout only with the secret of its cart, and learns nothing else', async () => {
  const { url, demo } = world.shop
  const call = async (method: string, path: string, body?: object, secret?: string) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${demo.publishable_key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(secret === undefined ? {} : { 'cart-secret': secret }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const found = await call('GET', '/v1/catalog/search?q=spruce%20soap')
  const [hit] = found.body['data'] as { variant: { id: string; cost: unknown } }[]
  assert.equal(hit?.variant.cost, null, 'what it cost the shop is nobody’s business')
  const prices = await call('GET', `/v1/catalog/prices?variant_ids=${hit?.variant.id}&currency=EUR`)
  assert.equal((prices.body['data'] as { price: { unit_price: string } }[])[0]?.price.unit_price, '7.50')
  const stores = await call('GET', '/v1/pickup_stores')
  assert.deepEqual(
    (stores.body['data'] as { name: string }[]).map(({ name }) => name),
    ['Amsterdam', 'Paris', 'Stockholm', 'Warsaw'],
  )
  for (const hidden of ['parcel_cost', 'pickup_capacity', 'rounds_cash'])
    assert.equal(JSON.stringify(stores.body).includes(hidden), false)

  const lines = [{ variant_id: hit?.variant.id, quantity: 1 }]
  const cart = await call('POST', '/v1/carts', { currency: 'EUR', channel: 'web', lines })
  const secret = cart.body['secret'] as string
  const shipping_address = { name: 'Ada', line1: 'Dam 1', postal_code: '1012 JS', city: 'Amsterdam', country: 'NL' }
  const order = await call('POST', '/v1/orders', { cart_id: cart.body['id'], shipping_address }, secret)
  assert.equal(order.status, 201)
  const path = `/v1/orders/${order.body['id']}/checkout`
  for (const wrong of [undefined, `cs_${'x'.repeat(32)}`]) {
    const refused = await call('POST', path, {}, wrong)
    assert.deepEqual([refused.status, refused.body['code']], [404, 'not-found'])
  }
  const opened = await call('POST', path, { language: 'nl' }, secret)
  assert.equal(opened.status, 201)
  assert.equal(opened.body['page_url'], order.body['page_url'])
  assert.equal((await call('GET', `/v1/orders/${order.body['id']}`, undefined, secret)).status, 403)
})
