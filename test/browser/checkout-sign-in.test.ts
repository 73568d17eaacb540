// Signing in on the checkout page: what is known of a customer comes to their browser, and to no other that has the address.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { bagPages } from '../bag-pages.ts'
import { atSimulator, looksRight, shopping, signInCode, withAuthenticator } from './shopper.ts'

const world = shopping()
const { inBrowser } = world
const PHONE = { viewport: { width: 390, height: 844 } }
let people = 0

interface Session {
  id: string
  url: string
}

/** Where passkeys work: browsers give none to an address of digits. */
const here = (url: string) => url.replace('127.0.0.1', 'localhost')
const signedInAs = (page: Page, email: string) => page.getByText(`Signed in as ${email}.`).waitFor()

async function sessionOf(input: object = {}): Promise<Session> {
  const asked = { amount: 4995, currency: 'EUR', country: 'NL', ...input }
  const made = await world.api.call<Session>('POST', '/v1/checkout_sessions', asked)
  assert.equal(made.status, 201, made.text)
  return made.body
}

async function askForCode(page: Page, email: string): Promise<string> {
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.locator('#sign-in-email').fill(email)
  await page.getByRole('button', { name: 'Mail me a code' }).click()
  await page.getByLabel('Code from the mail').waitFor()
  return signInCode(world.shop.url, email)
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('Code from the mail').fill(await askForCode(page, email))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await signedInAs(page, email)
}

/** Somebody who has signed in here before; their customer, with a card that is kept and an address. */
async function regular(page: Page): Promise<{ email: string; customer: string }> {
  const email = `regular-${++people}@example.org`
  const { url } = await sessionOf()
  await page.goto(here(url))
  await signIn(page, email)
  const found = await world.api.call<{ data: { id: string }[] }>('GET', `/v1/customers?email=${email}`)
  const customer = found.body.data[0]?.id as string
  const token = await world.api.call<{ id: string }>('POST', '/v1/tokens', {
    card: { number: '4242424242424242', exp_month: 12, exp_year: 2032, cvc: '123' },
  })
  const kept = await world.api.call('POST', `/v1/customers/${customer}/instruments`, { token: token.body.id })
  assert.equal(kept.status, 201, kept.text)
  const address = {
    name: 'Ada de Vries',
    lines: ['Prinsengracht 1'],
    postal_code: '1015 AB',
    city: 'Amsterdam',
    country: 'NL',
  }
  const lives = await world.api.call('POST', `/v1/customers/${customer}/addresses`, address)
  assert.equal(lives.status, 201, lives.text)
  return { email, customer }
}

inBrowser(
  'a customer signs in with a code and pays with the card that is kept; who has the address too sees nothing of it',
  async (page) => {
    const { email, customer } = await regular(page)
    const session = await sessionOf()
    await page.goto(session.url)
    await page.getByText('Shopped here before?').waitFor()
    const code = await askForCode(page, email)
    await looksRight(page, 'the code')
    await page.getByLabel('Code from the mail').fill(code === '000000' ? '000001' : '000000')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('That is not the code, or it has ended.').waitFor()
    await page.getByLabel('Code from the mail').fill(code)
    await page.keyboard.press('Enter')
    await signedInAs(page, email)
    await page.getByRole('radio', { name: /•••• 4242/ }).waitFor()
    await looksRight(page, 'signed in')
    await page.reload()
    await signedInAs(page, email)

    const other = await world.device()
    await other.goto(session.url)
    await other.getByText('Shopped here before?').waitFor()
    assert.equal(await other.getByRole('radio', { name: /4242/ }).count(), 0)
    assert.equal((await other.content()).includes(email), false)
    await other.context().close()

    await page.getByRole('radio', { name: /•••• 4242/ }).check()
    await page.getByRole('button', { name: /^Pay / }).click()
    await page.getByRole('heading', { name: 'Paid' }).waitFor({ timeout: 20_000 })
    const { body } = await world.api.call<{ payment_id: string }>('GET', `/v1/checkout_sessions/${session.id}`)
    const paid = await world.api.call<{ customer_id: string; status: string }>('GET', `/v1/payments/${body.payment_id}`)
    assert.deepEqual([paid.body.status, paid.body.customer_id], ['captured', customer])
  },
  PHONE,
)

inBrowser('back from the bank the page still knows who signed in; signed out, it does not', async (page) => {
  const { email } = await regular(page)
  await page.goto((await sessionOf()).url)
  await signIn(page, email)
  await page.getByRole('radio', { name: /^iDEAL/ }).check()
  await page.getByRole('button', { name: /^Pay / }).click()
  await atSimulator(page, 'decline')
  await page.getByRole('radio', { name: /•••• 4242/ }).waitFor()
  await signedInAs(page, email)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('radio', { name: /•••• 4242/ }).waitFor({ state: 'detached' })
})

inBrowser('for a cart, the address is filled in, and the order is the customer’s', async (page) => {
  const { email, customer } = await regular(page)
  const pages = bagPages(world.shop)
  const cart = await pages.cartOf('KP-MUG-PINE')
  const session = await pages.sessionFor(cart)
  await page.goto(session.url)
  await signIn(page, email)
  await page.waitForFunction("document.querySelector('#line1')?.value === 'Prinsengracht 1'")
  const other = await world.device()
  await other.goto(session.url)
  assert.equal((await other.content()).includes('Prinsengracht'), false, 'nothing is kept before they go on with it')
  await other.context().close()
  await page.getByRole('button', { name: /^Continue/ }).click()
  await page.getByRole('radio', { name: /•••• 4242/ }).check()
  await page.getByRole('button', { name: /^Pay / }).click()
  await page.getByRole('heading', { name: 'Paid' }).waitFor({ timeout: 20_000 })
  const [order] = await pages.ordersOf(cart)
  const { body } = await world.api.call<{ customer_id: string }>('GET', `/v1/orders/${order?.id}`)
  assert.equal(body.customer_id, customer)
})

inBrowser('a passkey of this device does it without mail', async (page) => {
  await withAuthenticator(page)
  const email = `passkey-${++people}@example.org`
  await page.goto(here(`${world.shop.url}/shop/account?lang=en`))
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Mail me a code' }).click()
  await page.getByLabel('Code from the mail').waitFor()
  await page.getByLabel('Code from the mail').fill(await signInCode(world.shop.url, email))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page
    .getByRole('navigation', { name: 'Your account' })
    .getByRole('link', { name: 'Sign-in', exact: true })
    .click()
  await page.getByRole('button', { name: 'Make a passkey on this device' }).click()
  await page.getByRole('button', { name: /^Remove passkey/ }).waitFor()
  await page.goto(here((await sessionOf()).url))
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor()
  await looksRight(page, 'how to sign in')
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await signedInAs(page, email)
})

inBrowser('nobody signs in on a page that is somebody’s, that is begun, or from another site', async (page) => {
  const { email, customer } = await regular(page)
  const ask = (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/sign_in?lang=en`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ email }),
    })
  assert.equal((await ask((await sessionOf({ customer_id: customer })).url)).status, 409)
  const guest = await sessionOf()
  assert.equal((await ask(guest.url, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).status, 403)
  assert.equal((await ask(`${world.shop.url}/c/cs_${'x'.repeat(32)}`)).status, 404)
  await page.goto(guest.url)
  await page.getByRole('radio', { name: /^iDEAL/ }).check()
  await page.getByRole('button', { name: /^Pay / }).click()
  await atSimulator(page, 'decline')
  await page.getByText(/nothing was charged/i).waitFor()
  assert.equal(await page.getByText('Shopped here before?').count(), 0)
  assert.equal((await ask(guest.url)).status, 409)
})
