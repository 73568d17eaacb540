// The way into the till and its keys, as people, fingers and scanners use them; shared by the browser tests of the till.

import assert from 'node:assert/strict'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { fits, looksRight, type Shopping } from './shopper.ts'

/** A person's keys: slower than any scanner. */
const PERSON_MS = 55

export interface Counter {
  store: { id: string; currency: string }
  registerId: string
}

/** Where the demo's till in a town stands. */
export async function counterOf(world: Shopping, town = 'Amsterdam'): Promise<Counter> {
  const { body: stores } = await world.api.call<{ data: { id: string; name: string; currency: string }[] }>(
    'GET',
    '/v1/stores',
  )
  const store = stores.data.find(({ name }) => name === town)
  assert.ok(store, `no store in ${town}`)
  const { body } = await world.api.call<{ data: { id: string; store_id: string }[] }>('GET', '/v1/registers')
  const register = body.data.find(({ store_id }) => store_id === store.id)
  assert.ok(register)
  return { store, registerId: register.id }
}

/** As a person types: not fast enough to be a scanner. */
export const type = (page: Page, text: string) => page.keyboard.type(text, { delay: PERSON_MS })

/** A scanner's keys are so far apart. */
const SCANNER_S = 0.004

/**
 * As a scanner types: all keys at once, then Enter, without waiting for the page between two of them. Each says when it was pressed, so
 * that a busy machine makes no slow typist of the scanner.
 */
export async function scan(page: Page, code: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  const keys = [...code].map((key) => ({ key, text: key }))
  const enter = { key: 'Enter', code: 'Enter', text: '\r', windowsVirtualKeyCode: 13 }
  const from = Date.now() / 1000
  await Promise.all(
    [...keys, enter].flatMap((key, i) => {
      const timestamp = from + i * SCANNER_S
      return [
        cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', timestamp, ...key }),
        cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', timestamp, key: key.key }),
      ]
    }),
  )
  await cdp.detach()
}

/** From a bare browser to the sell screen: the demo's till, somebody, their PIN, a shift. */
export async function openTill(
  page: Page,
  world: Shopping,
  { town = 'Amsterdam', who = /Sanne/, pin = '1111', theme = 'light', lang = 'en', url = world.shop.url } = {},
): Promise<void> {
  await page.addInitScript(
    `localStorage.getItem('onetill.pos.settings') ?? localStorage.setItem('onetill.pos.settings', '${JSON.stringify({ theme, sound: true })}')`,
  )
  await page.goto(`${url}/pos?lang=${lang}`)
  await page.locator('.register', { hasText: town }).first().click()
  await unlock(page, { who, pin })
  await page.locator('.tile button, .amount-entry').first().waitFor()
  const isShiftClosed = (await page.locator('.gate.inner').count()) > 0
  if (isShiftClosed) {
    await type(page, '20000')
    await page.keyboard.press('Enter')
  }
  await page.locator('.tile button').first().waitFor()
}

export async function unlock(page: Page, { who = /Sanne/, pin = '1111' } = {}): Promise<void> {
  await page.locator('.person', { hasText: who }).first().click()
  await type(page, pin)
  await page.keyboard.press('Enter')
  await page.locator('.gate.lock').waitFor({ state: 'detached' })
}

/** What the ticket comes to, as it is shown, in minor units. */
export const totalOf = async (page: Page): Promise<number> =>
  Number(await page.locator('.sell .sum-total dd').getAttribute('data-total'))

/** Until the server has answered all changes of the ticket. */
export async function settled(page: Page): Promise<void> {
  await page.locator('.link-state', { hasText: /Online/ }).waitFor()
}

export const SIZES: Readonly<Record<string, BrowserContextOptions>> = {
  counter: { viewport: { width: 1280, height: 800 } },
  tablet: { viewport: { width: 1024, height: 768 }, hasTouch: true },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
}

/** Nothing of a screen is out of sight. */
export async function screenFits(page: Page, where: string): Promise<void> {
  await fits(page, where)
  const isTall = await page.evaluate('document.documentElement.scrollHeight > window.innerHeight')
  assert.equal(isTall, false, `${where}: nothing is taller than the screen`)
}

/** A screen is right: accessible, and nothing of it out of sight. */
export async function screenIsRight(page: Page, where: string): Promise<void> {
  await looksRight(page, where)
  await screenFits(page, where)
}
