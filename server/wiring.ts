// Puts the modules together: one object with everything they need, the HTTP server with their routes, and their
// background workers. main.ts runs it with the real clock and addresses; tests run the same with a clock they can move.

import { routes as accessRoutes, createAuthenticator, issueFirstKeys } from './access/index.ts'
import { routes as accountRoutes } from './account/index.ts'
import { createBagBook, createBagWorker } from './bags/index.ts'
import {
  routes as checkoutRoutes,
  createCheckoutConsumer,
  pageCaller,
  settingsOf,
  type Typed,
} from './checkout/index.ts'
import { MIXED_FUNCTIONS as COMMERCE_FUNCTIONS, wireCommerce } from './commerce.ts'
import { createBuckarooTerminal } from './connectors/buckaroo-terminal/index.ts'
import { concert } from './connectors/concert/index.ts'
import { createNexo, type NexoOptions } from './connectors/nexo/index.ts'
import { createPayTerminal } from './connectors/pay-terminal/index.ts'
import { createRegistry as createConnectorRegistry } from './connectors/registry.ts'
import { createSimulator, type Simulator, simulatorControls, simulatorPages } from './connectors/simulator/index.ts'
import { createStoredValue } from './connectors/stored-value/index.ts'
import { createStripeTerminal } from './connectors/stripe-terminal/index.ts'
import { wireCounter } from './counter.ts'
import { addressesOf, routes as customerRoutes, hasCustomer, localeOf, readProfile } from './customers/index.ts'
import { createLanes } from './db/lanes.ts'
import { assertNoOpenTransaction, type Db } from './db/pool.ts'
import { type App, createApp, type Readiness } from './http/app.ts'
import { createRegistry as createMetricsRegistry } from './http/metrics.ts'
import type { InvoiceDeps } from './invoices/index.ts'
import { createSharedHints, createWorker, type Worker } from './jobs/index.ts'
import { routes as ledgerRoutes } from './ledger/index.ts'
import { createLettersConsumer, letterPreviews, routes as letterRoutes } from './letters/index.ts'
import type { Clock } from './lib/clock.ts'
import { createIds, type FillRandom, isId, type NewId } from './lib/ids.ts'
import type { Log } from './lib/log.ts'
import { Problem } from './lib/problem.ts'
import {
  createLinkConsumer,
  createLinkGuard,
  createLinkWorkers,
  type LinkDeps,
  routes as linkRoutes,
  linkUrl,
  payableLinkOf,
} from './links/index.ts'
import { createStoredValueBook } from './loyalty/index.ts'
import { createMailWorkers, devMailRoutes, isForDevelopment, type MailTransport } from './mail/index.ts'
import { createMerchantCache, routes as merchantRoutes } from './merchants/index.ts'
import { connectorMetrics, consumerMetrics, laneMetrics, openOperationMetrics } from './metrics.ts'
import {
  createEventStreams,
  createNotifyWorkers,
  routes as notifyRoutes,
  parseAllowedHosts,
  readConsumerFigures,
  resolveByDns,
} from './notify/index.ts'
import { orderPageUrl } from './orders/index.ts'
import { loadPages, routes as pageRoutes } from './pages/index.ts'
import {
  APART_FUNCTIONS,
  applyInbound,
  createStepNotes,
  expireHolds,
  familiarMethods,
  MIXED_FUNCTIONS,
  type PaymentDeps,
  routes as paymentRoutes,
  readOpenOperations,
  resolveDue,
  reverseDuplicates,
} from './payments/index.ts'
import { routes as posRoutes } from './pos/index.ts'
import { createSignInWorker, type SignInDeps, routes as signInRoutes } from './signin/index.ts'
import { type ShopDoor, routes as storefrontRoutes } from './storefront/index.ts'
import { routes as terminalRoutes } from './terminals/index.ts'
import { openVault, sealConfig, unsealConfig, type Vault, routes as vaultRoutes } from './vault/index.ts'
import {
  createVirtualTerminals,
  routes as terminalPageRoutes,
  type VirtualTerminals,
} from './virtual-terminal/index.ts'

export interface WiringOptions {
  db: Db
  /** Connections for looking rows up by their key, which plan each statement once (`BY_KEY`); without it those of `db`. */
  lookups?: Db
  /** Connections for the windows of consumers; without it those of `db`. */
  followers?: Db
  /** Connections that lanes may keep; without it they take those of `db` as they need them. */
  lanesDb?: Db
  clock: Clock
  log: Log
  publicUrl: string
  /** Names in `Host` this server answers to besides loopback. */
  hosts?: readonly string[]
  /** Folder of the vault's master key. */
  keysFolder: string
  /** File of the in-process simulator's memory, or ':memory:'. */
  simulatorPath: string
  /** File of the virtual terminals' memory; without it they have one until the process ends. */
  terminalsPath?: string
  webhookAllow: string
  /** Opens the simulator's journal and fault plans; without it nobody reads or sets them over HTTP. */
  simulatorKey?: string
  /** The way out for mail. Without it mail stays in its queue. */
  mailTransport?: MailTransport
  /** What stands in the way of taking money: '' when nothing does. */
  durabilityProblem(): string
  isDraining(): boolean
  /** A seeded source for tests. */
  fillRandom?: FillRandom
  /** Tests that replay a run make the ids themselves. */
  newId?: NewId
  timeouts?: PaymentDeps['timeouts']
  /** Tests step the simulator's webhooks themselves. */
  simulator?: Simulator
  /** Tests let the terminals outlive the process. */
  virtualTerminals?: VirtualTerminals
}

/** A connector's answer within this, or the outcome is unknown; longer than the slow tail of card networks. */
const CALL_MS = 30_000
/** A person stands at the terminal: the longest limit of the terminals we drive. */
const TERMINAL_MS = 150_000
const SIMULATOR_DELIVERY_MS = 10_000

export type Wired = Awaited<ReturnType<typeof wire>>

/** Wires the program on a migrated database. Nothing runs in the background until the workers are started. */
export async function wire(options: WiringOptions) {
  const { db, lookups = db, followers = db, clock, log, publicUrl } = options
  const newId = options.newId ?? createIds(clock, options.fillRandom)
  const registry = createMetricsRegistry()
  const vault = await openVault({ db, lookups, clock, log, keysFolder: options.keysFolder })
  const configSeal = {
    seal: (merchantId: string, id: string, config: Readonly<Record<string, string>>) =>
      sealConfig({ vault, log }, merchantId, id, config),
    unseal: (merchantId: string, id: string, sealed: Uint8Array) =>
      unsealConfig({ vault, log }, merchantId, id, Buffer.from(sealed)),
  }
  const simulator =
    options.simulator ??
    createSimulator({
      path: options.simulatorPath,
      clock,
      publicUrl,
      log,
      deliver: (url, headers, body) =>
        fetch(url, {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(SIMULATOR_DELIVERY_MS),
        }),
    })
  const virtualTerminals =
    options.virtualTerminals ??
    createVirtualTerminals({
      clock,
      ...(options.terminalsPath === undefined ? {} : { path: options.terminalsPath }),
      ...(options.fillRandom ? { fill: options.fillRandom } : {}),
    })
  const nexo = createNexo({
    clock,
    ...(options.fillRandom ? { fill: options.fillRandom } : {}),
    // Whoever reaches a virtual terminal approves whatever they like.
    ...(isForDevelopment(publicUrl) && { virtual: heard(virtualTerminals) }),
    tell: (account, step) => steps.note(account, step),
  })
  const connectors = createConnectorRegistry({
    simulator: simulator.connector(),
    terminals: [
      nexo,
      createStripeTerminal({ clock }),
      concert,
      createBuckarooTerminal({ clock, publicUrl }),
      createPayTerminal({ clock, tell: (account, step) => steps.note(account, step) }),
    ],
    storedValue: createStoredValue(createStoredValueBook({ db, clock, newId })),
  })
  const merchantCache = createMerchantCache({ db: lookups, clock, configSeal })
  const authenticator = createAuthenticator({ db, clock, log })
  const hints = createSharedHints({ db, clock, log })
  // Carts and orders are made in lanes apart too: what they change besides is guarded by versions, whoever comes first.
  const lanes = createLanes(db, {
    mixed: new Set([...MIXED_FUNCTIONS, ...COMMERCE_FUNCTIONS]),
    apart: new Set([...APART_FUNCTIONS, ...COMMERCE_FUNCTIONS]),
    ...(options.lanesDb && { connections: options.lanesDb }),
  })
  laneMetrics(registry, lanes)
  openOperationMetrics(registry, readOpenOperations, db)
  const secretBox = { seal: configSeal.seal, unseal: configSeal.unseal }
  const allowedHosts = parseAllowedHosts(options.webhookAllow)

  const payments: PaymentDeps = {
    db,
    lanes,
    clock,
    newId,
    log,
    vault,
    merchantCache,
    connectors,
    call: { clock, log, assertNoOpenTransaction, metrics: connectorMetrics(registry) },
    publicUrl,
    isDurable: () => options.durabilityProblem() === '',
    timeouts: options.timeouts ?? { call_ms: CALL_MS, terminal_ms: TERMINAL_MS },
    wake: () => inbound.wake(),
    allowedOrigins: async (merchantId) => (await settingsOf({ db }, merchantId)).allowed_origins,
  }
  const steps = createStepNotes(payments)
  const inbound = createWorker({
    name: 'inbound events',
    clock,
    log,
    everyMs: 1_000,
    tick: () => applyInbound(payments),
  })
  const notify = { db, clock, newId, log, hints, secretBox, allowedHosts, resolveHost: resolveByDns }
  const workers: Worker[] = [
    inbound,
    createWorker({ name: 'unknown outcomes', clock, log, everyMs: 1_000, tick: () => resolveDue(payments) }),
    createWorker({ name: 'duplicate payments', clock, log, everyMs: 2_000, tick: () => reverseDuplicates(payments) }),
    createWorker({ name: 'expiring authorisations', clock, log, everyMs: 60_000, tick: () => expireHolds(payments) }),
    createWorker({ name: 'forgotten CVCs', clock, log, everyMs: 60_000, tick: async () => forgetCvcs(vault) }),
    ...createNotifyWorkers(notify),
  ]
  const eventStreams = createEventStreams({ db, clock, log, hints })
  /** An order is paid on its own page, an invoice by a link that was made for it. */
  const payUrlOf: InvoiceDeps['payUrlOf'] = async (merchantId, { pays_as }) => {
    if (isId('ord', pays_as)) return orderPageUrl({ vault, publicUrl }, merchantId, pays_as)
    const link = await payableLinkOf(db, merchantId, pays_as, clock.now())
    return link ? linkUrl({ publicUrl }, link) : null
  }
  const trade = wireCommerce({
    db,
    lookups,
    followers,
    lanes,
    clock,
    newId,
    log,
    hints,
    merchantCache,
    payments,
    eventStreams,
    publicUrl,
    payUrlOf,
  })
  const letters = createLettersConsumer({
    ...{ db, followers, clock, newId, log, hints, merchantCache, publicUrl, vault, languageOf: localeOf },
    taxPrepaid: trade.forPages.orders.taxPrepaid,
  })
  /** Letters come last: they tell of what the others have made of the log. */
  const commerce = {
    ...trade,
    consumers: [...trade.consumers, letters],
    workers: [...trade.workers, letters.worker],
  }
  payments.orders = commerce.orders
  payments.storedValue = commerce.storedValue
  workers.push(...commerce.workers)
  const { attachments } = commerce
  const { mailTransport } = options
  if (mailTransport) workers.push(...createMailWorkers({ db, clock, log, transport: mailTransport, attachments }))
  const checkoutConsumer = createCheckoutConsumer({ db, clock, log, newId, hints, publicUrl })
  workers.push(checkoutConsumer.worker)
  const linkConsumer = createLinkConsumer({ db, followers, clock, log, newId, hints, payments })
  workers.push(linkConsumer.worker)
  const consumers = [...commerce.consumers, checkoutConsumer, linkConsumer].map(({ worker }) => worker.name)
  consumerMetrics(registry, () => readConsumerFigures(db, consumers))

  const { keysFolder } = options
  const { carts, orders, catalog } = commerce.forPages
  const counter = await wireCounter({
    ...{ db, clock, log, newId, merchantCache, vault, keysFolder, publicUrl },
    ...{ carts, orders, payments, catalog, resolveName: resolveByDns },
  })
  workers.push(...counter.workers)
  const app: App = await createApp({
    authenticate: (bearer) => {
      if (bearer.startsWith('cs_')) return pageCaller({ db, clock, merchantCache }, bearer)
      if (bearer.startsWith('td_') || bearer.startsWith('ts_')) return counter.authenticate(bearer)
      return authenticator.authenticate(bearer)
    },
    log,
    clock,
    newId,
    hosts: options.hosts ?? [],
    publicUrl,
    isReady: () => readiness(db, options.durabilityProblem),
    isDraining: options.isDraining,
    registry,
  })
  // Whatever takes a key moves money, gift cards and points too.
  app.addHook('preHandler', (request, _reply, done) => {
    const isLiveMoney = request.caller?.mode === 'live' && request.routeOptions.config.idempotent === true
    done(isLiveMoney && options.durabilityProblem() !== '' ? new Problem('storage-not-durable') : undefined)
  })
  // Whoever follows the event log looks at once after a change made here; changes made elsewhere are polled for.
  app.addHook('onResponse', (request, reply, done) => {
    if (request.caller !== null && request.method !== 'GET' && reply.statusCode < 300)
      hints.poke(request.caller.merchantId)
    done()
  })
  const merchants = {
    db,
    clock,
    newId,
    configSeal,
    merchantCache,
    allowedHosts,
    connectorNames: () => connectors.names(),
    methodsOf: connectors.methodsOf,
    familiarMethods: async (merchantId: string, customerId: string) =>
      (await hasCustomer(db, merchantId, customerId)) ? familiarMethods(db, merchantId, customerId) : null,
    issueFirstKeys: (tx: Parameters<typeof issueFirstKeys>[1], merchant: Parameters<typeof issueFirstKeys>[2]) =>
      issueFirstKeys({ clock, newId }, tx, merchant),
  }
  // First, because its guard stands before what comes after it.
  counter.routes(app)
  merchantRoutes(app, merchants)
  accessRoutes(app, { db, clock, newId, authenticator })
  customerRoutes(app, { db, clock, newId })
  vaultRoutes(app, { db, lanes, clock, newId, log, vault })
  paymentRoutes(app, payments)
  terminalRoutes(app, { payments, customers: commerce.own.profiles })
  ledgerRoutes(app, { db })
  notifyRoutes(app, { ...notify, eventStreams })
  commerce.routes(app)
  letterRoutes(app, { db, clock })
  const mailFolder = mailTransport?.folder ?? null
  if (mailFolder !== null && isForDevelopment(publicUrl))
    devMailRoutes(app, { db, folder: mailFolder, previews: letterPreviews })
  const pages = await loadPages()
  pageRoutes(app, pages)
  posRoutes(app, { pages })
  // Whoever reaches a virtual terminal approves what they like.
  if (isForDevelopment(publicUrl)) terminalPageRoutes(app, { virtualTerminals, pages, clock })
  /** A customer's words for the page of their cart. */
  const toldBy = async (merchantId: string, id: string): Promise<Typed> => {
    const profile = await readProfile(db, merchantId, id)
    const [usual] = await addressesOf(commerce.own.profiles, merchantId, id)
    const [line1, line2] = usual?.lines ?? []
    const { postal_code, city, country, phone } = usual ?? {}
    const told = {
      email: profile?.email,
      name: usual?.name ?? profile?.name,
      line1,
      line2,
      postal_code,
      city,
      country,
      phone,
    }
    return Object.fromEntries(Object.entries(told).filter(([, text]) => text != null))
  }
  const signIn: SignInDeps = {
    ...commerce.own.profiles,
    publicUrl,
    async letterheadOf(merchantId) {
      const { display_name, accent, support_email } = await settingsOf({ db }, merchantId)
      const merchant = await merchantCache.get(merchantId)
      const name = display_name ?? merchant?.name ?? ''
      return { name, accent, replyTo: support_email, country: merchant?.country ?? null }
    },
  }
  const checkout = {
    ...{ db, clock, log, newId, merchantCache, payments, pages, publicUrl },
    methodsOf: connectors.methodsOf,
    bags: createBagBook({ db, clock, merchantCache, ...commerce.forPages, toldBy }),
  }
  const links: LinkDeps = {
    ...checkout,
    consumer: linkConsumer,
    languageOf: (merchantId, id) => localeOf(db, merchantId, id),
  }
  workers.push(...createLinkWorkers(links), createBagWorker({ db, clock, log }))
  checkoutRoutes(app, { ...checkout, signIn, consumer: checkoutConsumer, guard: createLinkGuard(links) })
  linkRoutes(app, links)
  signInRoutes(app, signIn)
  accountRoutes(app, { ...signIn, ...commerce.own, orders: commerce.forPages.orders, vault: payments })
  workers.push(createSignInWorker({ db, clock, log }))
  const shop: ShopDoor = { open: null }
  storefrontRoutes(app, { ...checkout, ...commerce.forPages, payUrlOf, shop })
  simulatorPages(app, simulator)
  simulatorControls(app, simulator, {
    prefix: '/simulator',
    ...(options.simulatorKey === undefined ? {} : { apiKey: options.simulatorKey }),
    // A merchant plays the customers and the issuer of its own payments with its secret key.
    mayTouch: async (bearer, account) => {
      const caller = await authenticator.authenticate(bearer)
      const merchant = caller?.kind === 'secret' ? await merchantCache.get(caller.merchantId) : null
      return merchant?.accounts.some(({ id }) => id === account) ?? false
    },
  })

  return {
    app,
    payments,
    merchants,
    counter,
    commerce,
    shop,
    simulator,
    virtualTerminals,
    workers,
    hints,
    eventStreams,
    lanes,
    registry,
  }
}

/** Terminals on a page, with whoever listens to one for as long as it answers. */
function heard(terminals: VirtualTerminals): NonNullable<NexoOptions['virtual']> {
  return {
    async exchange(poiId, wire, listener) {
      const stop = listener && terminals.isPoiId(poiId) ? terminals.terminal(poiId).listen(listener) : undefined
      try {
        return terminals.isPoiId(poiId) ? await terminals.exchange(poiId, wire) : { kind: 'unreachable' }
      } finally {
        stop?.()
      }
    },
  }
}

/** A worker's step; it found nothing that asks for another at once. */
function forgetCvcs(vault: Vault): number {
  vault.cvcs.sweep()
  return 0
}

async function readiness(db: Db, durabilityProblem: () => string): Promise<Readiness> {
  const checks: Record<string, string> = { durability: durabilityProblem() || 'ok' }
  try {
    await db.query('select 1')
    checks['database'] = 'ok'
  } catch {
    checks['database'] = 'does not answer'
  }
  return { ok: Object.values(checks).every((check) => check === 'ok'), checks }
}
