// What the documents say about the program, compared with the program: the commands of the front page run, links lead
// somewhere, and every table of names equals the names in the code.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import Value from 'typebox/value'
import { CATALOGUE } from '../server/merchants/index.ts'
import { PaymentView } from '../server/payments/payment.ts'
import { type ServedShop, servedShop } from './served-shop.ts'

const ROOT = join(import.meta.dirname, '..')
const IGNORED = ['node_modules', '.git', 'data', 'dist', 'coverage']
const documents = globSync('**/*.md', { cwd: ROOT, exclude: (name) => IGNORED.includes(name) }).map((path) =>
  path.replaceAll('\\', '/'),
)
/** The commands of the front page take a few seconds; a minute means that one hangs. */
const TIMEOUT_MS = 60_000

let shop: ServedShop
before(async () => {
  shop = await servedShop()
})
after(() => shop.close())

test('the commands on the front page print what the page says they print', async () => {
  const blocks = [...read('README.md').matchAll(/^```sh tested\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '')
  const script = blocks.join('\n').replaceAll('http://127.0.0.1:4000', shop.url)
  const promised = [...script.matchAll(/^#> (.*)$/gm)].map((match) => match[1])
  assert.ok(promised.length >= 7, 'the front page has lost its commands')
  const folder = await mkdtemp(join(tmpdir(), 'onetill-reader-'))
  try {
    await symlink(shop.dataDir, join(folder, 'data'), 'junction')
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      timeout: TIMEOUT_MS,
    })
    assert.deepEqual(stdout.trimEnd().split('\n'), promised)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('payments look as their schema in the reference says', async () => {
  const answer = await shop.program.app.inject({
    url: '/v1/payments?limit=100',
    headers: { host: '127.0.0.1', authorization: `Bearer ${shop.demo.secret_key}` },
  })
  const { data } = answer.json<{ data: object[] }>()
  assert.ok(data.length > 0, 'the front page has made payments')
  for (const payment of data) {
    assert.deepEqual([...Value.Errors(PaymentView, payment)], [])
    assert.deepEqual(Object.keys(payment).sort(), Object.keys(PaymentView.properties).sort())
  }
})

test('every link between documents leads to a file and a heading', () => {
  const found = documents.flatMap((path) =>
    [...withoutCode(read(path)).matchAll(/(?:\]\(|src=")([^)"\s]+)[)"]/g)].flatMap((match) => {
      const [target = '', anchor] = (match[1] ?? '').split('#', 2)
      if (/^[a-z]+:/.test(match[1] ?? '')) return []
      const file = target === '' ? path : join(dirname(path), decodeURI(target)).replaceAll('\\', '/')
      if (!existsSync(join(ROOT, file))) return [`${path}: ${match[1]} does not exist`]
      if (anchor === undefined || anchorsOf(file).has(anchor)) return []
      return [`${path}: ${match[1]} has no such heading`]
    }),
  )
  none(found)
})

test('the number of payment methods in the documents is that of the catalogue', () => {
  const said = documents.flatMap((path) =>
    [...read(path).matchAll(/(\d+) payment methods|country and channel, out of (\d+)/g)].map((match) => ({
      path,
      count: Number(match[1] ?? match[2]),
    })),
  )
  assert.ok(said.length >= 2, 'the front page and the changelog count the methods')
  for (const { path, count } of said) assert.equal(count, CATALOGUE.length, path)
})

test('docs/guides/events.md lists exactly the events that can be written', async () => {
  const documented = firstColumn('docs/guides/events.md').filter((name) => name.includes('.'))
  assert.deepEqual(documented.sort(), [...new Set([...(await appliedEventTypes()), ...namedEventTypes()])].sort())
})

test('docs/guides/operations.md lists exactly the settings that are read', () => {
  const settings = [...read('server/config.ts').matchAll(/env\['(\w+)'\]/g)].map((match) => match[1] ?? '')
  const documented = firstColumn('docs/guides/operations.md').filter((name) => /^[A-Z_]+$/.test(name))
  assert.deepEqual(documented.sort(), [...new Set(settings)].sort())
})

test('docs/guides/operations.md lists exactly the commands there are', () => {
  const table = /const COMMANDS = \{([\s\S]*?)\n\}/.exec(read('bin/onetill.mjs'))?.[1] ?? ''
  const commands = [...table.matchAll(/^ {2}'?([\w-]+)'?: \{/gm)].map((match) => match[1] ?? '')
  const section = /## Commands\n([\s\S]*?)\n## /.exec(read('docs/guides/operations.md'))?.[1] ?? ''
  assert.deepEqual(firstColumnOf(section).sort(), commands.sort())
})

test('docs/guides/operations.md tells of every figure of the program, and of each when to worry', () => {
  const code = read('server/metrics.ts')
  const names = [...code.matchAll(/name: '(\w+)'|^ {4}(lane_\w+): /gm)].map((match) => match[1] ?? match[2] ?? '')
  assert.ok(names.length >= 7, 'the figures are no longer found in server/metrics.ts')
  const watch = /## Watch\n([\s\S]*?)\n## /.exec(read('docs/guides/operations.md'))?.[1] ?? ''
  const rows = watch.split('\n').filter((line) => line.startsWith('| '))
  none(names.filter((name) => !rows.some((row) => row.includes(`\`${name}\``))))
})

test('the words of the glossary stand in the code', () => {
  const code = globSync('server/**/*.{ts,sql}', { cwd: ROOT })
    .filter((path) => !path.endsWith('.test.ts'))
    .map(read)
    .join('\n')
  const rows = read('docs/glossary.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`'))
  assert.ok(rows.length > 40, 'the glossary has lost its table')
  none(
    rows.flatMap((row) => {
      const [, word, , names = ''] = row.split('|')
      const name = /`([^`]+)`/.exec(names)?.[1]
      return name && new RegExp(`\\b${name}\\b`).test(code) ? [] : [`${word?.trim()}: ${name} is not in server/`]
    }),
  )
})

test('every decision is in the list of decisions, and has its parts', () => {
  const list = read('docs/adr/README.md')
  const decisions = documents.filter((path) => /^docs\/adr\/\d{4}-/.test(path))
  none(
    decisions.flatMap((path) => {
      const text = read(path)
      const parts = ['Context', 'Decision', 'Consequences', 'Alternatives', 'References']
      const missing = parts.filter((part) => !text.includes(`\n## ${part}\n`))
      return [
        ...(list.includes(`(${path.slice('docs/adr/'.length)})`) ? [] : [`${path} is not in docs/adr/README.md`]),
        ...missing.map((part) => `${path} has no ${part}`),
        ...(/^> /m.test(text) ? [] : [`${path} does not say its decision in a line to quote`]),
      ]
    }),
  )
})

test('every module of the server says what it is', () => {
  const modules = new Set(
    globSync('server/*/*.ts', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/').split('/', 2).join('/')),
  )
  none(
    [...modules].filter((path) => !existsSync(join(ROOT, path, 'README.md'))).map((path) => `${path} has no README.md`),
  )
})

test('every route of the API has a summary, a tag and a name of its own; money routes show their key', () => {
  const { paths } = shop.program.app.swagger() as unknown as { paths: Record<string, Record<string, Route>> }
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ ...route, at: `${method.toUpperCase()} ${path}` })),
  )
  assert.ok(routes.length > 50, 'the description has lost its routes')
  none(
    routes.flatMap(({ at, summary, tags, operationId, parameters = [] }) => [
      ...(summary ? [] : [`${at} has no summary`]),
      ...(tags?.length === 1 ? [] : [`${at} has no tag`]),
      ...(operationId ? [] : [`${at} has no operationId`]),
      ...(MOVES_MONEY.test(at) === parameters.some(({ name }) => name === 'Idempotency-Key')
        ? []
        : [`${at}: Idempotency-Key is required and not described, or the other way round`]),
    ]),
  )
  assert.equal(new Set(routes.map(({ operationId }) => operationId)).size, routes.length)
})

interface Route {
  summary?: string
  tags?: string[]
  operationId?: string
  parameters?: { name: string }[]
}
const MOVES_MONEY =
  /^POST \/v1\/(payments|credits|payments\/\{id\}\/(tenders|tenders\/\{tender_id\}\/cancel|captures|cancel|refunds|increments|extensions)|orders\/\{id\}\/(cancel|changes\/\{change_id\}\/confirm)|fulfilments\/\{id\}\/(collect|ship)|returns\/\{id\}\/settle|exchanges|invoices|invoices\/\{id\}\/(credit|send)|gift_cards|gift_cards\/\{id\}\/(load|transfer)|customers\/\{id\}\/(store_credit|loyalty)\/adjustments)$/

// ---- What can be written as an event -------------------------------------------------------------------------------

/** Types that follow from evidence: every kind and state of an operation, met with every outcome there is. */
async function appliedEventTypes(): Promise<string[]> {
  const { rows } = await shop.database.db.query<{ type: string }>(`
    select distinct payment_event_type(e.effect, k.kind, a.action) as type
    from unnest(array['sale', 'authorize', 'capture', 'void', 'refund', 'increment', 'extend', 'credit']) k (kind)
    cross join unnest(array['dispatched', 'pending', 'unknown', 'succeeded', 'declined', 'no_effect', 'reversed']) s (state)
    cross join unnest(array['succeeded', 'declined', 'no_effect', 'pending', 'unknown', 'expired']) o (outcome)
    cross join (values (false), (true)) v (is_reversal)
    cross join (values ('EUR'), ('SEK')) c (currency)
    cross join (values (null::jsonb), ('{"type": "redirect"}'::jsonb)) a (action)
    cross join (values (100), (null)) m (amount)
    cross join lateral (select payment_effect(
      json_populate_record(null::payment_apply_row, json_build_object('outcome', o.outcome, 'is_reversal', v.is_reversal, 'currency', c.currency, 'amount', m.amount, 'source', 'reply')),
      json_populate_record(null::operation, json_build_object('kind', k.kind, 'state', s.state, 'amount', 100)),
      'EUR') as effect) e
    where e.effect not like 'none%'`)
  return rows.map(({ type }) => type)
}

/** What events are about: the first word of their type. */
const EVENT_FAMILIES = [
  ...['payment', 'dispute', 'customer', 'webhook_endpoint', 'webhook_delivery', 'product', 'variant', 'price_list'],
  ...['stock', 'transfer', 'promotion', 'cart', 'quote', 'order', 'fulfilment', 'return', 'exchange'],
  ...['gift_card', 'store_credit', 'loyalty', 'import', 'checkout_session', 'invoice', 'payment_link'],
]

/** Types that stand in the code as they are, and those of disputes, which are made from the stage. */
function namedEventTypes(): string[] {
  const sources = globSync('server/**/*.{ts,sql}', { cwd: ROOT }).filter((path) => !path.endsWith('.test.ts'))
  const types = sources.flatMap((path) =>
    [...read(path).matchAll(new RegExp(`'((?:${EVENT_FAMILIES.join('|')})\\.[a-z_]+)'`, 'g'))].map(
      (match) => match[1] ?? '',
    ),
  )
  return [...types, 'dispute.opened', 'dispute.won', 'dispute.lost']
}

// ---- Reading documents ---------------------------------------------------------------------------------------------

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function none(found: string[]): void {
  assert.equal(found.length, 0, `\n${found.join('\n')}\n`)
}

function firstColumn(path: string): string[] {
  return firstColumnOf(read(path))
}

/** What stands in code marks in the first column of the tables. */
function firstColumnOf(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '')
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '').replaceAll(/`[^`\n]*`/g, '')
}

/** The anchors a renderer gives the headings of a document. */
function anchorsOf(path: string): Set<string> {
  return new Set(
    [...withoutFences(read(path)).matchAll(/^#{1,6} (.+)$/gm)].map((match) =>
      (match[1] ?? '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  )
}

function withoutFences(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, '')
}
