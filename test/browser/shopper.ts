// A browser beside the served program, for tests of what shoppers see: contexts as phones and laptops, the way through the
// simulator's pages, and the checks that every screen must pass.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type Api, createApi, sendOverHttp } from '../api.ts'
import { type ServedShop, servedShop } from '../served-shop.ts'
import { startChromium } from './chromium.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Shopping {
  readonly shop: ServedShop
  /** The merchant's server. */
  readonly api: Api
  /** A test with a page of its own; skipped where this machine has no browser. */
  inBrowser(title: string, use: (page: Page) => Promise<void>, options?: BrowserContextOptions): void
  /** A page of a further device: nothing is shared with others. */
  device(options?: BrowserContextOptions): Promise<Page>
}

/** Serves the program and starts a browser for the tests of one file. Call it at the top. */
export function shopping(options: { hasTills?: boolean } = {}): Shopping {
  let browser: Browser | undefined
  let shop: ServedShop
  let api: Api
  before(async () => {
    ;[browser, shop] = await Promise.all([startChromium(), servedShop(options)])
    api = createApi(sendOverHttp(shop.url), shop.demo.secret_key, `shopper-${process.pid}-${Date.now()}`)
  })
  after(async () => {
    await browser?.close()
    await shop.close()
  })
  const open = async (options: BrowserContextOptions) => {
    const context = await (browser as Browser).newContext({ locale: 'en-GB', ...options })
    return context.newPage()
  }
  return {
    get shop() {
      return shop
    },
    get api() {
      return api
    },
    inBrowser(title, use, options = {}) {
      test(title, async (t) => {
        if (!browser) return t.skip('no Chromium on this machine')
        const page = await open(options)
        const complaints = watch(page)
        try {
          await use(page)
          assert.deepEqual(complaints, [], 'the browser has nothing to complain of')
        } finally {
          await page.context().close()
        }
      })
    },
    device: (options = {}) => open(options),
  }
}

/** Collects what the page throws or its policy blocks. */
function watch(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    // An answer that refuses is the page's business.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  return complaints
}

/** Nothing is wider than the screen. */
export async function fits(page: Page, where: string): Promise<void> {
  const isWide = await page.evaluate('document.documentElement.scrollWidth > window.innerWidth')
  assert.equal(isWide, false, `${where}: nothing is wider than the screen`)
}

/** No violations of WCAG 2.2 AA and of axe's good practice, and nothing wider than the screen. */
export async function looksRight(page: Page, where: string): Promise<void> {
  await fits(page, where)
  assert.deepEqual(await faults(page), [], `${where}: axe`)
}

/** What axe finds wrong on a page, by rule and place. */
export async function faults(page: Page): Promise<string[]> {
  // Put in as a debugger does: the page's own policy forbids scripts of others. Half a megabyte, so once for each page.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(AXE)
  // What passes need not be described, which is most of the work.
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'], preload: false })")) as {
    violations: { id: string; nodes: { html: string }[] }[]
  }
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

/** The code of the newest mail to an address, as /dev/mail shows it. */
export async function signInCode(url: string, email: string): Promise<string> {
  const list = await (await fetch(`${url}/dev/mail`)).text()
  const row = list.split('<tr>').find((text) => text.includes(email) && /\d{6} is your sign-in code/.test(text))
  const code = /(\d{6}) is your sign-in code/.exec(row ?? '')?.[1]
  assert.ok(code, `no code for ${email} at /dev/mail`)
  return code
}

/** Gives a page's browser a device that makes and keeps passkeys. */
export async function withAuthenticator(page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
      ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    },
  })
}

/** Presses a button of the simulator's page, as bank, wallet or phone. */
export async function atSimulator(page: Page, act: 'approve' | 'decline' | 'abandon', code?: string): Promise<void> {
  await page.waitForURL(/\/simulator\//)
  if (code !== undefined) await page.fill('#code', code)
  await page.click(`button[value="${act}"]`)
}
