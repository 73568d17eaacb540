// The hosted checkout as a shopper meets it: every kind of method approved, declined and left, two tabs, double clicks, the back
// button, no script, and texts that try to be markup. After each, the books say what was paid.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { atSimulator, fits, looksRight, shopping } from './shopper.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }

interface Session {
  id: string
  url: string
  state: string
  payment_id: string | null
}

async function session(input: object = {}): Promise<Session> {
  const { status, body, text } = await world.api.call<Session>('POST', '/v1/checkout_sessions', {
    ...{ amount: 4995, currency: 'EUR', country: 'NL', description: 'Order 1001' },
    ...input,
  })
  assert.equal(status, 201, text)
  return body
}

/** What the books say about a session. */
async function booked({ id }: Session) {
  const { body } = await world.api.call<Session>('GET', `/v1/checkout_sessions/${id}`)
  if (body.payment_id === null) return { state: body.state, captured: 0, tenders: [] as string[], status: 'none' }
  const payment = await world.api.call<{
    status: string
    amount_captured: number
    tenders: { method: string; status: string }[]
  }>('GET', `/v1/payments/${body.payment_id}`)
  const { status, amount_captured, tenders } = payment.body
  return {
    state: body.state,
    captured: amount_captured,
    status,
    tenders: tenders.map((t) => `${t.method} ${t.status}`),
  }
}

const choose = (page: Page, name: string | RegExp) => page.getByRole('radio', { name }).check()
const payButton = (page: Page) => page.getByRole('button', { name: /^Pay €?/ })
const title = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor({ timeout: 15_000 })

async function typeCard(page: Page, number: string): Promise<void> {
  await choose(page, /^Card/)
  await page.fill('#card-number', number)
  await page.fill('#card-expiry', '12/30')
  await page.fill('#card-cvc', '123')
}

inBrowser('a card pays by keyboard alone, and the page says so', async (page) => {
  const made = await session()
  await page.goto(made.url)
  await looksRight(page, 'choosing')
  await page.getByRole('radio', { name: /^iDEAL/ }).focus()
  await page.keyboard.press('ArrowDown')
  for (const typed of ['4242424242424242', '1230', '123']) {
    await page.keyboard.press('Tab')
    await page.keyboard.type(typed)
  }
  assert.equal(await page.inputValue('#card-number'), '4242 4242 4242 4242')
  assert.equal(await page.inputValue('#card-expiry'), '12 / 30')
  await page.keyboard.press('Enter')
  await title(page, 'Paid')
  await looksRight(page, 'paid')
  assert.deepEqual(await booked(made), {
    ...{ state: 'complete', captured: 4995, status: 'captured', tenders: ['card captured'] },
  })
})

inBrowser('a declined card costs nothing, and the next one pays the same payment', async (page) => {
  const made = await session()
  await page.goto(made.url)
  await typeCard(page, '4000000000009995')
  await payButton(page).click()
  await page.getByRole('alert').filter({ hasText: 'Nothing was charged' }).waitFor()
  await looksRight(page, 'declined')
  await typeCard(page, '4242424242424242')
  await payButton(page).click()
  await title(page, 'Paid')
  assert.deepEqual((await booked(made)).tenders, ['card failed', 'card captured'])
})

inBrowser('a wrong number is caught before anything is sent, and the field says what to do', async (page) => {
  const made = await session()
  await page.goto(made.url)
  await typeCard(page, '4242424242424241')
  await payButton(page).click()
  await page.getByText('Check the card number.').waitFor()
  assert.equal(await page.evaluate('document.activeElement.id'), 'card-number')
  await looksRight(page, 'a wrong field')
  assert.equal((await booked(made)).status, 'none')
})

inBrowser('3-D Secure: reload in the middle, back, and then approve', async (page) => {
  const made = await session()
  await page.goto(made.url)
  await typeCard(page, '4000002500003155')
  await payButton(page).click()
  await page.waitForURL(/\/simulator\//)
  await page.goBack()
  await title(page, 'Confirm with your bank')
  await page.reload()
  await title(page, 'Confirm with your bank')
  await looksRight(page, 'waiting for the bank')
  await page.getByRole('link', { name: 'Go to your bank' }).click()
  await atSimulator(page, 'approve', '123456')
  await title(page, 'Paid')
  assert.deepEqual((await booked(made)).tenders, ['card captured'])
})

inBrowser('3-D Secure failed, declined or left says that nothing was charged', async (page) => {
  const made = await session()
  await page.goto(made.url)
  for (const [act, code, says] of [
    ['approve', '000000', 'could not confirm that it was you'],
    ['decline', undefined, 'The payment was declined'],
    ['abandon', undefined, 'You left before paying'],
  ] as const) {
    await typeCard(page, '4000002500003155')
    await payButton(page).click()
    await atSimulator(page, act, code)
    await page.getByRole('alert').filter({ hasText: says }).waitFor({ timeout: 15_000 })
  }
  const { captured, tenders } = await booked(made)
  assert.deepEqual([captured, tenders], [0, ['card failed', 'card failed', 'card failed']])
})

for (const [method, input, radio] of [
  ['ideal', {}, /^iDEAL/],
  ['wero', { country: 'BE' }, /^Wero/],
  ['bancontact', { country: 'BE' }, /^Bancontact/],
  ['przelewy24', { currency: 'PLN', country: 'PL' }, /^Przelewy24/],
  ['trustly', { currency: 'SEK', country: 'SE' }, /^Trustly/],
  ['paypal', {}, /^PayPal/],
  ['klarna_pay_later', { currency: 'SEK', country: 'SE' }, /^Klarna Pay later/],
  ['riverty', {}, /^Riverty/],
  ['in3', { amount: 9995 }, /^in3/],
  ['alma', { amount: 9995, country: 'FR' }, /^Alma/],
] as const) {
  inBrowser(`${method}: declined there, then left, then approved: one payment`, async (page) => {
    const made = await session(input)
    const pressPay = async () => {
      const more = page.getByText('More ways to pay')
      if ((await more.count()) > 0 && !(await page.getByRole('radio', { name: radio }).isVisible())) await more.click()
      await choose(page, radio)
      await page.getByRole('button', { name: /^Pay / }).click()
    }
    await page.goto(made.url)
    await pressPay()
    await atSimulator(page, 'decline')
    await page.getByRole('alert').filter({ hasText: 'othing was charged' }).waitFor({ timeout: 15_000 })
    await pressPay()
    await atSimulator(page, 'abandon')
    await page.getByRole('alert').filter({ hasText: 'You left before paying' }).waitFor({ timeout: 15_000 })
    await pressPay()
    await atSimulator(page, 'approve')
    await title(page, 'Paid')
    const { tenders, captured } = await booked(made)
    assert.deepEqual(tenders, [`${method} failed`, `${method} failed`, `${method} captured`])
    assert.equal(captured, 'amount' in input ? input.amount : 4995)
  })
}

inBrowser(
  'Swish: declined, left, and confirmed on the phone while this page waits, or sleeps',
  async (page) => {
    const made = await session({ currency: 'SEK', country: 'SE' })
    await page.goto(made.url)
    const phone = await world.device(PHONE)
    const pressPay = async () => {
      await choose(page, /^Swish/)
      await page.getByRole('button', { name: /^Pay / }).click()
      await title(page, 'Confirm in Swish')
      await page.getByRole('img', { name: /QR code/ }).waitFor()
      await phone.goto((await page.getByRole('link', { name: /^Open / }).getAttribute('href')) as string)
    }
    await pressPay()
    await looksRight(page, 'waiting for the app')
    await atSimulator(phone, 'decline')
    // Nobody touches this page.
    await page.getByRole('alert').filter({ hasText: 'othing was charged' }).waitFor({ timeout: 15_000 })
    await pressPay()
    await atSimulator(phone, 'abandon')
    await page.getByRole('alert').filter({ hasText: 'You left before paying' }).waitFor({ timeout: 15_000 })
    await pressPay()
    await page.context().setOffline(true)
    await atSimulator(phone, 'approve')
    await phone.context().close()
    await page.context().setOffline(false)
    await title(page, 'Paid')
    assert.deepEqual((await booked(made)).tenders, ['swish failed', 'swish failed', 'swish captured'])
  },
  PHONE,
)

inBrowser('another way: what waited is taken back, and is never paid besides', async (page) => {
  const made = await session()
  await page.goto(made.url)
  await choose(page, /^iDEAL/)
  await payButton(page).click()
  await page.waitForURL(/\/simulator\//)
  const bank = page.url()
  await page.goto(made.url)
  await page.getByRole('button', { name: 'Choose another way to pay' }).click()
  await page.getByText('Taken back. Nothing was charged.').waitFor()
  await typeCard(page, '4242424242424242')
  await payButton(page).click()
  await title(page, 'Paid')
  // The bank's page is still open in a tab: it can no longer pay.
  await page.goto(bank)
  assert.equal(await page.locator('button[value="approve"]').count(), 0)
  assert.deepEqual(await booked(made), {
    ...{ state: 'complete', captured: 4995, status: 'captured', tenders: ['ideal canceled', 'card captured'] },
  })
})

for (const [method, name] of [
  ['google_pay', 'Google Pay'],
  ['apple_pay', 'Apple Pay'],
] as const)
  inBrowser(`${name}: closed, declined and confirmed on the device’s sheet`, async (page) => {
    const made = await session()
    await page.goto(made.url)
    await choose(page, new RegExp(`^${name}`))
    await payButton(page).click()
    await page.getByRole('dialog').waitFor()
    await looksRight(page, 'the sheet')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    assert.equal((await booked(made)).status, 'none')
    await payButton(page).click()
    await page.getByLabel('Card', { exact: true }).last().selectOption({ label: 'Visa •••• 0002' })
    await page.getByRole('button', { name: `Pay with ${name}` }).click()
    await page.getByRole('alert').filter({ hasText: 'nothing was charged' }).waitFor()
    await payButton(page).click()
    await page.getByRole('button', { name: `Pay with ${name}` }).click()
    await title(page, 'Paid')
    assert.deepEqual((await booked(made)).tenders, [`${method} failed`, `${method} captured`])
  })

inBrowser('a gift card pays what it has, and a card the rest', async (page) => {
  const made = await session()
  const card = await world.api.call<{ id: string; code: string }>(
    'POST',
    '/v1/gift_cards',
    { amount: 2000, currency: 'EUR' },
    { key: `gift-${made.id}` },
  )
  assert.equal(card.status, 201, card.text)
  await page.goto(made.url)
  await page.getByText('More ways to pay').click()
  await choose(page, /^Gift card/)
  await page.getByLabel('Gift card code').fill('0000 0000 0000 0000')
  await payButton(page).click()
  await page.getByText('That code or PIN is not right').waitFor()
  await page.getByLabel('Gift card code').fill(card.body.code)
  await payButton(page).click()
  await page.getByText('Part of it is paid').waitFor()
  await looksRight(page, 'partly paid')
  await page.getByRole('button', { name: 'Pay €29.95' }).waitFor()
  await typeCard(page, '4242424242424242')
  await page.getByRole('button', { name: 'Pay €29.95' }).click()
  await title(page, 'Paid')
  const { tenders, captured } = await booked(made)
  assert.deepEqual(tenders, ['gift_card captured', 'card captured'])
  assert.equal(captured, 4995)
})

inBrowser('a saved card pays with one press', async (page) => {
  const customer = await world.api.call<{ id: string }>('POST', '/v1/customers', { email: 'ada@example.org' })
  const first = await session({ customer_id: customer.body.id })
  await page.goto(first.url)
  await typeCard(page, '4242424242424242')
  await page.getByLabel('Keep this card for next time').check()
  await payButton(page).click()
  await title(page, 'Paid')
  const second = await session({ customer_id: customer.body.id })
  await page.goto(second.url)
  assert.equal(await page.getByRole('radio', { name: /Visa •••• 4242/ }).isChecked(), true)
  await payButton(page).click()
  await title(page, 'Paid')
  assert.equal((await booked(second)).captured, 4995)
})

inBrowser('a double click and two tabs make one payment', async (page) => {
  const made = await session()
  const other = await page.context().newPage()
  await page.goto(made.url)
  await other.goto(made.url)
  await typeCard(page, '4242424242424242')
  await typeCard(other, '5555555555554444')
  await Promise.all([payButton(page).dblclick(), payButton(other).dblclick()])
  await title(page, 'Paid')
  await other.reload()
  await title(other, 'Paid')
  const { captured, tenders } = await booked(made)
  assert.equal(captured, 4995)
  assert.equal(tenders.filter((tender) => tender.endsWith('captured')).length, 1)
})

inBrowser('the amount is the server’s, whatever the page is made to show or send', async (page) => {
  const made = await session()
  await page.goto(made.url)
  await page.evaluate(`
    for (const node of document.querySelectorAll('.amount, .pay')) node.textContent = 'Pay €0.01'
    document.querySelector('input[name="seen"]').setAttribute('value', '1')`)
  const path = new URL(made.url).pathname
  const answers = await page.evaluate(async (to) => {
    const post = async (body: object) => {
      const answer = await fetch(`${to}/pay`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: answer.status, ...((await answer.json()) as object) } as Record<string, unknown>
    }
    const attempt = 'a'.repeat(16)
    return [
      await post({ attempt, method: 'ideal', amount: 1 }),
      await post({ attempt, method: 'ideal', seen: 1 }),
      await post({ attempt, method: 'cash' }),
    ]
  }, path)
  assert.equal(answers[0]?.['code'], 'unknown-field')
  assert.deepEqual(answers[1]?.['notice'], { code: 'amount_changed', kind: 'bad' })
  assert.deepEqual(answers[2]?.['notice'], { code: 'method_unavailable', kind: 'bad' })
  assert.equal((await booked(made)).captured, 0)
})

inBrowser(
  'without script a bank method pays, and a card number goes nowhere',
  async (page) => {
    const made = await session()
    await page.goto(made.url)
    await choose(page, /^Card/)
    await page.fill('#card-number', '4242424242424242')
    const posted: string[] = []
    page.on('request', (request) => posted.push(request.postData() ?? ''))
    await payButton(page).click()
    await page.getByText('Paying by card needs JavaScript. Switch it on').waitFor()
    assert.ok(posted.every((data) => !data.replaceAll(/\D/g, '').includes('4242')))
    await choose(page, /^iDEAL/)
    await payButton(page).click()
    await atSimulator(page, 'approve')
    await title(page, 'Paid')
    assert.deepEqual((await booked(made)).tenders, ['ideal captured'])
  },
  { javaScriptEnabled: false },
)

inBrowser(
  'names that are markup, very long or written from right to left stay text',
  async (page) => {
    const evil = '<img src=x onerror=alert(1)>"\'</script><script>alert(1)</script>{{7*7}}'
    const made = await session({
      ...{ description: evil, reference: `\u202e${'W'.repeat(100)}` },
      lines: [{ name: 'x'.repeat(200), quantity: 1, amount: 4995 }],
    })
    page.on('dialog', () => assert.fail('a dialog opened'))
    await page.goto(made.url)
    assert.equal(await page.locator('h1').textContent(), evil)
    await looksRight(page, 'hostile names')
  },
  { viewport: { width: 320, height: 700 } },
)

inBrowser(
  'in a frame of the shop: it grows, tells where the customer stands, and believes nobody else',
  async (page) => {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<!doctype html><title>Shop</title><h1>Shop</h1><script type="module" src="${world.shop.url}/embed.js"></script>
      <onetill-checkout></onetill-checkout><iframe id="other" src="about:blank"></iframe>`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      const made = await session()
      const refused = await page.goto(origin)
      assert.equal(refused?.status(), 200)
      await world.api.call('PATCH', '/v1/checkout_settings', { allowed_origins: [origin] })
      await page.evaluate(`
      window.phases = []
      const element = document.querySelector('onetill-checkout')
      element.addEventListener('checkout-phase', (event) => window.phases.push(event.detail.phase))
      element.setAttribute('src', ${JSON.stringify(made.url)})`)
      const frame = page.frameLocator('onetill-checkout iframe')
      await frame.getByRole('radio', { name: /^Card/ }).check()
      await frame.locator('#card-number').fill('4242424242424242')
      await frame.locator('#card-expiry').fill('12/30')
      await frame.locator('#card-cvc').fill('123')
      // Another frame, and the shop's own page, say that it is paid: nobody listens.
      await page.evaluate(`window.postMessage({ onetill: 'checkout', phase: 'paid', height: 9999 }, '*')`)
      assert.deepEqual(await page.evaluate('window.phases'), ['pay'])
      await frame.getByRole('button', { name: /^Pay/ }).click()
      await frame.getByRole('heading', { name: 'Paid' }).waitFor()
      await page.waitForFunction(`window.phases.at(-1) === 'paid'`)
      assert.equal((await booked(made)).captured, 4995)
      await page.evaluate(`document.querySelector('onetill-checkout').setAttribute('src', 'javascript:alert(1)')`)
      assert.equal(await page.locator('onetill-checkout iframe').getAttribute('src'), null)
    } finally {
      server.close()
      await world.api.call('PATCH', '/v1/checkout_settings', { allowed_origins: [] })
    }
  },
)

inBrowser('a page that leads nowhere, has ended or was cancelled says so', async (page) => {
  await page.goto(`${world.shop.url}/c/cs_${'x'.repeat(32)}`)
  await title(page, 'This page does not exist')
  await looksRight(page, 'unknown')
  const made = await session()
  await world.api.call('POST', `/v1/checkout_sessions/${made.id}/cancel`, {})
  const answer = await page.goto(made.url)
  assert.equal(answer?.status(), 410)
  await title(page, 'There is nothing to pay here')
  await looksRight(page, 'cancelled')
})

for (const language of ['en', 'nl', 'sv', 'pl', 'fr', 'de']) {
  inBrowser(
    `in ${language}: every width`,
    async (page) => {
      // Two methods of cards: the national scheme and the others.
      const made = await session({ country: 'FR', amount: 99_999_995 })
      for (const width of [1280, 1024, 390, 320]) {
        await page.setViewportSize({ width, height: 800 })
        await page.goto(`${made.url}?lang=${language}`)
        assert.equal(await page.getAttribute('html', 'lang'), language)
        await choose(page, /^(Card|Kaart|Kort|Karta|Carte|Karte)$/)
        await fits(page, `${language} ${width}`)
      }
      await looksRight(page, language)
    },
    { colorScheme: language === 'en' || language === 'nl' ? 'dark' : 'light' },
  )
}
