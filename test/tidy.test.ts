// The rules of the house that a tool can see, as an ordinary test. Each failure names the file, the line and what to do
// instead. When a rule makes code worse, change the rule here and in CONVENTIONS.md, in the same commit as the code.

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { PROBLEMS } from '../server/lib/problem.ts'

const ROOT = join(import.meta.dirname, '..')
const MAX_LINES = 450

// ---- Who may import whom -------------------------------------------------------------------------------------------

const GROUND = ['lib', 'db', 'jobs']
const SECOND_ROW = [...GROUND, 'merchants']
/** What every module of commerce stands on. */
const COMMERCE_GROUND = [...SECOND_ROW, 'http', 'notify', 'mail']
/** Modules and what they may import besides themselves. `http` is for routes only, see below. */
const MAY_IMPORT: Record<string, string[]> = {
  lib: [],
  db: ['lib'],
  jobs: ['lib', 'db'],
  http: GROUND,
  // Connectors appear as the types of their contract: an account is settings for one.
  merchants: [...GROUND, 'http', 'connectors', 'countries'],
  access: [...SECOND_ROW, 'http'],
  ledger: [...SECOND_ROW, 'http'],
  vault: [...SECOND_ROW, 'http'],
  customers: [...SECOND_ROW, 'http', 'notify'],
  notify: [...SECOND_ROW, 'http'],
  mail: [...GROUND, 'http'],
  connectors: ['lib', 'nexo'],
  verify: ['lib', 'db'],
  // Of totals: how cash is rounded.
  payments: [...SECOND_ROW, ...'http ledger vault customers notify mail access connectors totals'.split(' ')],
  terminals: [...SECOND_ROW, 'http', 'connectors', 'customers', 'payments'],
  // Pure: the same code runs in a till or a web shop.
  totals: ['lib'],
  countries: ['lib'],
  // Pure: messages between a till and a terminal, as data.
  nexo: ['lib'],
  // Another company's device: it knows the wire, and nothing of our books.
  'virtual-terminal': ['lib', 'http', 'pages', 'nexo'],
  catalog: [...COMMERCE_GROUND, 'countries'],
  stock: COMMERCE_GROUND,
  promotions: [...COMMERCE_GROUND, 'totals'],
  loyalty: [...COMMERCE_GROUND, 'payments', 'customers', 'ledger', 'connectors', 'totals'],
  carts: [...COMMERCE_GROUND, 'totals', 'countries', 'catalog', 'stock', 'promotions', 'customers'],
  orders: [
    ...COMMERCE_GROUND,
    ...'signin totals countries catalog stock promotions customers vault payments loyalty carts'.split(' '),
  ],
  fulfilments: [...COMMERCE_GROUND, 'totals', 'catalog', 'stock', 'customers', 'vault', 'payments', 'orders'],
  returns: [
    ...COMMERCE_GROUND,
    ...'totals catalog stock customers payments loyalty carts orders fulfilments'.split(' '),
  ],
  signin: [...SECOND_ROW, 'http', 'notify', 'mail', 'customers'],
  account: [
    ...COMMERCE_GROUND,
    ...['customers', 'signin', 'vault', 'loyalty', 'carts', 'orders', 'fulfilments', 'returns', 'checkout', 'bags'],
    ...['countries', 'invoices', 'links'],
  ],
  pages: ['lib', 'http'],
  // Only the page: what it does it does through the public API.
  pos: ['lib', 'http', 'pages'],
  checkout: [...COMMERCE_GROUND, 'customers', 'signin', 'vault', 'payments', 'pages'],
  invoices: [...COMMERCE_GROUND, 'totals', 'catalog', 'customers', 'payments', 'orders'],
  // What a checkout page asks about carts, given to it through wiring.
  bags: [...COMMERCE_GROUND, 'countries', 'catalog', 'stock', 'carts', 'orders', 'fulfilments', 'checkout'],
  links: [...COMMERCE_GROUND, 'customers', 'vault', 'payments', 'pages', 'mail', 'checkout'],
  letters: [...COMMERCE_GROUND, 'vault', 'payments', 'orders', 'fulfilments', 'invoices', 'checkout', 'links'],
  storefront: [...COMMERCE_GROUND, ...'vault carts orders invoices fulfilments returns checkout pages'.split(' ')],
  staff: COMMERCE_GROUND,
  journal: [...SECOND_ROW, 'http'],
  printers: [...SECOND_ROW, 'http'],
  receipts: [...COMMERCE_GROUND, ...'customers vault payments orders returns journal'.split(' ')],
  shifts: [...COMMERCE_GROUND, 'ledger', 'payments', 'journal', 'receipts', 'staff'],
  tills: [...COMMERCE_GROUND, 'catalog', 'staff', 'shifts'],
  offline: [
    ...COMMERCE_GROUND,
    ...'totals countries catalog stock customers payments orders journal receipts staff shifts tills'.split(' '),
  ],
  // A client of the API: it knows routes and JSON, and nothing of the server behind them.
  replay: ['lib'],
}
/** Modules whose every file is public; of the others only index.ts. */
const OPEN_MODULES = ['lib', 'db', 'http']
/** Of connectors the contract is public as types, and the one way to call a connector. */
const CONTRACTS = ['server/connectors/connector.ts', 'server/connectors/terminal.ts']
const CALLS = ['server/connectors/call.ts', 'server/connectors/call-terminal.ts']
/** The words that schemas are made of; they say nothing about HTTP itself. */
const SCHEMA_WORDS = 'server/http/schema.ts'
/** Files that put the parts together may import anything. */
const WIRING = ['main.ts', 'wiring.ts', 'commerce.ts', 'counter.ts', 'config.ts', 'metrics.ts']

// ---- Calls that take what should be given --------------------------------------------------------------------------

interface Ban {
  what: string
  call: RegExp
  instead: string
  /** Tests of the API are its clients. */
  isFineInTests?: boolean
  /** Paths, or beginnings of paths, whose job it is. */
  allowed: string[]
}
const TOOLS = ['server/cli/', 'bench/', 'test/', 'examples/', 'bin/', 'web/']
const BANS: Ban[] = [
  {
    what: 'Date.now()',
    call: /\bDate\.now\(/,
    instead: 'pass a Clock and call clock.now()',
    allowed: ['server/lib/clock.ts', ...TOOLS],
  },
  {
    what: 'new Date()',
    call: /\bnew Date\(\s*\)/,
    instead: 'pass a Clock and call clock.now()',
    allowed: ['server/lib/clock.ts', ...TOOLS],
  },
  { what: 'Math.random', call: /\bMath\.random\b/, instead: 'pass newId or a FillRandom', allowed: TOOLS },
  {
    what: 'randomUUID',
    call: /\brandomUUID\b/,
    instead: 'pass newId, whose ids carry their kind and sort by time',
    allowed: TOOLS,
  },
  {
    what: 'a timer',
    call: /(?<![.\w])set(Timeout|Interval)\(/,
    instead: 'pass a Clock and await clock.sleep(ms, signal), or use a worker of jobs/',
    allowed: ['server/lib/clock.ts', 'server/main.ts', ...TOOLS],
  },
  {
    what: 'the global fetch',
    isFineInTests: true,
    call: /(?<![.\w])fetch\(/,
    instead: 'take a transport as an argument, so that calls out go through connectors/call.ts or notify/send.ts',
    allowed: ['server/connectors/simulator/http-client.ts', 'server/notify/send.ts', 'server/wiring.ts', ...TOOLS],
  },
]

// ---- Who owns which table ------------------------------------------------------------------------------------------

const TABLES: Record<string, string[]> = {
  merchants: ['merchant', 'store', 'register', 'terminal', 'merchant_channel', 'merchant_method', 'connector_account'],
  access: ['api_key'],
  staff: ['staff_member'],
  journal: ['journal_entry', 'journal_end', 'journal_key'],
  receipts: ['till_stamp', 'receipt', 'receipt_copy', 'register_total'],
  shifts: ['shift', 'drawer_movement', 'register_report'],
  printers: ['receipt_printer'],
  tills: ['till_device', 'pairing_code', 'till_session', 'pin_guess'],
  offline: ['offline_key', 'offline_document', 'offline_link', 'offline_sale', 'offline_review', 'offline_state'],
  fulfilments: ['fulfilment', 'fulfilment_line', 'pickup_queue'],
  checkout: ['checkout_settings', 'checkout_session'],
  bags: ['checkout_bag'],
  letters: ['letter_settings'],
  links: ['payment_link', 'payment_link_use', 'payment_link_try'],
  stock: [
    ...['stock_level', 'stock_reservation', 'stock_movement', 'stock_safety', 'channel_pool', 'stock_task'],
    ...['transfer', 'transfer_line', 'stock_count', 'stock_count_line', 'stock_reference'],
  ],
  returns: [
    ...['return_policy', 'goods_return', 'goods_return_line', 'return_refund'],
    ...['return_velocity', 'order_card', 'exchange'],
  ],
  customers: [
    'customer',
    'customer_identity',
    'customer_consent',
    'customer_address',
    'customer_merge',
    'customer_view',
    'customer_moment',
  ],
  signin: ['sign_in_code', 'customer_session', 'customer_passkey', 'passkey_challenge'],
  vault: ['vault_key', 'vault_card', 'token', 'instrument'],
  catalog: [
    'product',
    'variant',
    'variant_barcode',
    'variant_component',
    'catalog_word',
    'price_list',
    'price',
    'price_history',
    'barcode_rule',
    'catalog_import',
    'catalog_import_row',
  ],
  ledger: ['ledger_entry', 'ledger_line', 'ledger_balance'],
  notify: ['event', 'event_counter', 'event_cursor', 'event_set_aside', 'webhook_endpoint', 'webhook_delivery'],
  mail: ['mail'],
  invoices: ['invoice', 'invoice_line', 'invoice_state', 'invoice_settings', 'invoice_counter', 'invoice_reminder'],
  promotions: ['promotion', 'promotion_code', 'promotion_use'],
  payments: [
    'payment',
    'tender',
    'operation',
    'operation_ask',
    'evidence',
    'dispute',
    'order_payment',
    'payment_task',
    'terminal_slot',
    'terminal_offline',
    'inbound_event',
    'idempotency_key',
    'idempotency_reply',
  ],
  carts: ['cart', 'cart_line', 'cart_code', 'quote'],
  orders: ['sales_order', 'order_line', 'order_group', 'order_change', 'order_refund', 'order_task', 'order_counter'],
  loyalty: [
    ...['gift_card_programme', 'stored_value', 'gift_card', 'stored_value_operation'],
    ...['stored_value_entry', 'stored_value_debt', 'loyalty_programme', 'loyalty_earning'],
  ],
}
/** The simulator is another company's system, with tables of its own. The auditor reads across all books on purpose. */
const READS_EVERYTHING = ['server/verify/', 'server/cli/', 'server/connectors/simulator/', 'server/db/migrate.ts']

// ---- The tests -----------------------------------------------------------------------------------------------------

const files = globSync('**/*', {
  cwd: ROOT,
  exclude: (name) => ['node_modules', '.git', 'data', 'dist', 'coverage'].includes(basename(name)),
})
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.(ts|tsx|mjs|js|css|html|sql|json|md|ya?ml|sh)$/.test(path) || path.startsWith('.ci/'))
  .sort()
const sources = files.filter((path) => /\.(ts|tsx|mjs|js)$/.test(path))
const serverSources = sources.filter((path) => path.startsWith('server/'))

test('a module imports only modules below it, and through their public face', () => {
  const found = serverSources
    .filter((path) => !isTest(path))
    .flatMap((path) => importsOf(path).flatMap((to) => importOffence(path, to)))
  none(found)
})

test('time, chance, ids and the network are passed in, not reached for', () => {
  const found = sources.flatMap((path) =>
    BANS.filter((ban) => !(ban.isFineInTests && isTest(path)))
      .filter((ban) => !ban.allowed.some((place) => path.startsWith(place)))
      .flatMap((ban) => linesWith(path, ban.call).map((line) => `${path}:${line} uses ${ban.what}: ${ban.instead}`)),
  )
  none(found)
})

test('a table is named only by the store of the module that owns it', () => {
  const ownerOf = new Map(
    Object.entries(TABLES).flatMap(([module, names]) => names.map((name) => [name, module] as const)),
  )
  const named = new RegExp(
    `\\b(?:from|join|into|update|table|truncate)\\s+(?:only\\s+)?(${[...ownerOf.keys()].join('|')})\\b(?!\\.ts|[(])`,
    'i',
  )
  const found = serverSources
    .filter(
      (path) => path.endsWith('.ts') && !isTest(path) && !READS_EVERYTHING.some((place) => path.startsWith(place)),
    )
    .flatMap((path) =>
      linesWith(path, named).flatMap((line) => {
        const table = (named.exec(code(path).split('\n')[line - 1] ?? '')?.[1] ?? '').toLowerCase()
        const owner = ownerOf.get(table)
        if (owner === moduleOf(path) && /^(.*-)?store\.ts$/.test(basename(path))) return []
        return `${path}:${line} names the table ${table}: ask ${owner}, or move the SQL to server/${owner}/store.ts`
      }),
    )
  none(found)
})

test('every table of the migrations has an owner', () => {
  const known = new Set(['schema_migration', ...Object.values(TABLES).flat()])
  const found = files
    .filter((path) => path.endsWith('.sql'))
    .flatMap((path) =>
      [...read(path).matchAll(/^\s*create table (?:if not exists )?(\w+)/gim)].map((match) => ({
        path,
        table: match[1] ?? '',
      })),
    )
    .filter(({ table }) => !known.has(table))
    .map(({ path, table }) => `${path} makes the table ${table}: add it to TABLES in test/tidy.test.ts under its owner`)
  none(found)
})

test('files are small enough to read', () => {
  const found = sources
    .map((path) => ({ path, lines: read(path).trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MAX_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines: split it by noun or verb, at most ${MAX_LINES}`)
  none(found)
})

test('files and folders are named by what they are about', () => {
  const vague = /(^|\/)([\w-]*-)?(services?|utils?|helpers?|managers?|common)(\.[\w.]+)?(\/|$)/
  none(sources.filter((path) => vague.test(path)).map((path) => `${path}: name it by its noun or verb`))
})

test('types are whole and no check is switched off', () => {
  // Written so that this line does not find itself.
  const switches = /@ts[-](ignore|nocheck)|biome[-]ignore|eslint[-]disable/
  const found = sources.flatMap((path) => [
    ...linesWith(path, switches, read(path)).map(
      (line) => `${path}:${line} switches a check off: make the code pass it`,
    ),
    ...linesWith(path, /(?:[:<,|&(]\s*|\bas\s+)any\b(?=\s*(?:[;,)>\]=|&{[]|$))/, withoutStrings(path)).map(
      (line) => `${path}:${line} uses any: use unknown and narrow it, or name the type`,
    ),
  ])
  none(found)
})

test('docs/errors.md and the table of problems are the same', () => {
  const documented = new Set(
    [...read('docs/errors.md').matchAll(/^(?:#{2,6} |\| *)`([a-z0-9-]+)`/gm)].map((match) => match[1] ?? ''),
  )
  const codes = new Set<string>(Object.keys(PROBLEMS))
  none([
    ...[...codes].filter((name) => !documented.has(name)).map((name) => `${name} is missing in docs/errors.md: add it`),
    ...[...documented]
      .filter((name) => !codes.has(name))
      .map((name) => `${name} is in docs/errors.md only: add it to server/lib/problem.ts`),
  ])
})

test('every dependency says what it saves, what it costs and how we would leave', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >
  const used = new Set(Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }))
  const rows = read('docs/dependencies.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const described = new Set(
    rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')),
  )
  none([
    ...[...used].filter((name) => !described.has(name)).map((name) => `${name} has no row in docs/dependencies.md`),
    ...[...described]
      .filter((name) => !used.has(name))
      .map((name) => `${name} has a row in docs/dependencies.md and is not used`),
    ...rows
      .filter((row) => row.split('|').filter((cell) => cell.trim()).length < 4)
      .map((row) => `incomplete row: ${row}`),
  ])
})

test('nothing in the repository points at one machine or one registry', () => {
  const places: [RegExp, string][] = [
    [
      /\bregistry\.(npmjs|yarnpkg|npmmirror)\b|\/(artifactory|verdaccio)\//,
      'names a package registry: leave it to the settings of npm',
    ],
    [/(^|[\s'"`(=:])(\/home\/\w|\/Users\/\w|\/root\/|\/work\/)/, 'has a path of one machine: make it relative'],
  ]
  const found = files.flatMap((path) =>
    places.flatMap(([pattern, why]) => linesWith(path, pattern, read(path)).map((line) => `${path}:${line} ${why}`)),
  )
  none(found)
  const lock = read('package-lock.json')
  assert.ok(
    !lock.includes('"resolved"'),
    'package-lock.json has "resolved": install with omit-lockfile-registry-resolved (see .npmrc)',
  )
})

// ---- How it looks --------------------------------------------------------------------------------------------------

function none(found: string[]): void {
  assert.equal(found.length, 0, `\n${found.join('\n')}\n`)
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function isTest(path: string): boolean {
  return /(\.test|(^|[/.-])fixture)\.ts$/.test(path)
}

function moduleOf(path: string): string {
  const [, second = '', third] = path.split('/')
  return third === undefined ? '' : second
}

/** Blanks comments, keeping lines in place. */
function code(path: string): string {
  return read(path).replaceAll(TOKENS, (token) => (/^\/[/*]/.test(token) ? token.replaceAll(/[^\n]/g, ' ') : token))
}

/** Blanks comments and strings, keeping lines in place. */
function withoutStrings(path: string): string {
  return read(path).replaceAll(TOKENS, (token) => token.replaceAll(/[^\n]/g, ' '))
}

/** Strings and comments. Strings first, so that a URL in one is not taken for a comment. */
const TOKENS = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

function linesWith(path: string, pattern: RegExp, text = code(path)): number[] {
  return text.split('\n').flatMap((line, i) => (pattern.test(line) ? [i + 1] : []))
}

interface Import {
  /** Path from server/, for imports inside the repository. */
  to: string
  isType: boolean
}

function importsOf(path: string): Import[] {
  const pattern = /\b(import|export)\s+(type\s+)?[^;'"()]*?from\s+'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'/g
  return [...code(path).matchAll(pattern)].map((match) => ({
    to: join(dirname(path), match[3] ?? match[4] ?? '').replaceAll('\\', '/'),
    isType: match[2] !== undefined,
  }))
}

function importOffence(path: string, { to, isType }: Import): string[] {
  const from = moduleOf(path)
  const target = moduleOf(to)
  // Command-line programs put parts together too, and write the first lines of new files.
  if (from === 'cli') return []
  if (!to.startsWith('server/')) return [`${path} imports ${to}: the server stands on nothing outside server/`]
  if (from === '' && WIRING.includes(basename(path))) return []
  if (from === target) return []
  if (target === '') return [`${path} imports ${to}: wiring imports modules, never the other way round`]
  const allowed = MAY_IMPORT[from]
  if (!allowed) return [`${path} is in a module that test/tidy.test.ts does not know: give it a row in MAY_IMPORT`]
  if (!allowed.includes(target))
    return [`${path} imports ${target}: ${from} may import only ${allowed.join(', ') || 'nothing'}`]
  if (target === 'http' && !isType && to !== SCHEMA_WORDS && !/(^|-)(routes|schema)\.ts$/.test(basename(path))) {
    return [`${path} imports ${to}: only routes and their schemas know HTTP; give the verb plain values`]
  }
  if (target === 'connectors' && !CALLS.includes(to) && !(isType && CONTRACTS.includes(to))) {
    return [
      `${path} imports ${to}: import the types of ${CONTRACTS.join(', ')}, or ${CALLS.join(', ')}; main.ts hands over the connectors`,
    ]
  }
  const isPublic = OPEN_MODULES.includes(target) || basename(to) === 'index.ts' || [...CONTRACTS, ...CALLS].includes(to)
  return isPublic ? [] : [`${path} imports ${to}: import server/${target}/index.ts, the module's public face`]
}
