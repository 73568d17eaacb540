// A till whose server is away (commerce.md, story 15): two hours, forty sales in two tabs, a browser that is killed in the middle, and a
// queue that is sent more than once: forty orders, and the drawer exact. And what a cashier meets meanwhile: what can be paid with, who
// can unlock, a payment that only the server knows the end of.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { type KillableBrowser, startKillable } from './chromium.ts'
import { shopping } from './shopper.ts'
import { counterOf, openTill, SIZES, screenFits, screenIsRight, settled, totalOf, type, unlock } from './till.ts'
import { type Wire, wireTo } from './wire.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world
let wire: Wire
after(() => wire?.close())

/** The terminal of the first register. */
const POI = 'V400m-400000001'
const MINUTE = 60_000
const SOAP = 750

/** From a bare browser to a till that has all it needs to go on alone. */
async function readyTill(page: Page, options: Parameters<typeof openTill>[2] = {}): Promise<void> {
  wire ??= await wireTo(world.shop.url)
  await wire.mend()
  await openTill(page, world, { ...options, url: wire.url })
  await page.locator('.desk[data-alone="able"]').waitFor()
}

/** Cuts the wire, or mends it. A till looks for its server every few seconds; the browser's own sign makes it look now. */
async function cut(...pages: Page[]): Promise<void> {
  await wire.cut()
  for (const page of pages) await page.evaluate("dispatchEvent(new Event('online'))")
}
async function mend(...pages: Page[]): Promise<void> {
  await wire.mend()
  for (const page of pages) await page.evaluate("dispatchEvent(new Event('online'))")
}

/** The server goes away, and the cashier goes on without it. */
async function goAlone(page: Page): Promise<void> {
  await cut(page)
  await page.locator('.offer button').click({ timeout: 20_000 })
  await page.locator('.customer-key.alone').waitFor()
}

/** A scanner whose keys all come in one moment: forty sales are about tills, not about how fast a busy machine types. */
const scan = (page: Page, code: string): Promise<void> =>
  page.evaluate(`for (const key of [...${JSON.stringify(code)}, 'Enter'])
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))`)

/** Scans, takes exact cash, and goes on to the next customer. */
async function sell(page: Page, ...codes: string[]): Promise<void> {
  for (const code of codes) await scan(page, code)
  await page.locator('.line').first().waitFor()
  await page.keyboard.press('F10')
  await page.locator('.change-amount').waitFor()
  await page.keyboard.press('Enter')
  await page.locator('.lines-empty').waitFor()
}

interface Kept {
  sequence: number
  text: string
  hash: string
  signature: string
  state: string
  total: number
}
/** The sales on the device, as its own database has them. */
const keptOn = (page: Page, box: 'documents' | 'open' = 'documents'): Promise<Kept[]> =>
  page.evaluate(`new Promise((resolve) => {
    indexedDB.open('onetill-pos').onsuccess = ({ target }) => {
      const database = target.result
      database.transaction('${box}').objectStore('${box}').getAll().onsuccess = ({ target }) => {
        database.close()
        resolve(target.result)
      }
    }
  })`)

async function atTerminal(what: 'touch' | 'settings', body: object): Promise<void> {
  const answer = await fetch(`${world.shop.url}/terminal/${POI}/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  assert.ok(answer.ok, await answer.text())
}

/** Until the server has asked the terminal: from then on only it knows how the payment ends. */
async function untilAtTerminal(): Promise<void> {
  const { body } = await world.api.call<{ data: { id: string; serial: string }[] }>('GET', '/v1/terminals')
  const terminal = body.data.find(({ serial }) => serial === POI)
  for (let i = 0; i < 200; i++) {
    const { body: state } = await world.api.call<{ current: unknown }>('GET', `/v1/terminals/${terminal?.id}`)
    if (state.current !== null) return
  }
  assert.fail('the terminal was not asked')
}

interface Report {
  sales: { count: number; amount: number }
  drawer: { cash_sales: number }
}
async function reportOf(registerId: string): Promise<Report> {
  const path = `/v1/shifts?register_id=${registerId}&state=open`
  const { body: shifts } = await world.api.call<{ data: { id: string }[] }>('GET', path)
  return (await world.api.call<Report>('GET', `/v1/shifts/${shifts.data[0]?.id}/x_report`)).body
}

/** The clock of a page is moved, and its timers run on: nobody waits for two hours. */
const movedClock = (ms: number) => `{
  const Real = Date
  globalThis.movedMs = ${ms}
  globalThis.Date = class extends Real {
    constructor(...parts) {
      if (parts.length === 0) super(Real.now() + globalThis.movedMs)
      else super(...parts)
    }
    static now() {
      return Real.now() + globalThis.movedMs
    }
  }
}`

test('two hours without a server, two tabs, a killed browser, a queue sent twice: forty orders, the drawer exact', async (t) => {
  const profile = await mkdtemp(join(tmpdir(), 'onetill-till-'))
  let movedMs = -125 * MINUTE
  let browser: KillableBrowser | undefined
  const open = async (): Promise<Page> => {
    const page = await (browser as KillableBrowser).context.newPage()
    await page.addInitScript(movedClock(movedMs))
    await page.setViewportSize({ width: 1280, height: 800 })
    return page
  }
  /** Three minutes between two customers. */
  const later = async (page: Page) => {
    movedMs += 3 * MINUTE
    await page.evaluate(`globalThis.movedMs = ${movedMs}`)
  }
  const sellSome = async (page: Page, count: number) => {
    for (let i = 0; i < count; i++) {
      await later(page)
      await sell(page, 'KP-SOAP')
    }
  }
  try {
    browser = await startKillable(profile)
    if (!browser) return t.skip('no Chromium on this machine')
    const first = await open()
    await readyTill(first)
    const { registerId } = await counterOf(world)
    const before = await reportOf(registerId)
    await goAlone(first)

    // A second tab starts and is unlocked without the server, and has a ticket of its own.
    const second = await open()
    await second.goto(`${wire.url}/pos`)
    await unlock(second)
    await second.locator('.offer button').click()
    for (let i = 0; i < 14; i++) {
      await sellSome(first, 1)
      await sellSome(second, 1)
    }
    // Both at the same moment: one number each.
    await Promise.all([sell(first, 'KP-SOAP'), sell(second, 'KP-SOAP')])
    await scan(first, 'KP-BOARD')
    await first.locator('.line', { hasText: 'Ash cutting board' }).waitFor()
    await first.getByText('30 waiting').waitFor()
    // Read behind the write of the ticket: once it answers, the ticket is on the disk.
    await keptOn(first, 'open')
    await browser.kill()

    // The same device, started anew, still without a server: what was paid is there, and what was on the ticket.
    browser = await startKillable(profile)
    const again = await open()
    await again.goto(`${wire.url}/pos`)
    await unlock(again)
    await again.getByText('30 waiting').waitFor()
    await again.locator('.line', { hasText: 'Ash cutting board' }).waitFor()
    await sellSome(again, 9)
    const other = await open()
    await other.goto(`${wire.url}/pos`)
    await unlock(other)
    await other.getByText('39 waiting').waitFor()

    const documents = await keptOn(again)
    // The server takes the first upload, and its answer is lost on the way back.
    let isLost = false
    await other.context().route('**/v1/offline_sales', async (route) => {
      if (isLost) return route.continue()
      isLost = true
      await route.fetch()
      await route.abort()
    })
    // Both tabs find that it is back, and the ticket that was begun alone is paid alone.
    await scan(other, 'KP-SOAP')
    await other.locator('.customer-key.alone').waitFor({ timeout: 15_000 })
    await mend(other, again)
    await other.getByText('Online, this ticket offline').waitFor({ timeout: 15_000 })
    await later(other)
    await other.keyboard.press('F10')
    await other.locator('.change-amount').waitFor()
    await other.getByText('The server is back. Your PIN signs you in with it.').waitFor()
    await other.locator('.desk[data-queue="0"]').waitFor({ state: 'attached', timeout: 30_000 })

    const sent = await keptOn(other)
    assert.equal(sent.length, 40)
    assert.ok(isLost)
    assert.deepEqual(
      sent.map(({ sequence, state }) => [sequence, state]),
      Array.from({ length: 40 }, (_, i) => [i + 1, 'sent']),
    )
    assert.deepEqual(
      sent.slice(0, 39).map(({ text }) => text),
      documents.map(({ text }) => text),
    )

    // And once more, twice at the same time, as another tab might.
    const body = { documents: sent.map(({ text, hash, signature }) => ({ document: text, hash, signature })) }
    const key = await other.evaluate<string>("JSON.parse(localStorage.getItem('onetill.pos.device')).key")
    const upload = async () => {
      const answer = await fetch(`${world.shop.url}/v1/offline_sales`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      assert.equal(answer.status, 200)
      return ((await answer.json()) as { results: { status: string; order_id: string | null }[] }).results
    }
    const [one, two] = await Promise.all([upload(), upload()])
    assert.deepEqual(one, two)
    assert.ok(one.every(({ status, order_id }) => status === 'accepted' && order_id !== null))
    assert.equal(new Set(one.map(({ order_id }) => order_id)).size, 40)

    const total = sent.reduce((sum, document) => sum + document.total, 0)
    assert.equal(total, 39 * SOAP + SOAP + 3495)
    const report = await reportOf(registerId)
    assert.deepEqual([report.sales.count - before.sales.count, report.sales.amount - before.sales.amount], [40, total])
    assert.equal(report.drawer.cash_sales - before.drawer.cash_sales, total)
  } finally {
    await browser?.kill()
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
})

const CUTTINGS: readonly (readonly [string, BrowserContextOptions | undefined, 'light' | 'dark'])[] = [
  ['counter', SIZES['counter'], 'light'],
  ['tablet', SIZES['tablet'], 'dark'],
  ['phone', SIZES['phone'], 'light'],
]
for (const [size, options, theme] of CUTTINGS) {
  inBrowser(
    `each screen of a till without its server is right: ${size}, ${theme}`,
    async (page) => {
      await readyTill(page, { theme })
      await cut(page)
      await page.locator('.offer').waitFor({ timeout: 20_000 })
      await screenIsRight(page, 'the offer to go on')
      await scan(page, 'KP-SOAP')
      await page.getByText(/go on selling/).waitFor({ timeout: 15_000 })
      await screenIsRight(page, 'an offline ticket')
      await page.keyboard.press('F9')
      await page.locator('[data-due="750"]').waitFor()
      await screenIsRight(page, 'the ways to pay without the server')
      await page.getByRole('button', { name: '€20', exact: true }).click()
      await page.locator('[data-change="1250"]').waitFor()
      await screenIsRight(page, 'paid without the server')
      await page.keyboard.press('Enter')
      await page.locator('.link-state button').click()
      await page.getByText('R1-000001').waitFor()
      await screenIsRight(page, 'the list of what waits')
      await page.keyboard.press('Escape')
      await page.keyboard.press('F12')
      await page.locator('.lock-away').waitFor()
      await screenIsRight(page, 'the lock without the server')
    },
    options,
  )
}

inBrowser(
  'the till without its server fits a phone in every language',
  async (page) => {
    await readyTill(page)
    for (const lang of ['nl', 'sv', 'pl', 'fr']) {
      await wire.mend()
      await page.goto(`${wire.url}/pos?lang=${lang}`)
      await page.locator('.desk[data-alone="able"]').waitFor()
      await cut(page)
      await page.locator('.offer').waitFor({ timeout: 20_000 })
      await screenFits(page, `the offer, ${lang}`)
      await page.locator('.offer button').click()
      await scan(page, 'KP-SOAP')
      await page.keyboard.press('F9')
      await page.locator('[data-due="750"]').waitFor()
      await screenFits(page, `the ways to pay, ${lang}`)
      await page.keyboard.press('F10')
      await page.locator('.change-amount').waitFor()
      await screenFits(page, `paid, ${lang}`)
      await page.keyboard.press('Enter')
    }
  },
  SIZES['phone'],
)

inBrowser('who signed in here today unlocks without the server; a wrong PIN and a stranger do not', async (page) => {
  await readyTill(page)
  await goAlone(page)
  await page.keyboard.press('F12')
  await page.locator('.person', { hasText: 'Daan' }).click()
  await type(page, '2222')
  await page.keyboard.press('Enter')
  await page.getByText(/Daan .* has not signed in here/).waitFor()
  await page.locator('.person', { hasText: 'Sanne' }).click()
  await type(page, '9999')
  await page.keyboard.press('Enter')
  await page.getByText('That is not the PIN.').waitFor()
  await unlock(page)
  await sell(page, 'KP-SOAP')
  // Back with the server the PIN gives a session of its, before the next customer.
  await mend(page)
  await page.getByText('The server is back. Your PIN signs you in with it.').waitFor({ timeout: 15_000 })
  await unlock(page)
  await page.locator('.desk[data-queue="0"]').waitFor({ timeout: 15_000 })
  await scan(page, 'KP-SOAP')
  await settled(page)
  assert.equal(await totalOf(page), SOAP)
})

inBrowser(
  'beyond its limit a sale is refused in words, and what needs the server is dimmed with the reason',
  async (page) => {
    await readyTill(page)
    await goAlone(page)
    await scan(page, 'KP-TENT-2')
    await type(page, '+')
    await page.locator('.line', { hasText: '2 × €299.00' }).waitFor()
    await page.keyboard.press('F9')
    await page.locator('[data-due="59800"]').waitFor()
    const gift = page.getByRole('button', { name: /Gift card/ })
    assert.equal(await gift.isDisabled(), true)
    assert.match((await gift.textContent()) ?? '', /needs the server/)
    await page.keyboard.press('F10')
    await page.getByText('Without the server a sale may be €500.00 at most. Nothing was charged.').waitFor()
    assert.deepEqual(await keptOn(page), [])
  },
)

inBrowser(
  'a payment that only the server knows the end of waits, and the next customer is served meanwhile',
  async (page) => {
    await atTerminal('settings', { pace: 'instant', fault: null, customer: null })
    await readyTill(page)
    await scan(page, 'KP-SOAP')
    await settled(page)
    await page.keyboard.press('F9')
    await page.locator('[data-due="750"]').waitFor()
    await page.keyboard.press('Enter')
    await untilAtTerminal()
    await cut(page)
    await page.getByRole('button', { name: 'Next customer' }).click({ timeout: 20_000 })
    await page.getByText(/payment open/).waitFor()
    await sell(page, 'KP-BOARD')
    // The customer's card is read while nobody here knows of it.
    await atTerminal('touch', { type: 'card', card: 'visa', entry: 'contactless' })
    await mend(page)
    await page.locator('.change-amount').waitFor()
    await page.getByText('Visa …0119').waitFor()
    const kept = await keptOn(page)
    assert.deepEqual(
      kept.map(({ total }) => total),
      [3495],
    )
  },
)
