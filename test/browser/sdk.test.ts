// The SDK in a page of another origin: the card goes to the Onetill server and to no other, the cart stays on the device, and the order
// is paid on the checkout page, in a frame of the shop's page or instead of it.

import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { createApi } from '../api.ts'
import { type ServedShop, servedShop } from '../served-shop.ts'
import { startChromium } from './chromium.ts'

const PATIENCE_MS = 30_000

let shop: ServedShop
let browser: Browser | undefined
let own: Server
let origin: string
let variant: string
/** What the shop's own server was sent. */
const sent: string[] = []
before(async () => {
  shop = await servedShop()
  browser = await startChromium()
  own = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      sent.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)} ${body}`)
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Shop</title><main id="pay"></main>')
    })
  })
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(own.address() as AddressInfo).port}`
  const api = createApi(
    async ({ method, path, headers, payload }) => {
      const answer = await fetch(shop.url + path, { method, headers: headers ?? {}, body: payload ?? null })
      return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() }
    },
    shop.demo.secret_key,
    'sdk',
  )
  const prices = [{ currency: 'EUR', unit_price: '10.00' }]
  const made = await api.call<{ variants: { id: string }[] }>('POST', '/v1/products', {
    ...{ name: 'Print', variants: [{ track: 'none', prices }] },
  })
  variant = made.body.variants[0]?.id as string
  const allowed = await api.call('PATCH', '/v1/checkout_settings', { allowed_origins: [origin] })
  assert.equal(allowed.status, 200, allowed.text)
})
after(async () => {
  await browser?.close()
  own.close()
  await shop.close()
})

/** The shop's page, with the SDK as `onetill`. */
async function openPage(): Promise<Page | undefined> {
  const page = await (await browser?.newContext())?.newPage()
  if (!page) return undefined
  page.setDefaultTimeout(PATIENCE_MS)
  await page.goto(origin)
  const setUp = `import { Onetill } from '${shop.url}/sdk.js'
    window.onetill = Onetill('${shop.demo.publishable_key}', { url: '${shop.url}' })
    window.newCart = () => window.onetill.cart({ currency: 'EUR', country: 'NL' })`
  await page.addScriptTag({ type: 'module', content: setUp })
  await page.waitForFunction('window.onetill !== undefined')
  return page
}

test('a card becomes a token without the shop’s server seeing it, and nothing of it stays in the page', async (t) => {
  const page = await openPage()
  if (!page) return t.skip('no browser')
  const posts: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(new URL(request.url()).origin + new URL(request.url()).pathname)
  })
  const card = `{ number: '4242 4242 4242 4242', exp_month: 12, exp_year: 2034, cvc: '737' }`
  const token = await page.evaluate(`window.onetill.tokenise(${card})`)
  assert.match((token as { id: string }).id, /^tok_/)
  assert.deepEqual(posts, [`${shop.url}/v1/tokens`])
  assert.equal(
    sent.some((text) => /4242|737/.test(text.replaceAll(/:\d+/g, ''))),
    false,
    'the shop’s server saw the card',
  )
  assert.equal(await page.evaluate('JSON.stringify([...Object.entries(localStorage), document.cookie])'), '[""]')
  const refused = await page.evaluate(
    `window.onetill.tokenise({ number: '4242424242424241', exp_month: 12, exp_year: 2034 }).catch((error) => [error.code, error.status])`,
  )
  assert.deepEqual((refused as unknown[])[1], 422)
})

test('the cart outlives the page, is placed once, and is paid in a frame of the shop’s page', async (t) => {
  const page = await openPage()
  if (!page) return t.skip('no browser')
  await page.evaluate(`(async () => { await window.newCart().add('${variant}', 2) })()`)
  await page.reload()
  await page.addScriptTag({
    type: 'module',
    content: `import { Onetill } from '${shop.url}/sdk.js'
      const onetill = Onetill('${shop.demo.publishable_key}', { url: '${shop.url}' })
      window.cart = onetill.cart({ currency: 'EUR', country: 'NL' })`,
  })
  await page.waitForFunction('window.cart !== undefined')
  const read = (await page.evaluate('window.cart.read()')) as { total: number; lines: { quantity: number }[] }
  assert.deepEqual([read.lines.length, read.lines[0]?.quantity], [1, 2])
  const placed = (await page.evaluate(`(async () => {
    const address = { name: 'Ada', line1: 'Prinsengracht 1', postal_code: '1015 DK', city: 'Amsterdam', country: 'NL' }
    await window.cart.change({ shipping_address: address })
    const { order, checkout } = await window.cart.order({ email: 'ada@example.org', language: 'en' })
    await checkout.mount(document.querySelector('#pay'))
    return { id: order.id, url: checkout.url, left: localStorage.length }
  })()`)) as { id: string; url: string; left: number }
  assert.match(placed.id, /^ord_/)
  assert.equal(placed.left, 0, 'the device holds no cart any more')
  assert.equal(new URL(placed.url).origin, shop.url)
  const frame = page.frameLocator('onetill-checkout iframe')
  await frame.getByText('€20.00').first().waitFor()
  await page.context().close()
})

test('a cart’s page asks where it goes, and follows the cart that stays on the device', async (t) => {
  const page = await openPage()
  if (!page) return t.skip('no browser')
  const opened = (await page.evaluate(`(async () => {
    window.cart = window.newCart()
    await window.cart.add('${variant}', 3)
    const refused = await window.cart.checkout({ cancel_url: 'javascript:alert(1)' }).catch(({ code }) => code)
    const { session, checkout } = await window.cart.checkout({ language: 'nl', cancel_url: '${origin}/cart' })
    await window.cart.add('${variant}', 1)
    await checkout.mount(document.querySelector('#pay'))
    return { refused, session, left: localStorage.length }
  })()`)) as { refused: string; session: { url: string; amount: number; order_id: null }; left: number }
  const { refused, session, left } = opened
  assert.deepEqual([refused, session.amount, session.order_id, left], ['url-not-allowed', 3495, null, 1])
  const frame = page.frameLocator('onetill-checkout iframe')
  await frame.getByLabel('Straat en huisnummer').waitFor()
  await frame.getByText('€ 44,95').first().waitFor()
  await page.context().close()
})

test('only a publishable key is taken, and only a page of this server', async (t) => {
  const page = await openPage()
  if (!page) return t.skip('no browser')
  const tried = await page.evaluate(`(async () => {
    const { Onetill } = await import('${shop.url}/sdk.js')
    const name = (work) => { try { work(); return 'taken' } catch (error) { return error.name } }
    return [
      name(() => Onetill('${shop.demo.secret_key}', { url: '${shop.url}' })),
      name(() => window.onetill.checkout('https://evil.example/c/cs_1')),
      name(() => window.onetill.checkout('javascript:alert(1)')),
      name(() => window.onetill.checkout('${shop.url}/shop')),
      name(() => window.onetill.checkout('${shop.url}/c/cs_1')),
    ]
  })()`)
  assert.deepEqual(tried, ['TypeError', 'TypeError', 'TypeError', 'TypeError', 'taken'])
})
