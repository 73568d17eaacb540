// Makes the pictures in docs/images anew: what shoppers meet, and the simulator's 3-D Secure page. Not a test; run it when a page
// has changed:
//
//   node --disable-warning=ExperimentalWarning test/browser/screenshots.ts

import { join } from 'node:path'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { request } from '../../server/nexo/index.ts'
import { servedShop } from '../served-shop.ts'
import { startChromium } from './chromium.ts'
import { scan, type, unlock } from './till.ts'
import { wireTo } from './wire.ts'

const IMAGES = join(import.meta.dirname, '..', '..', 'docs', 'images')
const PHONE = { width: 390, height: 640 }
const LAPTOP = { width: 1280, height: 800 }

interface Picture {
  name: string
  url: string
  options: BrowserContextOptions
  /** Shown when the page is complete. */
  until: string
}

async function take(browser: Browser, { name, url, options, until }: Picture): Promise<void> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  await page.goto(url)
  await page.getByText(until).first().waitFor()
  await page.evaluate('document.fonts.ready')
  await page.screenshot({ path: join(IMAGES, `${name}.png`), fullPage: options.viewport !== LAPTOP })
  await context.close()
}

/** The till with a few things on the ticket, how they are paid, and how it sells on while its server is away. */
async function takeTill(browser: Browser): Promise<void> {
  const context = await browser.newContext({ viewport: LAPTOP })
  const page = await context.newPage()
  await page.addInitScript(`localStorage.setItem('onetill.pos.settings', '{"theme":"light","sound":false}')`)
  const wire = await wireTo(shop.url)
  await page.goto(`${wire.url}/pos?lang=en`)
  await page.locator('.register', { hasText: 'Amsterdam' }).first().click()
  await unlock(page)
  await page.getByRole('heading', { name: 'Open the shift' }).waitFor()
  await type(page, '20000')
  await page.keyboard.press('Enter')
  await page.locator('.tile button').first().waitFor()
  for (const sku of ['KP-SOAP', 'KP-BOARD', 'KP-TENT-2', 'KP-MUG-PINE']) await scan(page, sku)
  await page.locator('.line', { hasText: 'Enamel mug' }).waitFor()
  await page.locator('.link-state', { hasText: 'Online' }).waitFor()
  await page.screenshot({ path: join(IMAGES, 'till.png') })
  await page.keyboard.press('F9')
  await page.locator('[data-due]').waitFor()
  await page.locator('.pay:enabled').waitFor()
  await page.screenshot({ path: join(IMAGES, 'till-pay.png') })
  await page.keyboard.press('Escape')
  await wire.cut()
  await page.evaluate("dispatchEvent(new Event('online'))")
  await page.locator('.customer-key.alone').waitFor()
  await page.keyboard.press('F10')
  await page.locator('.change-amount').waitFor()
  await page.keyboard.press('Enter')
  for (const sku of ['KP-SOAP', 'KP-BOARD']) await scan(page, sku)
  await page.locator('.line', { hasText: 'Ash cutting board' }).waitFor()
  await page.screenshot({ path: join(IMAGES, 'till-offline.png') })
  await context.close()
}

const browser = await startChromium()
if (!browser) throw new Error('There is no Chromium on this machine.')
const shop = await servedShop({ hasTills: true })
try {
  const api = async <T>(path: string, key: string, body: object): Promise<T> => {
    const answer = await fetch(`${shop.url}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': `picture-${path}-${JSON.stringify(body).length}`,
      },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as T
  }
  const { id: token } = await api<{ id: string }>('/v1/tokens', shop.demo.publishable_key, {
    card: { number: '4000 0025 0000 3155', exp_month: 12, exp_year: 2034, cvc: '123' },
  })
  const { next_action } = await api<{ next_action: { url: string } }>('/v1/payments', shop.demo.secret_key, {
    amount: 4995,
    currency: 'EUR',
    channel: 'web',
    reference: 'Order 10023',
    tender: { method: 'card', token },
  })
  await take(browser, {
    name: 'three-d-secure',
    url: next_action.url,
    options: { viewport: PHONE },
    until: 'Code from your bank',
  })
  await take(browser, {
    name: 'shop',
    url: `${shop.url}/shop?lang=en`,
    options: { viewport: LAPTOP },
    until: 'Fell boots',
  })
  const session = await api<{ url: string }>('/v1/checkout_sessions', shop.demo.secret_key, {
    ...{ amount: 14_900, currency: 'EUR', country: 'NL', language: 'nl', reference: 'Bestelling 10024' },
    description: 'Harrier regenjas, S, roest',
  })
  await take(browser, { name: 'checkout', url: session.url, options: { viewport: PHONE }, until: 'iDEAL' })
  const link = await api<{ url: string }>('/v1/payment_links', shop.demo.secret_key, {
    ...{ amount: 4_995, currency: 'EUR', language: 'sv', description: 'Reparation av ett tält' },
  })
  const dark = { viewport: PHONE, colorScheme: 'dark' } as const
  await take(browser, { name: 'payment-link', url: link.url, options: dark, until: '49,95' })
  await takeTill(browser)
  const message = request(
    'Payment',
    { serviceId: 'PICTURE', saleId: 'Till 1', poiId: 'V400m-100000001' },
    {
      SaleData: {
        SaleTransactionID: { TransactionID: 'Order 10025', TimeStamp: '2026-11-27T09:00:00.000Z' },
        SaleToAcquirerData: 'tenderOption=AskGratuity',
      },
      PaymentTransaction: { AmountsReq: { Currency: 'EUR', RequestedAmount: 49.95 } },
    },
  )
  const terminal = shop.program.virtualTerminals.add('V400m-100000001', 'Amsterdam 1')
  terminal.set({ pace: 'instant', customer: { card: 'mc', entry: 'contactless', tip: 250 } })
  await terminal.exchange(message)
  terminal.set({ customer: null })
  void terminal.exchange(JSON.parse(JSON.stringify(message).replace('PICTURE', 'PICTURE2').replace('49.95', '86.5')))
  terminal.touch({ type: 'key', key: 'confirm' })
  await take(browser, {
    name: 'terminal',
    url: `${shop.url}/terminal/V400m-100000001?lang=en`,
    options: { viewport: LAPTOP },
    until: 'Tap, insert or swipe',
  })
  terminal.touch({ type: 'key', key: 'cancel' })
} finally {
  await shop.close()
  await browser.close()
}
