// The simulated provider's own interface (`/v1/…`) and its controls, for tests and for the server mode: who may change
// the truth, and who may read all of it. Never public on a server that others can reach: give an `apiKey` there.

import { timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../lib/problem.ts'
import { OPERATION_KINDS } from '../connector.ts'
import { faultPlanFrom } from './fault-plan.ts'
import { FAULT_NAMES, type FaultName } from './faults.ts'
import type { CustomerAct, DisputeStage, Simulator, Terminal } from './index.ts'
import { bodyBytes, type RouteTaker, type SimulatorRoute } from './page-routes.ts'
import type { PspRequest, PspVerb } from './psp.ts'
import { minor, wireOutcome } from './wire.ts'

export interface ControlOptions {
  /** Put before every path: '' in server mode, '/simulator' on the product's server. */
  prefix: string
  /** Asked for as a bearer when given; opens everything. */
  apiKey?: string
  /** Another bearer that may act on what belongs to one account, for example the secret key of its merchant. */
  mayTouch?: (bearer: string, account: string) => Promise<boolean>
}

type Answer = { status: number; body: unknown }
type Handle = (request: FastifyRequest, body: Record<string, unknown>) => Answer | Promise<Answer>

const VERBS: ReadonlySet<string> = new Set(OPERATION_KINDS)
const ACTS: ReadonlySet<string> = new Set<CustomerAct>(['approve', 'decline', 'abandon', 'fail_authentication'])
const STAGES: ReadonlySet<string> = new Set<DisputeStage>(['opened', 'won', 'lost'])
const ok = (body: unknown): Answer => ({ status: 200, body })
const refused = (detail: string): Problem => new Problem('validation-error', { detail })
const noKey = (): Problem => new Problem('unauthenticated', { detail: 'A key of the simulator is needed.' })

/** Hangs the controls under the prefix: journal, faults, terminals, pages, and what customers and issuers do. */
export function simulatorControls(app: RouteTaker, simulator: Simulator, options: ControlOptions): void {
  const add = (method: SimulatorRoute['method'], url: string, handle: Handle): void =>
    void app.route(controlRoute(method, `${options.prefix}${url}`, options, handle))

  add('GET', '/journal', (request) => {
    const { after, limit } = request.query as { after?: string; limit?: string }
    const rows = simulator.journal({ after: wholeNumber(after, 0), limit: Math.min(wholeNumber(limit, 1000), 10_000) })
    return ok({ data: rows.map((row) => ({ ...row, amount: row.amount.toString() })) })
  })
  add('PUT', '/faults', (_request, body) => {
    const plan = faultPlanFrom(body['plan'] ?? body)
    if (typeof plan === 'string') throw refused(plan)
    simulator.setFaults(plan, typeof body['account'] === 'string' ? body['account'] : undefined)
    return ok({ plan })
  })
  add('GET', '/terminals/:account/:id', (request) => {
    const { account, id } = request.params as { account: string; id: string }
    return ok(simulator.terminal(account, id))
  })
  add('PUT', '/terminals/:account/:id', (request, body) => {
    const { account, id } = request.params as { account: string; id: string }
    const terminal = terminalFrom(body)
    if (typeof terminal === 'string') throw refused(terminal)
    simulator.setTerminal(account, id, terminal)
    return ok(simulator.terminal(account, id))
  })
  add('GET', '/pages', () =>
    ok({
      data: simulator.pages().map((page) => ({ ...page, expires_at: new Date(Number(page.expires_at)).toISOString() })),
    }),
  )
  add('POST', '/operations/:account/:id/:what', (request, body) => {
    const { account, id, what } = request.params as { account: string; id: string; what: string }
    const done = actOn(simulator, account, id, what, String(body['act'] ?? body['stage'] ?? ''))
    if (done === undefined) throw refused('act, reverse or dispute, with an act or a stage')
    return ok({ done })
  })
  add('POST', '/deliver', async () => ok({ delivered: await simulator.deliverDue() }))
}

function actOn(simulator: Simulator, account: string, id: string, what: string, how: string): boolean | undefined {
  if (what === 'act' && ACTS.has(how)) return simulator.act(account, id, how as CustomerAct)
  if (what === 'dispute' && STAGES.has(how)) return simulator.dispute(account, id, how as DisputeStage)
  return what === 'reverse' ? simulator.reverse(account, id) : undefined
}

/** Hangs the provider's own interface: what the connector calls over HTTP. */
export function simulatorApi(app: RouteTaker, simulator: Simulator, options: ControlOptions): void {
  const route = controlRoute('POST', `${options.prefix}/v1/:verb`, options, () => ok({}))
  app.route({
    ...route,
    handler: async (request, reply) => {
      if (!(await isAllowed(request, options))) throw noKey()
      const { verb } = request.params as { verb: string }
      if (!VERBS.has(verb)) throw new Problem('not-found', { detail: 'There is no such verb.' })
      const psp = requestFrom(bodyBytes(request))
      if (!psp) throw refused('This is not an instruction.')
      return replyTo(simulator, verb as PspVerb, psp, request, reply)
    },
  })
  app.route(
    controlRoute('GET', `${options.prefix}/v1/operations/:id`, options, (request) => {
      const { id } = request.params as { id: string }
      const { account = '' } = request.query as { account?: string }
      const found = simulator.lookup(account, id)
      return found.outcome === 'not_found' ? { status: 404, body: found } : ok(wireOutcome(found))
    }),
  )
}

async function replyTo(
  simulator: Simulator,
  verb: PspVerb,
  psp: PspRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const answer = await simulator.handle(verb, psp)
  if (answer.transport === 'lost') {
    reply.hijack()
    request.raw.socket.destroy()
    return reply
  }
  if (answer.transport === 'refused') return reply.code(503).send({ processed: false, detail: 'Down for a while.' })
  if (answer.transport === 'broken') return reply.code(500).send({ detail: 'Something broke.' })
  if (answer.transport === 'slow') {
    const left = new AbortController()
    request.raw.socket.once('close', () => left.abort())
    await simulator.clock.sleep(answer.delay_ms, left.signal)
  }
  return reply.code(200).send(wireOutcome(answer.outcome))
}

function controlRoute(
  method: SimulatorRoute['method'],
  url: string,
  options: ControlOptions,
  handle: Handle,
): SimulatorRoute {
  return {
    method,
    url,
    config: { access: { keys: 'public' }, rawBody: true },
    schema: { hide: true, querystring: { type: 'object', additionalProperties: true } },
    handler: async (request, reply) => {
      if (!(await isAllowed(request, options))) throw noKey()
      const body = jsonObject(bodyBytes(request))
      if (!body) throw new Problem('malformed-json', { detail: 'The body is not a JSON object.' })
      const answer = await handle(request, body)
      await simulatorIsQuiet()
      return reply.code(answer.status).send(answer.body)
    },
  }
}

/** A turn of the event loop: what the handler wrote is committed at its end, before the answer leaves. */
function simulatorIsQuiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function isAllowed(request: FastifyRequest, { apiKey, mayTouch }: ControlOptions): Promise<boolean> {
  if (apiKey === undefined && mayTouch === undefined) return true
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
  if (apiKey !== undefined && isSame(bearer, apiKey)) return true
  const { account } = request.params as { account?: string }
  return account !== undefined && mayTouch !== undefined && (await mayTouch(bearer, account))
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function jsonObject(bytes: Buffer): Record<string, unknown> | undefined {
  if (bytes.length === 0) return {}
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** An instruction from the wire, or undefined when a field that decides about money is missing or of another form. */
function requestFrom(bytes: Buffer): PspRequest | undefined {
  const body = jsonObject(bytes) as (Omit<PspRequest, 'amount'> & { amount: unknown }) | undefined
  if (!body || typeof body.account?.id !== 'string' || typeof body.operation_id !== 'string') return undefined
  if (typeof body.payment_id !== 'string' || typeof body.currency !== 'string' || typeof body.webhook_url !== 'string')
    return undefined
  try {
    const amount = minor(body.amount)
    return amount > 0n ? { ...body, amount } : undefined
  } catch {
    return undefined
  }
}

function terminalFrom(body: Record<string, unknown>): Partial<Terminal> | null | string {
  const { card, entry, fault, waits, is_once } = body
  if (Object.keys(body).length === 0) return null
  if (card !== undefined && (typeof card !== 'string' || !/^\d{12,19}$/.test(card)))
    return 'card is a number of 12 to 19 digits'
  if (entry !== undefined && entry !== 'contactless' && entry !== 'chip' && entry !== 'wallet')
    return 'entry is contactless, chip or wallet'
  if (fault !== undefined && !FAULT_NAMES.includes(fault as FaultName))
    return `there is no such fault: ${String(fault)}`
  return {
    ...(card === undefined ? {} : { card }),
    ...(entry === undefined ? {} : { entry }),
    ...(fault === undefined ? {} : { fault: fault as FaultName }),
    waits: waits === true,
    is_once: is_once === true,
  }
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : otherwise
}
