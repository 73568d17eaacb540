// A whole world for one test: the wired program on a real database, a provider that remembers the truth, a clock that is
// moved, luck from a seed, and post that arrives when the test says so. Nothing happens by itself: workers are stepped. A
// process of the world can die at a kill point and be started again; only database and provider outlive it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSimulator, type FaultPlan, type Simulator } from '../server/connectors/simulator/index.ts'
import { type Db, openPool } from '../server/db/pool.ts'
import { createIds, type NewId } from '../server/lib/ids.ts'
import { silentLog } from '../server/lib/log.ts'
import { createMerchant, type NewMerchantKeys } from '../server/merchants/index.ts'
import { applyInbound, expireHolds, resolveDue, reverseDuplicates } from '../server/payments/index.ts'
import { type Wired, wire } from '../server/wiring.ts'
import { type TestDatabase, testDatabase } from './database.ts'
import { fillFrom, pacingClock, seededRandom, type WorldClock, worldClock } from './world-luck.ts'
import { isOnlyByWebhook, type Letter, letterOf, signedHeaders } from './world-mail.ts'
import { type KillPoint, type MortalProcess, mortalProcess } from './world-process.ts'

export interface WorldOptions {
  seed: number
  /** What the provider does wrong. Default: nothing. */
  faults?: Omit<FaultPlan, 'seed'>
  /** A fresh database, where one was made beforehand; the world takes it with it when it closes. */
  database?: TestDatabase
  /** Webhooks arrive while the request they tell of is still waiting for its answer. */
  overtakes?: boolean
}

export interface Answer {
  /** 0 when the process died before it answered. */
  status: number
  text: string
  body: Record<string, unknown>
}

export interface CallOptions {
  key?: 'secret' | 'publishable' | 'none'
  idempotencyKey?: string
  headers?: Record<string, string>
  /** Another process of the same service, from `another()`. */
  program?: Wired
}

const ORIGIN = 'http://127.0.0.1:4000'
/** Rounds of quiesce: the ladder takes some ten; a pending page and a late reversal add theirs. More means it never ends. */
const MAX_ROUNDS = 60
/** Waits between the rounds: the resolver's ladder, so that each rung falls due in turn. */
const ROUND_MS = [6_000, 16_000, 61_000, 301_000, 901_000, 1_801_000, 3_601_000, 21_601_000]

export class World {
  static async create(options: WorldOptions): Promise<World> {
    const database = options.database ?? (await testDatabase())
    const world = new World(options, database, await mkdtemp(join(tmpdir(), 'onetill-world-')))
    await world.#boot()
    world.merchant = await createMerchant(world.program.merchants, {
      name: 'World Retail',
      currency: 'EUR',
      stores: [
        { name: 'Web', country: 'NL', currency: 'EUR', kind: 'web', registers: 0 },
        { name: 'Shop', country: 'NL', currency: 'EUR', kind: 'shop', registers: 1 },
      ],
    })
    world.simulator.setFaults({ seed: options.seed, ...(options.faults ?? { rates: {} }) })
    return world
  }

  readonly seed: number
  readonly clock: WorldClock = worldClock()
  readonly database: TestDatabase
  readonly simulator: Simulator
  /** Letters the provider has handed in and nobody has delivered yet. */
  mail: Letter[] = []
  /** Letters that got lost on the way; the provider repeats those of which only a webhook tells. */
  lost: Letter[] = []
  /** The kill points at which a process of this world died, in order. */
  readonly deaths: KillPoint[] = []
  merchant!: NewMerchantKeys
  program!: Wired
  process!: MortalProcess
  #newId: NewId
  readonly #keysFolder: string
  #overtakes: boolean
  readonly #others: Db[] = []

  private constructor(options: WorldOptions, database: TestDatabase, keysFolder: string) {
    this.seed = options.seed
    this.database = database
    this.#keysFolder = keysFolder
    this.#overtakes = options.overtakes ?? false
    this.#newId = createIds(this.clock, fillFrom(seededRandom(options.seed)))
    const tokens = seededRandom(options.seed ^ 0x5ee_d)
    this.simulator = createSimulator({
      path: ':memory:',
      clock: pacingClock(this.clock),
      publicUrl: ORIGIN,
      newToken: () => Math.floor(tokens() * 2 ** 48).toString(36) + Math.floor(tokens() * 2 ** 48).toString(36),
      deliver: async (url, headers, body) => {
        this.mail.push(letterOf(url, headers, body))
        return { status: 200 }
      },
    })
  }

  /** Ids from here on follow from `salt`: leaving out one step of a run then leaves those of the others as they were. */
  drawIdsFrom(salt: number): void {
    this.#newId = createIds(this.clock, fillFrom(seededRandom(this.seed ^ salt)))
  }

  /** Calls the API as the merchant. A process that dies on the way is started again at once; its answer is status 0. */
  async call(method: 'GET' | 'POST', url: string, body?: object, options: CallOptions = {}): Promise<Answer> {
    const { key = 'secret', program = this.program } = options
    const bearer = key === 'secret' ? this.merchant.secret_key : this.merchant.publishable_key
    const reply = await program.app.inject({
      method,
      url,
      headers: {
        host: '127.0.0.1',
        ...(key === 'none' ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    if (this.process.isDead) {
      await this.restart()
      return { status: 0, text: '', body: {} }
    }
    const text = reply.body
    return { status: reply.statusCode, text, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
  }

  /** A one-time token of a card; see docs/guides/simulator.md for the numbers. */
  async tokenise(number: string): Promise<string> {
    const card = { number, exp_month: 12, exp_year: 2032, cvc: '123' }
    const { status, body } = await this.call('POST', '/v1/tokens', { card }, { key: 'publishable' })
    if (status !== 201) throw new Error(`POST /v1/tokens answered ${status}`)
    return body['id'] as string
  }

  /** The process dies at the next passing of `point`, or, without one, right now; in either case it starts again. */
  async crash(point?: KillPoint): Promise<void> {
    if (point) this.process.arm(point)
    else await this.restart()
  }

  /** A second process beside `program`, with connections of its own, on the same database and provider. */
  async another(): Promise<Wired> {
    const db = openPool(this.database.url)
    this.#others.push(db)
    return this.#wire(db, this.simulator)
  }

  /** Drops everything but database, provider and post, and wires anew. */
  async restart(): Promise<void> {
    if (this.process.diedAt) this.deaths.push(this.process.diedAt)
    await this.program.app.close()
    await this.#boot()
  }

  /** One round of every background worker. Returns how much there was to do. */
  async tick(): Promise<number> {
    let done = 0
    for (const worker of [applyInbound, resolveDue, reverseDuplicates, expireHolds]) done += await this.step(worker)
    return done
  }

  /** One round of one worker. A process that dies in it is started again. */
  async step(worker: (deps: Wired['payments']) => Promise<number>): Promise<number> {
    let done = 1
    try {
      done = await worker(this.program.payments)
    } catch (error) {
      if (!this.process.isDead) throw error
    }
    // A worker goes on with the next item when one fails, so a death need not come out of it as an error.
    if (!this.process.isDead) return done
    await this.restart()
    return 1
  }

  /** Lets the provider's own time pass: settlements, expiries, reversals; its webhooks come into `mail`. */
  async letProviderWork(): Promise<void> {
    await this.simulator.deliverDue()
  }

  /** Hands one letter to our hook. Returns the status, 0 for a process that died over it. */
  async deliver(letter: Letter): Promise<number> {
    const headers = this.#signed(letter)
    const reply = await this.program.app.inject({
      method: 'POST',
      url: letter.path,
      headers: { host: '127.0.0.1', ...headers },
      payload: letter.body,
    })
    if (!this.process.isDead) return reply.statusCode
    await this.restart()
    return 0
  }

  /** Delivers all post and steps the inbox until both are empty. */
  async deliverAll(): Promise<void> {
    await this.letProviderWork()
    for (const letter of this.mail.splice(0)) if ((await this.deliver(letter)) !== 200) this.mail.push(letter)
    while ((await this.step(applyInbound)) > 0) this.clock.advance(1)
  }

  /**
   * Faults off, everything delivered, the clock moved rung by rung, until `isOpen` says that nothing waits any more.
   * Throws when that does not come about: liveness is a property too.
   */
  async quiesce(isOpen: () => Promise<string[]>): Promise<void> {
    this.#overtakes = false
    this.process.arm(undefined)
    this.simulator.setFaults({ seed: this.seed, rates: {} })
    let open: string[] = []
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.mail.push(...this.lost.filter(isOnlyByWebhook))
      this.lost = []
      await this.deliverAll()
      await this.tick()
      open = await isOpen()
      if (open.length === 0 && this.mail.length === 0 && round >= 2) return
      this.clock.advance(ROUND_MS[round % ROUND_MS.length] as number)
    }
    throw new Error(`after ${MAX_ROUNDS} rounds without faults something is still open: ${open.join(', ')}`)
  }

  async close(): Promise<void> {
    await this.program.app.close()
    await this.simulator.stop()
    await Promise.all(this.#others.map((db) => db.end()))
    await this.database.close()
    await rm(this.#keysFolder, { recursive: true, force: true })
  }

  async #boot(): Promise<void> {
    const mortal = mortalProcess()
    this.process = mortal
    const onWire = async () => {
      if (this.#overtakes) await this.#overtake()
    }
    const connector: Simulator['connector'] = (how) => mortal.provider(this.simulator.connector(how), onWire)
    this.program = await this.#wire(mortal.database(this.database.db), { ...this.simulator, connector })
  }

  async #wire(db: Db, simulator: Simulator): Promise<Wired> {
    const wired = await wire({
      db,
      clock: this.clock,
      log: silentLog,
      publicUrl: ORIGIN,
      keysFolder: this.#keysFolder,
      simulatorPath: ':memory:',
      simulator,
      webhookAllow: '',
      durabilityProblem: () => '',
      isDraining: () => false,
      newId: (kind) => this.#newId(kind),
    })
    await wired.app.ready()
    return wired
  }

  /** The news of an effect overtakes the answer about it. */
  async #overtake(): Promise<void> {
    await this.letProviderWork()
    for (const letter of this.mail.splice(0)) {
      await this.program.app.inject({
        method: 'POST',
        url: letter.path,
        headers: { host: '127.0.0.1', ...this.#signed(letter) },
        payload: letter.body,
      })
    }
    await applyInbound(this.program.payments)
  }

  #signed(letter: Letter): Record<string, string> {
    const secrets = JSON.parse(this.simulator.store.setting(`secrets:${accountIn(letter)}`) ?? '[]') as string[]
    return signedHeaders(letter, secrets, this.clock.peek())
  }
}

function accountIn(letter: Letter): string {
  return letter.path.split('/').at(-1) ?? ''
}
