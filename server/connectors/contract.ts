// What every connector must keep, as tests. A connector's own test file calls `contractSuite` with a subject that reaches
// its provider (a sandbox, a recorded server, the simulator); verbs it lacks are skipped, because the presence of a method
// is the capability. docs/connectors.md says why each rule is there.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { Problem, type ProblemCode } from '../lib/problem.ts'
import { callConnector, type InstructionOf, type Verb } from './call.ts'
import type {
  ChargeInstruction,
  ClearCard,
  Connector,
  ConnectorAccount,
  InboundRequest,
  Lookup,
  Outcome,
} from './connector.ts'

/** A connector that can be tried, and what the suite must know about the provider behind it. */
export interface ContractSubject {
  connector: Connector
  account: ConnectorAccount
  /** A method it carries that needs nothing but what `charge` adds. */
  method: string
  /** Fresh operation ids, new in every run against a shared sandbox. */
  newOperationId: () => string
  /** Added to every charge so that it is approved: a test card, a terminal, cash. */
  charge?: Partial<ChargeInstruction>
  /** A card the provider's sandbox declines. */
  declinedCard?: ClearCard
  /** Makes the provider carry out the next instruction of this kind and lose the answer. */
  loseNextAnswer?(verb: Verb): Promise<void>
  /** A genuine webhook about the outcome of an operation, as it would arrive, and the moment it does. */
  webhookAbout?(operationId: string): Promise<{ request: InboundRequest; now: Date }>
  /** More than it can carry, in minor units: a sale beyond that must certainly take no effect. */
  most?: bigint
  /** True when the provider is asked by its own name of an operation alone (`named`), so that it can say nothing of an unknown id of ours. */
  isAskedByItsName?: boolean
  /** The secret of `account` that webhooks are signed with; default webhook_secret. */
  signedWith?: string
  /** False when what the provider signs has no time in it. */
  hasTimeInWebhooks?: boolean
  /** False when the provider keeps no record of its own (a drawer), so that unknown ids cannot be told from known ones. */
  hasMemory?: boolean
  close(): Promise<void>
}

/** One amount per exponent class and the extremes; a mistaken exponent is wrong by a factor of ten and shows at once. */
const AMOUNTS: readonly [currency: string, amount: bigint][] = [
  ['EUR', 1n],
  ['EUR', 4_995n],
  ['SEK', 10_000n],
  ['JPY', 500n],
  ['KWD', 12_345n],
  ['HUF', 100_000n],
  ['EUR', 999_999_999_999n],
]

/** Registers the tests for one connector. `name` appears in their titles. */
export function contractSuite(name: string, makeSubject: () => Promise<ContractSubject>): void {
  describe(`connector contract: ${name}`, () => {
    let subject: ContractSubject
    before(async () => {
      subject = await makeSubject()
    })
    after(() => subject.close())
    const lazily = () => subject
    factsTests(lazily)
    chargeTests(lazily)
    doubtTests(lazily)
    followUpTests(lazily)
    webhookTests(lazily)
  })
}

type Lazily = () => ContractSubject
type Skip = { skip(reason: string): void }

function factsTests(subject: Lazily): void {
  test('declares at least one method, each once', () => {
    const { methods } = subject().connector.facts
    assert.ok(methods.length > 0)
    assert.equal(new Set(methods).size, methods.length)
    assert.ok(methods.includes(subject().method))
  })

  test('an instruction it does not offer is refused before any call', async () => {
    const { connector } = subject()
    const bare: Connector = {
      name: connector.name,
      facts: connector.facts,
      sale: connector.sale,
      lookup: connector.lookup,
    }
    await assert.rejects(follow(subject(), 'capture', charged(subject()), 1n, bare), isProblem('operation-unsupported'))
  })
}

function chargeTests(subject: Lazily): void {
  for (const [currency, amount] of AMOUNTS) {
    test(`a sale of ${amount} minor units of ${currency} succeeds for exactly that, and a lookup agrees`, async (t) => {
      const { connector } = subject()
      if (connector.facts.currencies && !connector.facts.currencies.includes(currency))
        return t.skip(`${currency} is not offered`)
      const instruction = { ...charged(subject()), currency, amount, ...cashFor(subject(), amount) }
      const outcome = await call(subject(), 'sale', instruction)
      const { most } = subject()
      if (most !== undefined && amount > most) return assert.equal(outcome.outcome, 'no_effect')
      assert.equal(outcome.outcome, 'succeeded', JSON.stringify(outcome, textOf))
      assert.equal(amountOf(outcome), amount)
      assert.equal(amountOf(await lookUp(subject(), instruction)), amount)
    })
  }

  test('the same operation id sent twice has one effect and the same answer', async (t) => {
    if (!subject().connector.facts.idempotent) return t.skip('it declares not to be idempotent')
    const instruction = charged(subject())
    const first = await call(subject(), 'sale', instruction)
    const second = await call(subject(), 'sale', instruction)
    assert.deepEqual(second, first)
  })

  test('a declined card is declined, with a code, and stays so when asked', async (t) => {
    const card = subject().declinedCard
    if (!card) return t.skip('it takes no cards')
    const instruction = { ...charged(subject()), card }
    const outcome = await call(subject(), 'sale', instruction)
    assert.equal(outcome.outcome, 'declined')
    assert.ok(outcome.outcome === 'declined' && outcome.code !== '' && outcome.message !== '')
    assert.equal((await lookUp(subject(), instruction)).outcome, 'declined')
  })

  test('no outcome holds the card number or the security code', async (t) => {
    const card = charged(subject()).card
    if (!card) return t.skip('it takes no cards in clear')
    const instruction = charged(subject())
    const seen = [await call(subject(), 'sale', instruction), await lookUp(subject(), instruction)]
    const text = JSON.stringify(seen, textOf)
    assert.ok(!text.includes(card.number.reveal()), 'the card number is in the outcome')
    if (card.cvc) assert.ok(!new RegExp(`"${card.cvc.reveal()}"`).test(text), 'the security code is in the outcome')
  })
}

function doubtTests(subject: Lazily): void {
  test('an instruction whose deadline has passed is unknown, or certainly never sent, never declined', async () => {
    const { connector } = subject()
    const instruction = { ...charged(subject()), signal: AbortSignal.abort() }
    const outcome = await connector.sale(instruction).catch((error: Error) => error)
    if (outcome instanceof Error) return
    assert.notEqual(outcome.outcome, 'declined')
  })

  test('an id nobody has used is not found', async (t) => {
    if (subject().hasMemory === false) return t.skip('the provider keeps no record')
    if (subject().isAskedByItsName)
      return assert.equal((await lookUp(subject(), charged(subject()))).outcome, 'unknown')
    assert.equal((await lookUp(subject(), charged(subject()))).outcome, 'not_found')
  })

  test('a sale whose answer was lost is unknown, is found by our own id, and is not made twice', async (t) => {
    const { loseNextAnswer, connector } = subject()
    if (!loseNextAnswer) return t.skip('the provider cannot be made to lose an answer')
    const instruction = charged(subject())
    await loseNextAnswer('sale')
    assert.equal((await call(subject(), 'sale', instruction)).outcome, 'unknown')
    const found = await lookUp(subject(), instruction)
    assert.equal(amountOf(found), instruction.amount)
    if (connector.facts.idempotent) assert.deepEqual(await call(subject(), 'sale', instruction), found)
  })
}

function followUpTests(subject: Lazily): void {
  test('captures of 30 and 70 empty an authorisation of 100, and 1 more is refused', async (t) => {
    const { connector } = subject()
    if (!connector.authorize || !connector.capture) return t.skip('it does not authorise')
    const original = { ...charged(subject()), amount: 100n }
    assert.equal(amountOf(await call(subject(), 'authorize', original)), 100n)
    if (connector.facts.multi_capture) {
      assert.equal(amountOf(await follow(subject(), 'capture', original, 30n)), 30n)
      assert.equal(amountOf(await follow(subject(), 'capture', original, 70n)), 70n)
    } else {
      assert.equal(amountOf(await follow(subject(), 'capture', original, 100n)), 100n)
    }
    assert.notEqual((await follow(subject(), 'capture', original, 1n)).outcome, 'succeeded')
  })

  test('a capture above the authorisation and the declared allowance is refused', async (t) => {
    const { connector } = subject()
    if (!connector.authorize || !connector.capture) return t.skip('it does not authorise')
    const original = { ...charged(subject()), amount: 10_000n }
    await call(subject(), 'authorize', original)
    const limit = 10_000n + BigInt(connector.facts.over_capture_bp)
    assert.notEqual((await follow(subject(), 'capture', original, limit + 1n)).outcome, 'succeeded')
    assert.equal((await follow(subject(), 'capture', original, limit)).outcome, 'succeeded')
  })

  test('after a final capture nothing more is captured', async (t) => {
    const { connector } = subject()
    if (!connector.authorize || !connector.capture) return t.skip('it does not authorise')
    const original = { ...charged(subject()), amount: 100n }
    await call(subject(), 'authorize', original)
    assert.equal(
      (await follow(subject(), 'capture', original, 40n, connector, { is_final: true })).outcome,
      'succeeded',
    )
    assert.notEqual((await follow(subject(), 'capture', original, 10n)).outcome, 'succeeded')
  })

  test('a voided authorisation cannot be captured', async (t) => {
    const { connector } = subject()
    if (!connector.authorize || !connector.capture || !connector.void) return t.skip('it does not void')
    const original = { ...charged(subject()), amount: 100n }
    await call(subject(), 'authorize', original)
    assert.equal((await follow(subject(), 'void', original, 100n)).outcome, 'succeeded')
    assert.notEqual((await follow(subject(), 'capture', original, 100n)).outcome, 'succeeded')
  })

  test('refunds of 60 and 40 empty a sale of 100, and 1 more is refused where the provider remembers', async (t) => {
    const { connector, hasMemory } = subject()
    if (!connector.refund) return t.skip('it does not refund')
    const original = { ...charged(subject()), amount: 100n }
    await call(subject(), 'sale', original)
    assert.equal(amountOf(await follow(subject(), 'refund', original, 60n)), 60n)
    assert.equal(amountOf(await follow(subject(), 'refund', original, 40n)), 40n)
    if (hasMemory !== false) assert.equal((await follow(subject(), 'refund', original, 1n)).outcome, 'declined')
  })

  test('an increment raises what can be captured by exactly its amount', async (t) => {
    const { connector } = subject()
    if (!connector.authorize || !connector.capture || !connector.increment) return t.skip('it does not increment')
    const original = { ...charged(subject()), amount: 100n }
    await call(subject(), 'authorize', original)
    assert.equal(amountOf(await follow(subject(), 'increment', original, 25n)), 25n)
    assert.equal(amountOf(await follow(subject(), 'capture', original, 125n)), 125n)
  })
}

function webhookTests(subject: Lazily): void {
  test('a genuine webhook is translated into the operation, its amount and a lasting event id', async (t) => {
    const genuine = await webhook(subject(), t)
    if (!genuine) return
    const { connector, account } = subject()
    const [event] = connector.receive?.(account, genuine.request, genuine.now) ?? []
    assert.ok(event?.type === 'operation', 'the event is about an operation')
    assert.equal(event.operation_id, genuine.operationId)
    assert.ok(event.psp_event_id.length > 0)
    const again = connector.receive?.(account, genuine.request, genuine.now)
    assert.equal(again?.[0]?.psp_event_id, event.psp_event_id)
  })

  const spoilt: [title: string, code: ProblemCode, spoil: (webhook: Webhook) => Partial<Webhook>][] = [
    [
      'with one space added to the body',
      'signature-invalid',
      ({ request }) => ({ request: { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) } }),
    ],
    ['without headers', 'signature-invalid', ({ request }) => ({ request: { headers: {}, body: request.body } })],
    [
      'received ten minutes later',
      'timestamp-out-of-tolerance',
      ({ now }) => ({ now: new Date(now.getTime() + 600_000) }),
    ],
    [
      'received ten minutes before it was sent',
      'timestamp-out-of-tolerance',
      ({ now }) => ({ now: new Date(now.getTime() - 600_000) }),
    ],
    [
      'for an account with another secret',
      'signature-invalid',
      ({ account }) => ({ account: withSecret(subject(), account, 'whsec_b3RoZXIgc2VjcmV0IG90aGVyIHNlY3JldA==') }),
    ],
    [
      'for an account with an empty secret',
      'signature-invalid',
      ({ account }) => ({ account: withSecret(subject(), account, '') }),
    ],
  ]
  for (const [title, code, spoil] of spoilt) {
    test(`a webhook ${title} is refused as ${code}`, async (t) => {
      if (code === 'timestamp-out-of-tolerance' && subject().hasTimeInWebhooks === false)
        return t.skip('there is no time in what is signed')
      const genuine = await webhook(subject(), t)
      if (!genuine) return
      const received = { ...genuine, account: subject().account }
      const { account, request, now } = { ...received, ...spoil(received) }
      assert.throws(() => subject().connector.receive?.(account, request, now), isProblem(code))
    })
  }
}

interface Webhook {
  account: ConnectorAccount
  request: InboundRequest
  now: Date
}

async function webhook(
  subject: ContractSubject,
  t: Skip,
): Promise<{ request: InboundRequest; now: Date; operationId: string } | undefined> {
  if (!subject.connector.receive || !subject.webhookAbout) {
    t.skip('it sends no webhooks')
    return undefined
  }
  const instruction = charged(subject)
  await call(subject, 'sale', instruction)
  return { ...(await subject.webhookAbout(instruction.operation_id)), operationId: instruction.operation_id }
}

function withSecret(
  { signedWith = 'webhook_secret' }: ContractSubject,
  account: ConnectorAccount,
  secret: string,
): ConnectorAccount {
  return { ...account, config: { ...account.config, [signedWith]: secret } }
}

/** What providers call operations, as the program keeps it: named while they were under way, or in the answer. */
const NAMES = new Map<string, string>()

function charged(subject: ContractSubject): Omit<ChargeInstruction, 'signal'> {
  const operationId = subject.newOperationId()
  return {
    account: subject.account,
    operation_id: operationId,
    named: async (name) => void NAMES.set(operationId, name),
    payment_id: 'pay_contract',
    tender_id: 'ten_contract',
    amount: 4_995n,
    currency: 'EUR',
    webhook_url: 'http://127.0.0.1:9/contract',
    method: subject.method,
    channel: 'web',
    initiator: 'customer',
    ...subject.charge,
  }
}

/** Cash handed over must cover the amount. */
function cashFor(subject: ContractSubject, amount: bigint): Partial<ChargeInstruction> {
  const cash = subject.charge?.cash
  return cash ? { cash: { ...cash, tendered: amount } } : {}
}

async function call<V extends Exclude<Verb, 'lookup'>>(
  subject: ContractSubject,
  verb: V,
  instruction: Omit<InstructionOf[V], 'signal'>,
  connector = subject.connector,
): Promise<Outcome> {
  const outcome = (await callConnector(DEPS, connector, verb, instruction, { timeoutMs: TIMEOUT_MS })) as Outcome
  if ('psp_reference' in outcome && outcome.psp_reference) NAMES.set(instruction.operation_id, outcome.psp_reference)
  return outcome
}

async function follow(
  subject: ContractSubject,
  verb: 'capture' | 'void' | 'refund' | 'increment',
  original: Omit<ChargeInstruction, 'signal'>,
  amount: bigint,
  connector = subject.connector,
  more: { is_final?: boolean } = {},
): Promise<Outcome> {
  const { account, payment_id, tender_id, currency, webhook_url, operation_id, method, terminal } = original
  // As the program has it from the answer to the charge.
  const psp_reference = NAMES.get(operation_id) ?? ''
  const instruction = {
    account,
    payment_id,
    tender_id,
    currency,
    webhook_url,
    amount,
    operation_id: subject.newOperationId(),
    ...(terminal && { terminal }),
    original: { operation_id, psp_reference, amount: original.amount, method },
    ...more,
  }
  return call(subject, verb, instruction, connector)
}

function lookUp(subject: ContractSubject, about: Omit<ChargeInstruction, 'signal'>): Promise<Lookup> {
  const { account, operation_id, amount, currency, terminal } = about
  const psp_reference = subject.isAskedByItsName ? NAMES.get(operation_id) : undefined
  return callConnector(
    DEPS,
    subject.connector,
    'lookup',
    { account, operation_id, psp_reference, kind: 'sale', amount, currency, terminal },
    { timeoutMs: TIMEOUT_MS },
  )
}

/** Real providers answer in seconds; a contract run is not the place for a tight deadline. */
const TIMEOUT_MS = 20_000
const DEPS = { clock: systemClock, log: silentLog, assertNoOpenTransaction: () => {} }

function amountOf(outcome: Lookup): bigint | undefined {
  return outcome.outcome === 'succeeded' ? outcome.amount : undefined
}

function textOf(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

function isProblem(code: ProblemCode): (error: unknown) => boolean {
  return (error) => error instanceof Problem && error.code === code
}
