// A day at the till: a ticket is parked and taken up, a phone's cart comes over, a discount needs somebody else's PIN, a gift card and
// cash pay together, cash goes in and out of the drawer, it is counted blind, and the Z is right. And every screen fits, in every
// language, size and light.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { shopping } from './shopper.ts'
import { counterOf, openTill, SIZES, scan, screenFits, screenIsRight, settled, totalOf, type, unlock } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world

async function variantOf(sku: string): Promise<{ id: string; barcodes: { code: string }[] }> {
  const { body } = await world.api.call<{ data: { id: string; barcodes: { code: string }[] }[] }>(
    'GET',
    `/v1/variants?sku=${sku}`,
  )
  assert.ok(body.data[0], `there is no ${sku}`)
  return body.data[0]
}
const barcodeOf = async (sku: string) => (await variantOf(sku)).barcodes[0]?.code ?? ''
const dialog = (page: Page) => page.locator('dialog[open]')

inBrowser('a ticket is parked by name and taken up again', async (page) => {
  await openTill(page, world)
  await scan(page, await barcodeOf('KP-BOARD'))
  await settled(page)
  await page.keyboard.press('F4')
  await type(page, 'blue coat')
  await screenIsRight(page, 'parking')
  await page.keyboard.press('Enter')
  await page.getByText('Ready for the next customer').waitFor()
  await page.keyboard.press('F5')
  await dialog(page)
    .getByRole('button', { name: /blue coat/ })
    .waitFor()
  await screenIsRight(page, 'taking up')
  await dialog(page)
    .getByRole('button', { name: /blue coat/ })
    .click()
  await page.locator('.line', { hasText: 'Ash cutting board' }).waitFor()
  assert.equal(await totalOf(page), 3495)
})

inBrowser('the cart of a phone comes over by its code, and a wrong code is said', async (page) => {
  const variant = await variantOf('KP-CANDLE')
  const { body: cart } = await world.api.call<{ id: string }>('POST', '/v1/carts', {
    ...{ currency: 'EUR', channel: 'web', lines: [{ variant_id: variant.id, quantity: 2 }] },
  })
  const { body: handed } = await world.api.call<{ code: string }>('POST', `/v1/carts/${cart.id}/handover`)
  await openTill(page, world)
  await page.keyboard.press('F5')
  await type(page, '777777')
  await page.keyboard.press('Enter')
  await page.getByText('The code 777777 is wrong').waitFor()
  await page.getByLabel('Code from the customer’s phone').fill(handed.code)
  await page.keyboard.press('Enter')
  await page.locator('.line', { hasText: 'Pine resin candle' }).waitFor()
  assert.equal(await totalOf(page), 4500)
})

inBrowser(
  'a cashier gives ten per cent; for half off a supervisor gives a PIN, and the till locks again',
  async (page) => {
    await openTill(page, world)
    await scan(page, await barcodeOf('KP-TENT-2'))
    await settled(page)
    await page.keyboard.press('F7')
    await dialog(page).getByRole('button', { name: '-10%' }).click()
    await dialog(page).getByRole('button', { name: 'Goodwill' }).click()
    await screenIsRight(page, 'a discount')
    await page.keyboard.press('Enter')
    await settled(page)
    assert.equal(await totalOf(page), 26_910)
    await page.keyboard.press('F7')
    await dialog(page).getByRole('button', { name: '-50%' }).click()
    await dialog(page).getByRole('button', { name: 'Damaged' }).click()
    await page.keyboard.press('Enter')
    await dialog(page).getByRole('button', { name: /Noor/ }).click()
    await screenIsRight(page, 'asking somebody else')
    await type(page, '3333')
    await page.keyboard.press('Enter')
    await page.getByText('Who is at the till?').waitFor()
    await unlock(page)
    await settled(page)
    assert.equal(await totalOf(page), 14_950)
  },
)

inBrowser(
  'a gift card pays what it holds, cash the rest; a scan on the last screen begins the next ticket',
  async (page) => {
    const card = { amount: 1000, currency: 'EUR', reason: 'goodwill' }
    const issued = await world.api.call<{ code: string }>('POST', '/v1/gift_cards', card, { key: 'till-day-card' })
    await openTill(page, world)
    await scan(page, await barcodeOf('KP-TOWEL'))
    await settled(page)
    await page.keyboard.press('F9')
    await page.locator('[data-due="1995"]').waitFor()
    await page.keyboard.press('Alt+3')
    await dialog(page).waitFor()
    await scan(page, issued.body.code)
    await page.getByText('has €10.00').waitFor()
    await screenIsRight(page, 'a gift card')
    await dialog(page).getByRole('button', { name: 'Pay €10.00 with it' }).click()
    await page.locator('[data-due="995"]').waitFor()
    await page.keyboard.press('F10')
    await page.locator('.change-amount').waitFor()
    await scan(page, await barcodeOf('KP-SOAP'))
    await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
    await settled(page)
    assert.equal(await totalOf(page), 750)
  },
)

inBrowser('going back from a part payment says what is handed back, and opens the ticket again', async (page) => {
  await openTill(page, world, { who: /Daan/, pin: '2222' })
  await scan(page, await barcodeOf('KP-MAP'))
  await settled(page)
  await page.keyboard.press('F9')
  await page.locator('[data-due="1250"]').waitFor()
  await page.getByRole('button', { name: '€5', exact: true }).click()
  await page.keyboard.press('Escape')
  await page.getByText('Ready').waitFor({ state: 'detached' })
  await page.keyboard.press('F9')
  await page.locator('[data-due="1250"]').waitFor()
  await type(page, '500')
  await page.keyboard.press('Alt+2')
  await page.locator('[data-due="750"]').waitFor()
  await page.keyboard.press('Escape')
  await page.getByText('Give €5.00 in cash back from the drawer').waitFor()
  await screenIsRight(page, 'leaving a payment')
  await dialog(page).getByRole('button', { name: 'Cancel and give back' }).click()
  await page.locator('.line', { hasText: 'Trail map' }).waitFor()
  assert.equal(await totalOf(page), 1250)
})

inBrowser('the drawer: paid out with a reason, counted blind, closed, and the Z adds up', async (page) => {
  await openTill(page, world, { town: 'Paris', who: /Inès/, pin: '3333' })
  await scan(page, await barcodeOf('KP-SOAP'))
  await settled(page)
  await page.keyboard.press('F10')
  await page.locator('.change-amount').waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Drawer', exact: true }).click()
  await page.getByRole('button', { name: 'Paid out' }).click()
  await type(page, '1250')
  await dialog(page).getByRole('button', { name: 'Postage' }).click()
  await screenIsRight(page, 'paid out')
  await dialog(page).getByRole('button', { name: 'Save' }).click()
  await page.locator('.moves', { hasText: 'Postage' }).waitFor()
  await screenIsRight(page, 'the drawer')
  assert.equal(await page.getByText('Should be there', { exact: true }).count(), 0, 'nobody is told before the count')
  await page.getByRole('button', { name: 'End the shift and count' }).click()
  await page.getByLabel('€50.00').fill('3')
  await page.getByLabel('€20.00').fill('2')
  await page.getByLabel('€5.00').fill('1')
  await screenIsRight(page, 'the count')
  assert.equal(await page.locator('[data-counted]').getAttribute('data-counted'), '19500')
  assert.equal(await page.getByText('Should be there', { exact: true }).count(), 0)
  await page.getByRole('button', { name: 'Save the count' }).click()
  // 200.00 and 7.50 sold, 12.50 paid out.
  await page.locator('[data-variance="0"]').waitFor()
  await screenIsRight(page, 'the result')
  await page.getByRole('button', { name: 'Close the shift' }).click()
  await dialog(page).getByRole('heading', { name: 'Z report 1' }).waitFor()
  await screenIsRight(page, 'the Z')
  await dialog(page).getByText('Sales, 1').waitFor()
  await dialog(page).getByRole('button', { name: 'Done' }).click()
  await page.getByRole('heading', { name: 'Open the shift' }).waitFor()
  const { registerId } = await counterOf(world, 'Paris')
  const { body } = await world.api.call<{ data: { state: string; variance: number }[] }>(
    'GET',
    `/v1/shifts?register_id=${registerId}`,
  )
  assert.deepEqual(
    body.data.map(({ state, variance }) => [state, variance]),
    [['closed', 0]],
  )
})

for (const [size, options] of Object.entries(SIZES)) {
  inBrowser(
    `every screen fits on a ${size}, light and dark, in five languages`,
    async (page) => {
      const code = await barcodeOf('KP-SOAP')
      await openTill(page, world)
      for (const [i, lang] of ['nl', 'sv', 'pl', 'fr', 'en'].entries()) {
        const theme = i % 2 === 0 ? 'dark' : 'light'
        // What axe says of one language it says of all.
        const shows = lang === 'en' || lang === 'sv' ? screenIsRight : screenFits
        await page.evaluate(
          `localStorage.setItem('onetill.pos.settings', '${JSON.stringify({ theme, sound: false })}')`,
        )
        await page.goto(`${world.shop.url}/pos?lang=${lang}`)
        await page.locator('.tile button').first().waitFor()
        if ((await page.locator('.line').count()) === 0) await scan(page, code)
        await page.waitForFunction("document.querySelector('.sell .sum-total dd')?.dataset.total === '750'")
        await shows(page, `${size} ${lang}: selling`)
        await page.keyboard.press('F9')
        await page.locator('[data-due="750"]').waitFor()
        await shows(page, `${size} ${lang}: paying`)
        await page.keyboard.press('Escape')
        await page.locator('.tile button').first().waitFor()
      }
    },
    options,
  )
}

test('the page of the till may run its own scripts alone, and is a page that can be installed', async () => {
  const page = await fetch(`${world.shop.url}/pos`)
  const policy = page.headers.get('content-security-policy') ?? ''
  for (const part of ["default-src 'none'", "worker-src 'self'", "manifest-src 'self'", "frame-ancestors 'none'"])
    assert.ok(policy.includes(part), `${part} in ${policy}`)
  const manifest = (await (await fetch(`${world.shop.url}/pos/manifest.webmanifest`)).json()) as {
    start_url: string
    icons: { src: string }[]
  }
  assert.equal(manifest.start_url, '/pos')
  const icon = await fetch(`${world.shop.url}${manifest.icons[0]?.src}`)
  assert.match(icon.headers.get('content-type') ?? '', /svg/)
  const worker = await fetch(`${world.shop.url}/pos-worker.js`)
  assert.match(worker.headers.get('content-security-policy') ?? '', /connect-src 'self'/)
  const unknown = await (await fetch(`${world.shop.url}/pos?lang=de`)).text()
  assert.match(unknown, /<html lang="en">/)
})
