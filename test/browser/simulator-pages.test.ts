// The simulator's hosted pages as a customer meets them: by keyboard, by pointer, in five languages, light and dark, on
// narrow phones and wide screens, twice, too late, and with the browser's back button.

import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { createSimulator, type Simulator, simulatorServer } from '../../server/connectors/simulator/index.ts'
import type { Clock } from '../../server/lib/clock.ts'
import { systemClock } from '../../server/lib/clock.ts'
import { startChromium } from './chromium.ts'
import { faults } from './shopper.ts'

const LANGUAGES = ['en', 'nl', 'sv', 'pl', 'fr']
const CHALLENGE_CARD = '4000002500003155'

let browser: Browser | undefined
let simulator: Simulator
let server: FastifyInstance
let base: string
let aheadMs = 0
const clock: Clock = { ...systemClock, now: () => new Date(systemClock.now().getTime() + aheadMs) }

before(async () => {
  browser = await startChromium()
  simulator = createSimulator({ path: ':memory:', clock, publicUrl: '' })
  server = simulatorServer(simulator)
  // Stands for the shop: the way back must arrive somewhere.
  server.get('/shop', async (_request, reply) =>
    reply.type('text/html').send('<!doctype html><title>Shop</title><h1>Shop</h1>'),
  )
  await server.listen({ port: 0, host: '127.0.0.1' })
  base = `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`
})

after(async () => {
  await browser?.close()
  await server.close()
  await simulator.stop()
})

let charges = 0

/** Starts a charge that waits for the customer; gives its page. */
async function charge(
  method: string,
  options: { amount?: bigint; currency?: string; card?: string; returnUrl?: string } = {},
) {
  const operationId = `opn_page_${++charges}`
  const { outcome } = await simulator.handle('sale', {
    account: { id: 'cac_pages' },
    operation_id: operationId,
    payment_id: 'pay_pages',
    amount: options.amount ?? 4_995n,
    currency: options.currency ?? 'EUR',
    webhook_url: '',
    reference: 'Order <b>10023</b>',
    method,
    initiator: 'customer',
    return_url: options.returnUrl ?? `${base}/shop`,
    ...(options.card ? { card: { number: options.card, exp_month: 12, exp_year: 2099 } } : {}),
  })
  assert.ok(outcome.outcome === 'pending' && outcome.next_action && outcome.next_action.type !== 'present_card')
  return { operationId, url: `${base}${outcome.next_action.url}` }
}

function outcomeOf(operationId: string): string {
  const found = simulator.lookup('cac_pages', operationId)
  return found.outcome === 'declined' ? found.code : found.outcome
}

/** Runs `use` with a page of its own, unless this machine has no browser. */
function inBrowser(title: string, use: (page: Page) => Promise<void>, options: BrowserContextOptions = {}): void {
  test(title, async (t) => {
    if (!browser) return t.skip('no Chromium on this machine')
    const context = await browser.newContext(options)
    try {
      await use(await context.newPage())
    } finally {
      await context.close()
    }
  })
}

inBrowser('approving by pointer pays and leads back to the shop', async (page) => {
  const { operationId, url } = await charge('ideal')
  await page.goto(url)
  await page.getByRole('button', { name: 'Approve €49.95' }).click()
  await page.waitForURL(`${base}/shop`)
  assert.equal(outcomeOf(operationId), 'succeeded')
})

inBrowser('a 3-D Secure code is typed and sent by keyboard alone', async (page) => {
  const { operationId, url } = await charge('card', { card: CHALLENGE_CARD })
  await page.goto(url)
  await page.keyboard.press('Tab')
  await page.keyboard.type('123456')
  await page.keyboard.press('Tab')
  assert.equal(await page.locator(':focus').textContent(), 'Approve €49.95')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${base}/shop`)
  assert.equal(outcomeOf(operationId), 'succeeded')
})

inBrowser('the code 000000 fails the authentication', async (page) => {
  const { operationId, url } = await charge('card', { card: CHALLENGE_CARD })
  await page.goto(url)
  await page.getByLabel('Code from your bank').fill('000000')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${base}/shop`)
  assert.equal(outcomeOf(operationId), 'authentication_failed')
})

inBrowser('a code that is not six digits is asked for again, and nothing is decided', async (page) => {
  const { operationId, url } = await charge('card', { card: CHALLENGE_CARD })
  await page.goto(url)
  await page.getByLabel('Code from your bank').fill('12')
  await page.evaluate(WITHOUT_CHECKS)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('Enter six digits. Nothing has been charged.').waitFor()
  assert.equal(outcomeOf(operationId), 'pending')
})

for (const [button, code] of [
  ['Decline', 'customer_declined'],
  ['Cancel and go back', 'customer_canceled'],
] as const) {
  inBrowser(`${button}, by keyboard, ends as ${code} without a code being asked for`, async (page) => {
    const { operationId, url } = await charge('card', { card: CHALLENGE_CARD })
    await page.goto(url)
    await page.getByRole('button', { name: button }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(`${base}/shop`)
    assert.equal(outcomeOf(operationId), code)
  })
}

inBrowser('going back after paying shows that it is paid, and nothing can be pressed again', async (page) => {
  const { operationId, url } = await charge('paypal')
  await page.goto(url)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL(`${base}/shop`)
  await page.goBack()
  await page.getByRole('heading', { name: 'Approved' }).waitFor()
  assert.equal(await page.getByRole('button').count(), 0)
  assert.equal(await page.getByRole('link', { name: 'Back to the shop' }).getAttribute('href'), `${base}/shop`)
  assert.equal(simulator.journal().filter((row) => row.operation_id === operationId).length, 1)
})

inBrowser('the same page open twice decides once: the second press is told what was decided', async (page) => {
  const { operationId, url } = await charge('swish', { currency: 'SEK' })
  const other = await page.context().newPage()
  await page.goto(url)
  await other.goto(url)
  await page.getByRole('button', { name: 'Decline' }).click()
  await page.waitForURL(`${base}/shop`)
  await other.getByRole('button', { name: 'Approve' }).click()
  await other.getByRole('heading', { name: 'Not paid' }).waitFor()
  assert.equal(outcomeOf(operationId), 'customer_declined')
})

inBrowser('a page that has expired says so, with 410, and decides nothing more', async (page) => {
  const { operationId, url } = await charge('ideal')
  aheadMs = 31 * 60_000
  try {
    const response = await page.goto(url)
    assert.equal(response?.status(), 410)
    await page.getByRole('heading', { name: 'This page has expired' }).waitFor()
    await simulator.deliverDue()
    assert.equal(outcomeOf(operationId), 'action_expired')
  } finally {
    aheadMs = 0
  }
})

inBrowser('an address that was never given out is a friendly 404', async (page) => {
  const response = await page.goto(`${base}/simulator/pay/nothing-here?lang=nl`)
  assert.equal(response?.status(), 404)
  await page.getByRole('heading', { name: 'Deze pagina bestaat niet' }).waitFor()
})

inBrowser('a way back that is no web address is never followed', async (page) => {
  const { url } = await charge('ideal', { returnUrl: 'javascript:alert(1)' })
  await page.goto(url)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.getByText('You can close this page.').waitFor()
})

inBrowser(
  'the page works without script and speaks the browser’s language',
  async (page) => {
    const { operationId, url } = await charge('bancontact', { amount: 123_456n })
    await page.goto(url)
    assert.equal((await page.locator('.amount').textContent())?.replace(/\s/g, ' '), '1 234,56 €')
    await page.getByRole('button', { name: 'Approuver' }).click()
    await page.waitForURL(`${base}/shop`)
    assert.equal(outcomeOf(operationId), 'succeeded')
  },
  { javaScriptEnabled: false, locale: 'fr-FR' },
)

const AMOUNTS: [language: string, currency: string, amount: bigint, text: string][] = [
  ['en', 'JPY', 500n, 'JP¥500'],
  ['nl', 'EUR', 4_995n, '€ 49,95'],
  ['pl', 'PLN', 100n, '1,00 zł'],
  ['sv', 'SEK', 129_900n, '1 299,00 kr'],
  ['en', 'KWD', 12_345n, 'KWD 12.345'],
  ['sv', 'HUF', 100_000n, '1 000,00 HUF'],
]
for (const [language, currency, amount, text] of AMOUNTS) {
  inBrowser(`${amount} minor units of ${currency} read ${text} in ${language}`, async (page) => {
    const { url } = await charge('paypal', { amount, currency })
    await page.goto(`${url}?lang=${language}`)
    assert.equal((await page.locator('.amount').textContent())?.replace(/\s/g, ' '), text)
  })
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const language of LANGUAGES) {
    inBrowser(
      `no accessibility fault in ${language}, ${colorScheme}: open, with an error, and at the end`,
      async (page) => {
        const { operationId, url } = await charge('card', { card: CHALLENGE_CARD })
        await page.goto(`${url}?lang=${language}`)
        assert.deepEqual(await faults(page), [])
        await page.evaluate(WITHOUT_CHECKS)
        await page.locator('button.primary').click()
        await page.locator('.hint.wrong').waitFor()
        assert.deepEqual(await faults(page), [])
        simulator.act('cac_pages', operationId, 'decline')
        await page.goto(`${url}?lang=${language}`)
        assert.deepEqual(await faults(page), [])
      },
      // axe is put into the page by script, which the page's own policy forbids.
      { colorScheme, bypassCSP: true },
    )
  }
}

for (const width of [320, 390, 1024, 1280]) {
  inBrowser(
    `nothing is cut off or scrolls sideways at ${width} pixels, even for the largest amount`,
    async (page) => {
      for (const language of LANGUAGES) {
        const { url } = await charge('klarna_pay_later', { amount: 999_999_999_999n, currency: 'PLN' })
        await page.goto(`${url}?lang=${language}`)
        const overflow = (await page.evaluate(OVERFLOW)) as { page: number; wide: string[] }
        assert.ok(overflow.page <= 0, `${language}: the page is ${overflow.page} px too wide`)
        assert.deepEqual(overflow.wide, [], language)
      }
    },
    { viewport: { width, height: 800 } },
  )
}

/** Lets the server's own check of the form be seen. A text, as all that runs in the page: the test knows no DOM. */
const WITHOUT_CHECKS = `document.querySelector('form').setAttribute('novalidate', '')`

/** Pixels by which the page is too wide, and the elements that hold more than they show. */
const OVERFLOW = `({
  page: document.documentElement.scrollWidth - window.innerWidth,
  wide: [...document.querySelectorAll('body *')]
    .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.className || one.tagName),
})`
