// The way through the shop that several browser tests share: find, choose, pay, and what a store does meanwhile through the API.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { atSimulator, type Shopping } from './shopper.ts'

/** Finds an article by words, opens it and puts it in the bag. */
export async function putInBag(page: Page, url: string, words: string, name: string): Promise<void> {
  await page.goto(`${url}/shop?lang=en&q=${encodeURIComponent(words)}`)
  await page.locator('.card a', { hasText: name }).click()
  await page.getByRole('heading', { name }).waitFor()
  await page.getByRole('button', { name: 'Put in the bag' }).click()
  await page.getByText('It is in your bag').waitFor()
}

/** From the bag to the checkout page, delivered to an address. */
export async function orderDelivered(page: Page, email = 'ada@example.org'): Promise<void> {
  await page.getByRole('button', { name: 'Check out' }).click()
  await page.waitForURL(/\/c\/cs_/)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Name', { exact: true }).fill('Ada de Vries')
  await page.getByLabel('Street and number').fill('Prinsengracht 1')
  await page.getByLabel('Postal code').fill('1015 AB')
  await page.getByLabel('Town').fill('Amsterdam')
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await page.getByRole('heading', { name: 'Your order' }).waitFor()
}

/** Pays on the checkout page at the customer's bank, and goes on to the order's page. */
export async function payByIdeal(page: Page): Promise<void> {
  await page.getByRole('radio', { name: /^iDEAL/ }).check()
  await page.getByRole('button', { name: /^Pay / }).click()
  await atSimulator(page, 'approve')
  await page.getByRole('heading', { name: 'Paid' }).waitFor({ timeout: 20_000 })
  await page.getByRole('link', { name: /^Back to/ }).click()
  await page.waitForURL(/\/o\//)
}

export interface KnownOrder {
  id: string
  number: string
  state: string
  total: number
  amount_due: number
  amount_paid: number
  amount_refunded: number
  page_url: string
  lines: { id: string; variant_id: string; name: string; kind: string; quantity: number }[]
}

/** The order whose page is open, as the merchant's server sees it. */
export async function orderOn(page: Page, world: Shopping): Promise<KnownOrder> {
  const number = /Order (\d+)/.exec(await page.title())?.[1] ?? ''
  const { body } = await world.api.call<{ data: KnownOrder[] }>('GET', `/v1/orders?number=${number}`)
  return (await world.api.call<KnownOrder>('GET', `/v1/orders/${body.data[0]?.id}`)).body
}

export interface KnownFulfilment {
  id: string
  state: string
  mode: string
  store_id: string
}

export async function fulfilmentsOf(world: Shopping, orderId: string): Promise<KnownFulfilment[]> {
  const { body } = await world.api.call<{ data: KnownFulfilment[] }>('GET', `/v1/orders/${orderId}/fulfilments`)
  return body.data
}

/** A step of the store's. */
export async function storeDoes<T = KnownFulfilment>(
  world: Shopping,
  fulfilmentId: string,
  verb: string,
  body: object = {},
): Promise<T> {
  const answer = await world.api.call<T>('POST', `/v1/fulfilments/${fulfilmentId}/${verb}`, body, {
    key: `${fulfilmentId}-${verb}`,
  })
  assert.ok(answer.status < 300, answer.text)
  return answer.body
}
