// `npm run bench -- --till`: a till in a browser with 50,000 articles on the device and 100,000 customers on the server. How long it takes
// to start, to draw what was scanned, to find by words; what the server takes to find people; and the longest that the page's own thread
// was busy meanwhile, for as long as it is, nothing that is pressed is heard.

import type { Page } from 'playwright-core'
import { type Db, openPool } from '../server/db/pool.ts'
import { systemClock } from '../server/lib/clock.ts'
import { createIds } from '../server/lib/ids.ts'
import { createApi, sendOverHttp } from '../test/api.ts'
import { startChromium } from '../test/browser/chromium.ts'
import { openTill, scan, settled, type } from '../test/browser/till.ts'
import { type ServedShop, servedShop } from '../test/served-shop.ts'
import { fill, line, one, quantiles, seeded } from './search.ts'

export interface TillBench {
  variants: number
  customers: number
  queriesPerKind: number
  print(line: string): void
}

const FIRST_NAMES = 400
const LAST_NAMES = 12_000
const SCANS = 20
/** Customers of one insert, whose words are worked out with it. */
const BATCH = 2_000

export async function benchTill(bench: TillBench): Promise<void> {
  const { print } = bench
  const [browser, shop] = await Promise.all([startChromium(), servedShop({ hasTills: true })])
  let db: Db | undefined
  try {
    if (!browser) throw new Error('no Chromium on this machine')
    const random = seeded(11)
    // As its owner, who alone may vacuum what was filled in.
    db = openPool(shop.database.adminUrl, { max: 2 })
    const articles = await fill(
      { db, merchantId: shop.demo.merchant_id, newId: createIds(systemClock), products: bench.variants / 4 },
      random,
    )
    const people = await fillPeople(db, shop.demo.merchant_id, { count: bench.customers, random })
    print(`\nFinding people over HTTP among ${bench.customers.toLocaleString('en')} customers\n`)
    print(line('', 'p50 ms', 'p99 ms', 'largest'))
    const person = () => one(people, random)
    const said: Record<string, () => string> = {
      'a whole name': () => {
        const { first, last } = person()
        return `${first} ${last}`
      },
      'a last name': () => person().last,
      'the beginning of a last name': () => person().last.slice(0, 4),
      'a first name': () => person().first,
      'a telephone number': () => person().phone,
      'two letters': () => person().last.slice(0, 2),
      nobody: () => `qx${Math.floor(random() * 1e6)}zq`,
    }
    for (const [kind, make] of Object.entries(said)) {
      await timePeople(shop, Array.from({ length: 10 }, make))
      print(line(kind, ...quantiles(await timePeople(shop, Array.from({ length: bench.queriesPerKind }, make)))))
    }

    print(`\nThe till in a browser, ${bench.variants.toLocaleString('en')} articles on the device\n`)
    print(line('', 'ms', 'busiest', 'over 50 ms'))
    const api = createApi(sendOverHttp(shop.url), shop.demo.secret_key, `bench-${process.pid}`)
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
    await page.addInitScript(`
      window.busy = []
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.busy.push(duration)
      }).observe({ type: 'longtask', buffered: true })
    `)
    await watchScans(page)
    /** What it took, and how long the page heard nothing meanwhile. */
    const measure = async (label: string, work: () => Promise<number | undefined>) => {
      await page.evaluate('window.busy.length = 0').catch(() => {})
      const began = performance.now()
      const told = await work()
      const took = told ?? performance.now() - began
      const busy = await page.evaluate<number[]>('window.busy')
      print(line(label, took.toFixed(0), Math.max(0, ...busy).toFixed(0), String(busy.length)))
    }
    const isWhole = () =>
      until(async () => Number(await page.locator('.desk').getAttribute('data-articles')) >= bench.variants)
    await measure('everything sent once', async () => {
      await openTill(page, { shop, api } as Parameters<typeof openTill>[1])
      await isWhole()
      return undefined
    })
    await measure('start to the first articles', async () => {
      await page.reload({ waitUntil: 'commit' })
      await page.locator('.tile button').first().waitFor()
      return page.evaluate<number>('performance.now()')
    })
    await measure('and to all of them', async () => {
      await isWhole()
      return page.evaluate<number>('performance.now()')
    })
    await measure('words typed in the search', async () => {
      for (let i = 0; i < 10; i++) {
        await page.getByLabel('Search articles').fill('')
        await page.keyboard.press('F2')
        await type(page, one(articles, random).name.split(/[ ,]+/).slice(0, 2).join(' ').slice(0, 12))
        await page.locator('.tile button').first().waitFor()
      }
      await page.getByLabel('Search articles').fill('')
      return undefined
    })
    await page.evaluate('window.took.length = 0')
    await measure('scan to line, median', async () => {
      for (let i = 0; i < SCANS; i++) {
        await scan(page, one(articles, random).barcode)
        await until(() => page.evaluate<boolean>(`window.took.length > ${i}`))
      }
      await settled(page)
      const [, , , , , , , , , , median = 0] = (await page.evaluate<number[]>('window.took')).sort((a, b) => a - b)
      return median
    })
    await measure('a customer by name', async () => {
      await page.keyboard.press('F3')
      const { first, last } = person()
      await type(page, `${first} ${last}`)
      await page.locator('.found-customer').first().waitFor()
      return undefined
    })
  } finally {
    await browser?.close()
    await db?.end()
    await shop.close()
  }
}

const LOOK_MS = 20
/** Two minutes. */
const MOST_LOOKS = 6_000

/** Asked again and again, from here: the page's own policy lets nothing wait in it. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < MOST_LOOKS; i++) {
    if (await isSo()) return
    await systemClock.sleep(LOOK_MS)
  }
  throw new Error('the till did not come to it in two minutes')
}

/** Before the page's own listeners: from the Enter that ends a code until the ticket's total is another. */
const watchScans = (page: Page) =>
  page.addInitScript(`
    window.took = []
    addEventListener('keydown', ({ key }) => {
      if (key !== 'Enter') return
      const began = performance.now()
      const shown = () => document.querySelector('.sell .sum-total dd')?.dataset.total
      const before = shown()
      const look = () => {
        if (shown() !== before) window.took.push(performance.now() - began)
        else requestAnimationFrame(look)
      }
      requestAnimationFrame(look)
    }, { capture: true })
  `)

interface Person {
  first: string
  last: string
  phone: string
}

/** People with names as in a town: a few are those of many. */
async function fillPeople(
  db: Db,
  merchantId: string,
  { count, random }: { count: number; random: () => number },
): Promise<Person[]> {
  const newId = createIds(systemClock)
  const name = (syllables: number) => {
    const made = Array.from({ length: syllables }, () => one([...'bdfgklmnrst'], random) + one([...'aeiou'], random))
    return made.join('').replace(/^./, (letter) => letter.toUpperCase())
  }
  const firsts = Array.from({ length: FIRST_NAMES }, () => name(2 + Math.floor(random() * 2)))
  const lasts = Array.from({ length: LAST_NAMES }, () => name(3 + Math.floor(random() * 2)))
  const often = (names: readonly string[]) => names[Math.floor(random() ** 2 * names.length)] as string
  const people = Array.from({ length: count }, (_, i) => ({
    first: often(firsts),
    last: often(lasts),
    phone: `+316${String(10_000_000 + i * 7)}`,
  }))
  const rows = people.map(({ first, last, phone }, i) => ({
    ...{ id: newId('cus'), name: `${first} ${last}`, phone },
    email: `${first}.${last}.${i}@example.org`.toLowerCase(),
  }))
  for (let i = 0; i < rows.length; i += BATCH)
    await db.query(
      `insert into customer (merchant_id, id, email, name, phone, groups, created_at, version)
       select $1, r.id, r.email, r.name, r.phone, '{}', now(), 1
       from json_to_recordset($2::json) r (id text, email text, name text, phone text)`,
      [merchantId, JSON.stringify(rows.slice(i, i + BATCH))],
    )
  await db.query('vacuum analyze customer')
  return people
}

async function timePeople(shop: ServedShop, texts: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const said of texts) {
    const began = performance.now()
    const answer = await fetch(`${shop.url}/v1/customers?${new URLSearchParams({ q: said, limit: '20' })}`, {
      headers: { authorization: `Bearer ${shop.demo.secret_key}` },
    })
    if (!answer.ok) throw new Error(`customers answered ${answer.status}: ${await answer.text()}`)
    await answer.arrayBuffer()
    times.push(performance.now() - began)
  }
  return times
}
