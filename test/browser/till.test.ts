// The till as cashiers use it: by keyboard, by touch and by scanner, from the lock to the change; and what it does when the server is
// silent or the page is reloaded. After each sale the books say what was taken.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { shopping } from './shopper.ts'
import { openTill, SIZES, scan, screenIsRight, settled, totalOf, type, unlock } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world

/** The barcode of an article of the demo. */
async function barcodeOf(sku: string): Promise<string> {
  const { body } = await world.api.call<{ data: { barcodes: { code: string }[] }[] }>('GET', `/v1/variants?sku=${sku}`)
  const code = body.data[0]?.barcodes[0]?.code
  assert.ok(code, `${sku} has no barcode`)
  return code
}

interface Payment {
  status: string
  amount_captured: number
  tenders: { method: string; amount: number; cash: { tendered: number; change: number } | null }[]
}
/** The newest payment of the till. */
async function lastPayment(): Promise<Payment> {
  const { body } = await world.api.call<{ data: Payment[] }>('GET', '/v1/payments?channel=pos&limit=1')
  assert.ok(body.data[0])
  return body.data[0]
}
const change = (page: Page) => page.locator('[data-change]').getAttribute('data-change')

inBrowser('a cash sale takes four actions by scanner and keyboard, and the change is right', async (page) => {
  const soap = await barcodeOf('KP-SOAP')
  await openTill(page, world)
  await screenIsRight(page, 'an empty ticket')
  await scan(page, soap)
  await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
  assert.equal(await totalOf(page), 750)
  await settled(page)
  await page.keyboard.press('F9')
  await page.locator('[data-due="750"]').waitFor()
  await screenIsRight(page, 'the ways to pay')
  await page.getByRole('button', { name: '€20', exact: true }).click()
  await page.locator('[data-change]').waitFor()
  assert.equal(await change(page), '1250')
  await screenIsRight(page, 'the change')
  await page.keyboard.press('Enter')
  await page.getByText('Ready for the next customer').waitFor()
  const payment = await lastPayment()
  assert.deepEqual([payment.status, payment.amount_captured], ['captured', 750])
  assert.deepEqual(payment.tenders[0]?.cash, { tendered: 2000, change: 1250 })
})

inBrowser('an article is found by words, and Enter takes the best; words of nothing say so', async (page) => {
  await openTill(page, world)
  await page.keyboard.press('F2')
  await type(page, 'spruce so')
  await page.locator('.tile', { hasText: 'Spruce soap' }).waitFor()
  assert.equal(await page.locator('.tiles-empty').count(), 0)
  await page.keyboard.press('Enter')
  await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
  await page.keyboard.press('F2')
  await type(page, 'qxzq')
  await page.getByText('Nothing found for “qxzq”.').waitFor()
})

inBrowser('a code scanned while a field has the focus goes to the ticket and not into the field', async (page) => {
  const soap = await barcodeOf('KP-SOAP')
  await openTill(page, world)
  await page.keyboard.press('F2')
  await type(page, 'mu')
  await scan(page, soap)
  await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
  assert.equal(await page.getByLabel('Search articles').inputValue(), 'mu')
})

inBrowser('scans are on the ticket within 50 ms, and a burst of them loses none', async (page) => {
  const codes = await Promise.all(['KP-SOAP', 'KP-CANDLE', 'KP-BOARD', 'KP-TOWEL', 'KP-MAP'].map(barcodeOf))
  // Before the page's own listeners: from the Enter that ends a code until one line more has been drawn.
  await page.addInitScript(`
    window.took = []
    addEventListener('keydown', ({ key }) => {
      if (key !== 'Enter') return
      const began = performance.now()
      const before = document.querySelectorAll('.line').length
      const look = () => {
        if (document.querySelectorAll('.line').length > before) window.took.push(performance.now() - began)
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    }, { capture: true })
  `)
  await openTill(page, world)
  for (const [i, code] of codes.entries()) {
    await scan(page, code)
    await page.locator('.line').nth(i).waitFor()
  }
  const times = (await page.evaluate<number[]>('window.took')).slice(0, codes.length)
  times.sort((a, b) => a - b)
  const [, , median = Number.POSITIVE_INFINITY] = times
  assert.ok(median <= 50, `the median scan took ${median} ms`)
  for (const code of codes) await scan(page, code)
  await settled(page)
  assert.equal(await page.locator('.line').count(), 5)
  assert.equal(await totalOf(page), 2 * (750 + 2250 + 3495 + 1995 + 1250))
})

inBrowser('a multiplier counts for the next scan, a line is removed and comes back', async (page) => {
  const soap = await barcodeOf('KP-SOAP')
  await openTill(page, world)
  await type(page, '3*')
  await page.getByText('3 ×', { exact: true }).waitFor()
  await scan(page, soap)
  await settled(page)
  assert.equal(await totalOf(page), 2250)
  await type(page, '+')
  await settled(page)
  assert.equal(await totalOf(page), 3000)
  await page.keyboard.press('Delete')
  await page.getByText('Ready for the next customer').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await settled(page)
  assert.equal(await totalOf(page), 3000)
  await page.keyboard.press('F6')
  await screenIsRight(page, 'the quantity')
  await type(page, '12')
  await page.keyboard.press('Enter')
  await settled(page)
  assert.equal(await totalOf(page), 9000)
})

inBrowser('a code with signs that are keys of their own leaves the lines before it as they are', async (page) => {
  await openTill(page, world)
  for (const sku of ['KP-SOAP', 'KP-BOARD', 'KP-TENT-2']) {
    await scan(page, sku)
    await page.locator('.line').last().waitFor()
  }
  await settled(page)
  assert.equal(await totalOf(page), 750 + 3495 + 29_900)
  assert.equal(await page.locator('.line').count(), 3)
})

inBrowser('a code that is nobody’s is said, and the ticket stays as it was', async (page) => {
  await openTill(page, world)
  await scan(page, '4006381333931')
  await page.getByText('No article has the code 4006381333931.').waitFor()
  await screenIsRight(page, 'an unknown code')
  assert.equal(await totalOf(page), 0)
})

inBrowser('a ticket outlives a reload, and a server that is silent in the middle of it', async (page) => {
  const soap = await barcodeOf('KP-SOAP')
  await openTill(page, world)
  await scan(page, soap)
  await settled(page)
  await page.route(/\/v1\/carts/, (route) => route.abort())
  await scan(page, soap)
  await page.getByText(/^Offline since/).waitFor()
  await screenIsRight(page, 'offline')
  assert.equal(await totalOf(page), 1500)
  await page.reload()
  await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
  await page.unroute(/\/v1\/carts/)
  await settled(page)
  await page.locator('.line:not(:has(.waits))', { hasText: '2 × €7.50' }).waitFor()
  assert.equal(await totalOf(page), 1500)
})

inBrowser('a locked till takes no keys and no scans, and keeps its ticket for whoever comes next', async (page) => {
  const soap = await barcodeOf('KP-SOAP')
  await openTill(page, world)
  await scan(page, soap)
  await settled(page)
  await page.keyboard.press('F12')
  await page.getByText('Who is at the till?').waitFor()
  await screenIsRight(page, 'the lock')
  await scan(page, soap)
  await page.locator('.person', { hasText: 'Daan' }).click()
  await type(page, '9999')
  await page.keyboard.press('Enter')
  await page.getByText('That is not the PIN.').waitFor()
  await screenIsRight(page, 'a wrong PIN')
  await unlock(page, { who: /Daan/, pin: '2222' })
  assert.equal(await totalOf(page), 750)
})

inBrowser(
  'by touch: an article in two kinds, one from the grid, paid in two parts of cash',
  async (page) => {
    await openTill(page, world)
    await page.locator('.tile', { hasText: 'Enamel mug' }).tap()
    await screenIsRight(page, 'the kinds of an article')
    await page.getByRole('button', { name: /^Cream/ }).tap()
    await page.getByRole('button', { name: 'Home', exact: true }).tap()
    await page.locator('.tile', { hasText: 'Linen towel' }).tap()
    await settled(page)
    assert.equal(await totalOf(page), 1495 + 1995)
    await page.getByRole('button', { name: /^Pay/ }).tap()
    await page.locator('[data-due="3490"]').waitFor()
    for (const digit of ['1', '0', '00']) await page.getByRole('button', { name: digit, exact: true }).tap()
    await page.getByRole('button', { name: 'Cash €10.00' }).tap()
    await page.locator('[data-due="2490"]').waitFor()
    await screenIsRight(page, 'a part is paid')
    await page.getByRole('button', { name: /^€50$/ }).tap()
    await page.locator('[data-change]').waitFor()
    assert.equal(await change(page), '2510')
    const { tenders } = await lastPayment()
    assert.deepEqual(
      tenders.map(({ amount }) => amount),
      [1000, 2490],
    )
  },
  SIZES['tablet'],
)
