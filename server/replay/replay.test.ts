import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import { createGunzip, gzipSync } from 'node:zlib'
import { type ServedShop, servedShop } from '../../test/served-shop.ts'
import { systemClock } from '../lib/clock.ts'
import { compareWithLedger } from './compare.ts'
import { createClient, type ReplayResult, renderReport, replay } from './index.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const REAL_MONTH = join(ROOT, '..', 'shared', 'data', 'retail', 'online-retail-2010-12.csv.gz')
const REAL_ROWS = 2_500
const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'

let shop: ServedShop
let folder: string
before(async () => {
  shop = await servedShop()
  folder = await mkdtemp(join(tmpdir(), 'onetill-replay-'))
})
after(async () => {
  await shop.close()
  await rm(folder, { recursive: true })
})

function clientOf(concurrency: number) {
  const { url: baseUrl, demo } = shop
  return createClient({ baseUrl, secretKey: demo.secret_key, concurrency, patienceMs: 60_000, clock: systemClock })
}

function replayFile(path: string, seed: number, journals = 'journals'): Promise<ReplayResult> {
  const client = clientOf(8)
  const told = { onStep() {}, onPlan() {} }
  const options = { path, seed, concurrency: 8, patienceMs: 60_000, journalFolder: join(folder, journals) }
  return replay({ client, clock: systemClock, ...told }, options).finally(() => client.close())
}

async function write(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** `count` sales of 6.50 to ten customers, the last of which returns what each third of them bought. */
function manySales(count: number): string {
  const rows = [HEADER]
  for (let i = 0; i < count; i++) {
    const at = `2010-12-0${1 + (i % 3)} 10:00:00`
    rows.push(`${600_000 + i},85123A,"HOLDER, ""WHITE""",2,${at},2.55,${17_000 + (i % 10)}.0,United Kingdom`)
    rows.push(`${600_000 + i},POST,POSTAGE,1,${at},1.40,${17_000 + (i % 10)}.0,United Kingdom`)
    if (i % 3 === 0)
      rows.push(`C${700_000 + i},85123a,HOLDER,-1,2010-12-09 10:00:00,2.55,${17_000 + (i % 10)}.0,United Kingdom`)
  }
  return `${rows.join('\n')}\n`
}

/** What is at the server: money in and out on sales_clearing, and how many payments there are. */
async function books(): Promise<{ payments: number; net: bigint }> {
  const { rows } = await shop.database.db.query<{ payments: number; net: bigint }>(
    `select (select count(*)::int from payment) as payments,
       (select coalesce(-sum(amount), 0)::bigint from ledger_line where account = 'sales_clearing') as net`,
  )
  return rows[0] as { payments: number; net: bigint }
}

describe('a replay', () => {
  const mixed = [
    HEADER,
    '536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
    '536366,22633,HAND WARMER,1,12/1/2010 8:28,0.085,17850,France',
    '536365,POST,"POSTAGE, ""FIRST""",1,2010-12-01 08:26:00,18.00,17850.0,United Kingdom',
    'C536379,85123a,WHITE HOLDER,-2,2010-12-02 09:41:00,2.55,17850.0,United Kingdom',
    'C536380,D,Discount,-1,2010-12-02 09:42:00,27.50,,United Kingdom',
    'A563185,B,Adjust bad debt,1,2010-12-03 14:50:00,11062.06,,United Kingdom',
    'A563186,B,Adjust bad debt,1,2010-12-03 14:51:00,-11062.06,,United Kingdom',
    '536589,21777,,-10,2010-12-01 16:50:00,0.0,,United Kingdom',
    '536400,22423,CAKESTAND,six,2010-12-01 09:00:00,12.75,17850,United Kingdom',
    '536401,22423',
  ].join('\n')

  it('pays sales, refunds and credits returns, reports the rest, and equals the ledger to the penny', async () => {
    const result = await replayFile(await write('mixed.csv', mixed), 1)
    const { text, isEqual } = renderReport(result)
    assert.ok(isEqual, text)
    assert.deepEqual(
      result.movements.map(({ kind, invoice, day, amount }) => [kind, invoice, day, amount]),
      [
        ['sale', '536365', '2010-12-01', 3_330n], // 6 × 2.55 + 18.00
        ['sale', '536366', '2010-12-01', 9n], // 8.5 pence
        ['refund', 'C536379', '2010-12-02', 510n],
        ['credit', 'C536380', '2010-12-02', 2_750n],
      ],
    )
    assert.deepEqual(result.bad, [
      { line: 10, reason: 'Quantity "six" is not a whole number' },
      { line: 11, reason: 'has 2 cells instead of 8' },
    ])
    // 33.39 − 5.10 − 27.50, and the two adjustments cancel out.
    assert.match(text, /each rounded to the penny +8 +0\.79\n/)
    assert.match(text, /line 10: Quantity "six" is not a whole number/)
    assert.match(text, /Result: equal/)
    // Orders that were handed over, a return that was received and settled, ten pieces written off.
    const { rows: orders } = await shop.database.db.query<{ reference: string; total: bigint; open: boolean }>(
      `select right(o.reference, 6) as reference, o.total, bool_or(l.fulfilled < l.quantity) as open
       from sales_order o join order_line l on l.merchant_id = o.merchant_id and l.order_id = o.id group by 1, 2 order by 1`,
    )
    assert.deepEqual(orders, [
      { reference: '536365', total: 3_330n, open: false },
      { reference: '536366', total: 9n, open: false },
    ])
    const back = [...result.run.given.values()].find(({ returnIds }) => returnIds.length > 0)
    assert.deepEqual(
      [back?.returnIds.length, back?.returned.map(({ quantity }) => quantity), back?.putBack],
      [1, [2], []],
    )
    const stores = shop.demo.stores.length
    const bought = stores * (6 + 1 + 10)
    const { rows: perArticle, ...stock } = result.stock
    assert.deepEqual(
      perArticle.map(({ code, ours, onHand, isEqual }) => [code, ours.sold, ours.returned, onHand, isEqual]),
      [
        ['21777', 0, 0, stores * 10 - 10, true],
        ['22633', 1, 0, stores - 1, true],
        ['85123A', 6, 2, stores * 6 - 4, true],
      ],
    )
    assert.match(text, /85123A +WHITE HOLDER +30 +6 +2 +0 +0 +26 +equal/)
    assert.deepEqual(stock, {
      ...{ articles: 3, differences: [], others: 0, onHand: bought - 7 + 2 - 10 },
      ...{
        ours: { bought, sold: 7, returned: 2, corrected: -10 },
        told: { bought, sold: 7, returned: 2, corrected: -10 },
      },
    })
  })

  it('is the same replay from a compressed copy, with and without its journal', async () => {
    const earlier = await books()
    const packed = await write('mixed.data', gzipSync(mixed))
    const known = await replayFile(packed, 1)
    const again = await replayFile(packed, 1, 'other-journals')
    assert.ok(renderReport(known).isEqual && renderReport(again).isEqual)
    assert.deepEqual([known.run.progress.known, again.run.progress.known], [5, 0])
    assert.deepEqual(again.stock, known.stock)
    assert.deepEqual(again.movements, known.movements)
    assert.deepEqual(await books(), earlier)
  })

  it('is another replay under another seed', async () => {
    const earlier = await books()
    assert.ok(renderReport(await replayFile(join(folder, 'mixed.csv'), 2)).isEqual)
    assert.deepEqual(await books(), { payments: earlier.payments + 3, net: earlier.net + 79n })
  })

  it('does not believe a journal of payments that the server does not have', async () => {
    const earlier = await books()
    const [name = ''] = (await readdir(join(folder, 'other-journals'))).filter((file) => file.endsWith('.jsonl'))
    const text = await readFile(join(folder, 'other-journals', name), 'utf8')
    await mkdir(join(folder, 'old-journals'))
    await writeFile(
      join(folder, 'old-journals', name),
      `${text.replaceAll(/pay_\w{26}/g, 'pay_00000000000000000000000000')}{"invoice":"5363`,
    )
    const result = await replayFile(join(folder, 'mixed.csv'), 1, 'old-journals')
    assert.ok(renderReport(result).isEqual)
    assert.equal(result.run.progress.known, 0)
    assert.deepEqual(await books(), earlier)
  })

  it('says exactly where the ledger has something else', async () => {
    const result = await replayFile(join(folder, 'mixed.csv'), 1)
    const client = clientOf(1)
    const [sale, ...others] = result.movements
    assert.ok(sale)
    const comparison = await compareWithLedger(client, [{ ...sale, amount: sale.amount + 1n }, ...others])
    client.close()
    assert.deepEqual(comparison.differences, [
      `sale of invoice 536365 (${sale.paymentId}): the ledger has 3330 on sales_clearing, expected 3331 (minor units)`,
    ])
    const { text, isEqual } = renderReport({ ...result, comparison })
    assert.equal(isEqual, false)
    assert.match(text, /Result: NOT equal/)
  })

  it('says exactly where the stock has something else', async () => {
    const result = await replayFile(join(folder, 'mixed.csv'), 1)
    const { rows } = await shop.database.db.query<{ id: string }>(`select id from variant where sku = '85123A'`)
    const body = {
      store_id: shop.demo.stores[0]?.id,
      lines: [{ variant_id: rows[0]?.id, quantity: 3, reason: 'found' }],
    }
    const client = clientOf(1)
    assert.equal((await client.post('/v1/stock/adjustments', body)).status, 201)
    client.close()
    const again = await replayFile(join(folder, 'mixed.csv'), 1)
    assert.ok(renderReport(again).isEqual)
    assert.deepEqual([again.stock.others, again.stock.onHand], [result.stock.others + 3, result.stock.onHand + 3])
    const wrong = { ...again.stock, differences: ['85123A: sold 6, the stock says 5'] }
    const { text, isEqual } = renderReport({ ...again, stock: wrong })
    assert.equal(isEqual, false)
    assert.match(text, /Stock: NOT equal[\s\S]*85123A: sold 6, the stock says 5/)
  })

  it('takes another tender where one is declined or only partly approved, and waits for answers that were lost', async () => {
    const rates = { lost_after: 0.2, decline: 0.1, partial_approval: 0.1, duplicate_webhook: 0.2 }
    shop.program.simulator.setFaults({ seed: 7, rates })
    const result = await replayFile(await write('faulty.csv', manySales(60)), 3).finally(() =>
      shop.program.simulator.setFaults({ seed: 0, rates: {} }),
    )
    const { text, isEqual } = renderReport(result)
    assert.ok(isEqual, text)
    const sold = [...result.run.sold.values()]
    assert.ok(sold.some(({ declined }) => declined > 0) && sold.some(({ wasUnknown }) => wasUnknown), text)
    assert.equal(sold.length, 60)
    const { rows: waited } = await shop.database.db.query<{ state: string }>(
      "select distinct state from fulfilment where mode = 'collect'",
    )
    assert.deepEqual(waited, [{ state: 'collected' }])
  })

  it('sells what takes more lines than one request holds, and rounds each row by itself', async () => {
    // 1,113 different lines, and one row twice: 8.5 pence are 9, two of them 18 and not 17.
    const rows = Array.from(
      { length: 1_113 },
      (_, i) => `573585,${70_000 + (i % 40)},THING,1,2010-12-01 10:00:00,${1 + Math.floor(i / 40)}.00,,United Kingdom`,
    )
    const half = '573586,22633,HAND WARMER,1,2010-12-01 11:00:00,0.085,17999,United Kingdom'
    const back = 'C573587,22633,HAND WARMER,-2,2010-12-02 11:00:00,0.085,17999,United Kingdom'
    const result = await replayFile(await write('long.csv', [HEADER, ...rows, half, half, back].join('\n')), 1)
    const { text, isEqual } = renderReport(result)
    assert.ok(isEqual, text)
    assert.deepEqual(
      result.movements.filter(({ kind }) => kind === 'sale').map(({ amount }) => amount),
      [BigInt(rows.reduce((sum, _, i) => sum + 100 * (1 + Math.floor(i / 40)), 0)), 18n],
    )
    const { rows: lines } = await shop.database.db.query<{ n: number }>(
      "select count(*)::int as n from order_line l join sales_order o on o.merchant_id = l.merchant_id and o.id = l.order_id where o.reference like '%.573585'",
    )
    assert.equal(lines[0]?.n, 1_113)
  })

  it('refuses a file without the columns, naming them', async () => {
    const path = await write('other.csv', 'Invoice,StockCode\n1,2\n')
    await assert.rejects(replayFile(path, 1), /its header lacks InvoiceNo, Description, Quantity/)
  })

  it('refuses a file whose compression is cut off', async () => {
    const whole = gzipSync(manySales(400))
    const path = await write('cut.csv.gz', whole.subarray(0, whole.length / 2))
    await assert.rejects(replayFile(path, 1), /cut\.csv\.gz cannot be read: unexpected end of file/)
  })
})

describe('onetill replay', () => {
  /** Starts the program against the shop; resolves with its exit code and what it wrote. */
  function start(path: string): {
    child: ReturnType<typeof spawn>
    ended: Promise<{ code: number | null; stdout: string; stderr: string }>
  } {
    const env = {
      ...process.env,
      ONETILL_URL: shop.url,
      ONETILL_KEY: shop.demo.secret_key,
      ONETILL_DATA: join(folder, 'cli'),
    }
    const args = [
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'server', 'cli', 'replay.ts'),
      path,
      '--concurrency',
      '4',
    ]
    const child = spawn(process.execPath, args, { env })
    const written = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk))
    child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk))
    return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...written })) }
  }

  async function journalLines(): Promise<number> {
    const names = await readdir(join(folder, 'cli', 'replay')).catch(() => [])
    const [name] = names
    return name === undefined ? 0 : (await readFile(join(folder, 'cli', 'replay', name), 'utf8')).split('\n').length - 1
  }

  it('killed again and again and run to the end pays each invoice once', async () => {
    const path = await write('many.csv', manySales(150))
    const earlier = await books()
    for (const lines of [10, 60, 110]) {
      const { child, ended } = start(path)
      while (child.exitCode === null && (await journalLines()) < lines) await systemClock.sleep(5)
      assert.equal(child.exitCode, null, 'it ended before it was killed')
      child.kill('SIGKILL')
      await ended
      // Half of what was killed is also forgotten: the keys alone must do.
      if (lines === 60) await rm(join(folder, 'cli', 'replay'), { recursive: true })
    }
    const { code, stdout, stderr } = await start(path).ended
    assert.equal(code, 0, stdout + stderr)
    assert.match(stdout, /Result: equal/)
    // 150 sales of 6.50, 50 returns of 2.55, all of them matched.
    const now = await books()
    assert.deepEqual(
      { payments: now.payments - earlier.payments, net: now.net - earlier.net },
      { payments: 150, net: 150n * 650n - 50n * 255n },
    )
  })

  it('answers misuse with its usage and code 2', async () => {
    const { child, ended } = start('--concurrency=none')
    const { code, stderr } = await ended
    assert.deepEqual([code, child.exitCode], [2, 2])
    assert.match(stderr, /Usage: onetill replay FILE/)
  })
})

describe('the real month', () => {
  const skip = existsSync(REAL_MONTH)
    ? false
    : 'skipped: ../shared/data/retail/online-retail-2010-12.csv.gz is not here'
  it(`equals the ledger in its first ${REAL_ROWS} rows`, { skip }, async () => {
    const rows: string[] = []
    const text = createInterface({ input: createReadStream(REAL_MONTH).pipe(createGunzip()) })
    for await (const row of text) if (rows.push(row) > REAL_ROWS) break
    const result = await replayFile(await write('month.csv', rows.join('\n')), 1)
    const { text: report, isEqual } = renderReport(result)
    assert.ok(isEqual, report)
    assert.equal(result.trade.rowCount, REAL_ROWS)
    assert.ok(
      result.movements.some(({ kind }) => kind === 'refund') && result.movements.some(({ kind }) => kind === 'credit'),
    )
  })
})
