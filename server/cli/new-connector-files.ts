// The files of a connector that has just begun. Kept apart from the command, so that what a newcomer will read first can
// be read here as a whole.

/** The files by name. `name` is in kebab case. */
export function connectorFiles(name: string): Record<string, string> {
  const identifier = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const env = `${name.replaceAll('-', '_').toUpperCase()}_SANDBOX_KEY`
  return {
    'README.md': readme(name),
    'facts.ts': facts(name),
    'exponents.ts': exponents(name),
    'client.ts': client(name),
    'index.ts': index(name, identifier),
    [`${name}.test.ts`]: tests(name, identifier, env),
  }
}

const readme = (name: string): string => `# ${name}

The connector to ${name}. It translates and decides nothing; see [docs/connectors.md](../../../docs/connectors.md).

## Account configuration

| key | meaning |
|---|---|
| \`base_url\` | address of the provider's interface, without a slash at the end |
| \`api_key\` | the merchant's key |

## Vocabulary

| here | at ${name} |
|---|---|
| operation id | the idempotency key, and the reference we look an operation up by |
`

const facts = (
  name: string,
): string => `// What ${name} can do. Declared from its documentation, never guessed: each line says where it was read, and when.
// These are the careful values; raise one only with a source.

import type { ConnectorFacts } from '../connector.ts'

export const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  lookup_by_our_reference: false,
  idempotent: false,
  methods: ['card'],
}
`

const exponents = (
  name: string,
): string => `// Decimal places as ${name} counts them, where they differ from ISO 4217. Providers disagree with the standard and with
// each other; an amount sent with the wrong exponent is wrong by a factor of ten.

import { currencyOf } from '../../lib/currency.ts'

const DIFFERENT: Readonly<Record<string, number>> = {}

/** Decimal places of a currency at the provider, or undefined for one it does not know. */
export function exponentOf(currency: string): number | undefined {
  return DIFFERENT[currency] ?? currencyOf(currency)?.exponent
}
`

const client = (
  name: string,
): string => `// One request to ${name}. The only file that knows addresses, headers and keys. An error thrown here means that nobody
// knows what happened, unless it is NotSent: then the request certainly never left.

import { type ConnectorAccount, NotSent } from '../connector.ts'

/** An answer longer than this is not the provider's. */
const MAX_ANSWER_BYTES = 1_048_576
/** The connection was never made, so nothing can have arrived. */
const NEVER_LEFT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

export interface Sent {
  account: ConnectorAccount
  /** Path at the provider, from the first slash. */
  path: string
  method: 'GET' | 'POST'
  /** Goes out as JSON. */
  body?: object
  idempotencyKey?: string
  signal: AbortSignal
}

/** Sends one request. Returns status and parsed JSON, whatever the status is; throws as the file's head says. */
export async function send(request: Sent): Promise<{ status: number; body: unknown }> {
  const { base_url, api_key } = request.account.config
  if (!base_url || !api_key) throw new NotSent('${name} is not configured for this account')
  const response = await fetch(base_url + request.path, {
    method: request.method,
    headers: {
      authorization: \`Bearer \${api_key}\`,
      ...(request.body ? { 'content-type': 'application/json' } : {}),
      ...(request.idempotencyKey ? { 'idempotency-key': request.idempotencyKey } : {}),
    },
    body: request.body ? JSON.stringify(request.body) : undefined,
    // An answer from elsewhere is no answer.
    redirect: 'error',
    signal: request.signal,
  }).catch((error: Error) => {
    const code = (error.cause as { code?: string } | undefined)?.code
    if (code && NEVER_LEFT.has(code)) throw new NotSent(\`${name} is not reachable: \${code}\`)
    throw new Error(\`${name} did not answer: \${code ?? error.name}\`)
  })
  return { status: response.status, body: JSON.parse(await textOf(response)) }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
`

const index = (
  name: string,
  identifier: string,
): string => `// The connector to ${name}: translates our instructions into its requests and its answers into outcomes. It must never
// turn doubt into \`declined\`. What it does not understand it throws, and callConnector makes that \`unknown\`.

import { type Connector, type Instruction, type LookupInstruction, NotSent } from '../connector.ts'
import { exponentOf } from './exponents.ts'
import { facts } from './facts.ts'

/** Presence of a verb is the capability: a new connector has only the two that every one must have. */
export const ${identifier}: Connector = {
  name: '${name}',
  facts,
  async sale(instruction) {
    refuseUnknownCurrency(instruction)
    throw notConfigured(instruction)
  },
  async lookup(instruction) {
    // Nothing was ever sent, and yet this is no proof for the operation asked about; the resolver goes on asking.
    throw new Error(notConfigured(instruction).message)
  },
}

/** Before anything is sent: an amount cannot be converted without knowing the provider's decimals. */
function refuseUnknownCurrency(instruction: Instruction): void {
  if (exponentOf(instruction.currency) === undefined) {
    throw new NotSent(\`${name} has no decimals for \${instruction.currency}\`)
  }
}

function notConfigured(instruction: Instruction | LookupInstruction): NotSent {
  return new NotSent(\`${name} is not configured for account \${instruction.account.id}\`)
}
`

const tests = (name: string, identifier: string, env: string): string => `import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { NotSent } from '../connector.ts'
import { contractSuite } from '../contract.ts'
import { send } from './client.ts'
import { ${identifier} } from './index.ts'

const config = { base_url: 'http://127.0.0.1:9', api_key: process.env['${env}'] ?? '' }
const account = { id: 'cac_sandbox', merchant_id: 'mer_sandbox', connector: '${name}', config }

// The provider's sandbox is asked only where somebody has given a key for it.
if (config.api_key) {
  contractSuite('${name}', async () => ({
    connector: ${identifier},
    account,
    method: 'card',
    newOperationId: () => \`opn_\${randomUUID()}\`,
    close: async () => {},
  }))
}

test('an account without a key sends nothing, and says so', async () => {
  const unconfigured = { ...account, config: {} }
  const sent = send({ account: unconfigured, path: '/', method: 'GET', signal: new AbortController().signal })
  await assert.rejects(sent, NotSent)
})

test('a sale that cannot be sent is NotSent, never declined and never succeeded', async () => {
  const sale = ${identifier}.sale({
    account: { ...account, config: {} },
    operation_id: 'opn_1',
    payment_id: 'pay_1',
    tender_id: 'ten_1',
    amount: 4_995n,
    currency: 'EUR',
    webhook_url: '',
    method: 'card',
    channel: 'web',
    initiator: 'customer',
    signal: new AbortController().signal,
  })
  await assert.rejects(sale, NotSent)
})
`
