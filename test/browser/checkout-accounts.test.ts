// Ways to pay that draw on an account on the page itself: a direct debit with its mandate, and what a recognised customer has with the
// shop.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { looksRight, shopping } from './shopper.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }

interface Session {
  id: string
  url: string
  payment_id: string | null
}
interface Paid {
  id: string
  status: string
  amount_captured: number
  tenders: { method: string; status: string; amount: number; instrument: { mandate?: string; last4?: string } | null }[]
}

async function open(page: Page, input: object = {}): Promise<Session> {
  const made = await world.api.call<Session>('POST', '/v1/checkout_sessions', {
    ...{ amount: 4995, currency: 'EUR', country: 'NL' },
    ...input,
  })
  assert.equal(made.status, 201, made.text)
  await page.goto(made.body.url)
  return made.body
}

async function paymentOf({ id }: Session): Promise<Paid> {
  const { body } = await world.api.call<Session>('GET', `/v1/checkout_sessions/${id}`)
  return (await world.api.call<Paid>('GET', `/v1/payments/${body.payment_id}`)).body
}

async function choose(page: Page, name: RegExp): Promise<void> {
  const radio = page.getByRole('radio', { name })
  if (!(await radio.isVisible())) await page.getByText('More ways to pay').click()
  await radio.check()
}
const press = (page: Page) => page.getByRole('button', { name: /^Pay / }).click()

inBrowser(
  'SEPA Direct Debit: the mandate is read before it is given, a wrong account is told, and the debit is on its way',
  async (page) => {
    const session = await open(page)
    await choose(page, /^SEPA Direct Debit/)
    await page.getByText(/you allow Kestrel & Pine to collect €49.95 from this account once/).waitFor()
    await looksRight(page, 'a mandate')
    await page.getByLabel('Account holder').fill('Ada de Vries')
    for (const wrong of ['NL12', 'NL91 ABNA 0417 1643 01']) {
      await page.getByLabel('Account number (IBAN)').fill(wrong)
      await press(page)
      await page.getByRole('alert').filter({ hasText: 'That account number is not right' }).waitFor()
      await page.getByRole('radio', { name: /^SEPA Direct Debit/ }).check()
    }
    await page.getByLabel('Account number (IBAN)').fill('NL91 ABNA 0417 1643 00')
    await press(page)
    await page.getByRole('heading', { name: /Your payment is being made|Paid/ }).waitFor({ timeout: 20_000 })
    const payment = await paymentOf(session)
    const [debit, ...others] = payment.tenders
    assert.equal(others.length, 0, 'a wrong number began nothing')
    assert.match(debit?.instrument?.mandate ?? '', /^MND-/)
    assert.equal(debit?.instrument?.last4, '4300')
  },
  PHONE,
)

inBrowser(
  'points and store credit of a recognised customer pay what they have, and the rest another way',
  async (page) => {
    const { api } = world
    const customer = await api.call<{ id: string }>('POST', '/v1/customers', { name: 'Ada' })
    const token = await api.call<{ id: string }>('POST', '/v1/tokens', {
      card: { number: '4242424242424242', exp_month: 12, exp_year: 2030, cvc: '123' },
    })
    const sale = await api.pay({
      ...{ amount: 2000, currency: 'EUR', channel: 'web', customer_id: customer.body.id },
      tender: { method: 'card', token: token.body.id },
    })
    assert.equal(sale.body.status, 'captured')
    const back = await api.refund(sale.body.id, { amount: 2000, to: { method: 'store_credit' } })
    assert.ok(back.status < 300, back.text)
    const programme = {
      ...{ name: 'Friends', is_enabled: true, pending_days: 30, tiers: [], excluded_categories: [] },
      rates: [{ currency: 'EUR', earn: '1', point_value: '0.01' }],
    }
    const set = await api.call('PUT', '/v1/loyalty/programme', programme)
    assert.ok(set.status < 300, set.text)
    const given = await api.command(`/v1/customers/${customer.body.id}/loyalty/adjustments`, {
      ...{ points: 500, currency: 'EUR' },
      reason: 'hello',
    })
    assert.equal(given.status, 201, given.text)

    const session = await open(page, { customer_id: customer.body.id })
    await choose(page, /^Points €5.00/)
    await press(page)
    await page.getByText('€44.95').first().waitFor()
    await choose(page, /^Store credit €20.00/)
    await looksRight(page, 'store credit')
    await press(page)
    await page.getByText('€24.95').first().waitFor()
    await page.getByText('Part of it is paid.').waitFor()
    assert.equal(await page.getByRole('radio', { name: /^Points/ }).count(), 0, 'all points are spent')
    assert.equal(await page.getByRole('radio', { name: /^Store credit/ }).count(), 0, 'what is empty is not offered')
    await choose(page, /^Card/)
    await page.fill('#card-number', '4242424242424242')
    await page.fill('#card-expiry', '12/30')
    await page.fill('#card-cvc', '123')
    await press(page)
    await page.getByRole('heading', { name: 'Paid' }).waitFor({ timeout: 20_000 })
    const payment = await paymentOf(session)
    assert.deepEqual(
      payment.tenders.map(({ method, amount }) => `${method} ${amount}`),
      ['points 500', 'store_credit 2000', 'card 2495'],
    )
    assert.equal(payment.amount_captured, 4995)
  },
)
