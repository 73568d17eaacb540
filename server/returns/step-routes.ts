// HTTP for the steps of a return.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf, sendStored } from '../http/idempotency.ts'
import { closed, Id, line, Nullable } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { MAX_AMOUNT } from '../lib/money.ts'
import { once } from '../payments/index.ts'
import { approve, cancelReturn, reject, send, setFee } from './decide.ts'
import { atRegister, type ReturnDeps } from './deps.ts'
import { receive } from './receive.ts'
import { ReceiveIn, Return, SettleIn } from './schema.ts'
import { settle } from './settle.ts'

const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'returns:write' } } as const
const MOVES_MONEY = { ...WRITE, idempotent: true } as const

/** What the customer bears; nothing is a fee too. */
const Fee = Type.Integer({ minimum: 0, maximum: Number(MAX_AMOUNT), description: 'Minor units.' })

/** Registers the routes. */
export function stepRoutes(app: App, deps: ReturnDeps): void {
  const described = <T extends object>(operationId: string, summary: string, more: T) => ({
    operationId,
    summary,
    tags: ['Returns'],
    params: Type.Object({ id: Id('rtn') }),
    response: { 200: Return },
    ...more,
  })
  const stepOf = (id: string, ifMatch: string | undefined, by: string) => ({ id, ifVersion: versionOf(ifMatch), by })

  app.post(
    '/v1/returns/:id/approve',
    { config: WRITE, schema: described('approveReturn', 'Agree to a request', {}) },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const view = await approve(deps, merchantId, stepOf(request.params.id, request.headers['if-match'], keyId))
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  )
  app.post(
    '/v1/returns/:id/reject',
    {
      config: WRITE,
      schema: described('rejectReturn', 'Refuse a request', { body: Type.Object({ reason: line(200) }, closed) }),
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const step = stepOf(request.params.id, request.headers['if-match'], keyId)
      const view = await reject(deps, merchantId, { ...step, ...request.body })
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  )
  app.post(
    '/v1/returns/:id/send',
    {
      config: WRITE,
      schema: described('sendReturn', 'The goods are on their way', {
        body: Type.Object({ tracking: Type.Object({ carrier: line(60), number: line(60) }, closed) }, closed),
      }),
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const step = stepOf(request.params.id, request.headers['if-match'], keyId)
      const view = await send(deps, merchantId, { ...step, ...request.body })
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  )
  app.post(
    '/v1/returns/:id/cancel',
    { config: WRITE, schema: described('cancelReturn', 'Give a return up before anything has arrived', {}) },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const view = await cancelReturn(deps, merchantId, stepOf(request.params.id, request.headers['if-match'], keyId))
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  )
  app.put(
    '/v1/returns/:id/shipping_fee',
    {
      config: WRITE,
      schema: described('setReturnFee', 'Set what the customer bears of the way back; null goes back to the rule', {
        body: Type.Object({ fee: Nullable(Fee) }, closed),
      }),
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const { fee } = request.body
      const step = stepOf(request.params.id, request.headers['if-match'], keyId)
      const view = await setFee(deps, merchantId, { ...step, fee: fee === null ? null : BigInt(fee) })
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  )
  app.post(
    '/v1/returns/:id/receive',
    {
      config: WRITE,
      schema: described('receiveReturn', 'Take goods back into a store’s stock, by their condition', {
        description:
          'With an `Idempotency-Key` it may be sent again: the goods count once, and the first answer is given again.',
        body: ReceiveIn,
      }),
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const { store_id, lines } = request.body
      const step = {
        ...{ ...stepOf(request.params.id, request.headers['if-match'], keyId), storeId: store_id },
        lines: lines.map((each) => ({ ...each, quantity: BigInt(each.quantity) })),
      }
      const isKeyed = request.headers['idempotency-key'] !== undefined
      const view = await receive(deps, merchantId, step, isKeyed ? idempotencyOf(request) : undefined)
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  )
  app.post(
    '/v1/returns/:id/settle',
    {
      config: MOVES_MONEY,
      schema: described('settleReturn', 'Give the money back, where it came from', {
        description: 'What was asked for and never came is closed. `to` takes what cannot go back by reference.',
        body: SettleIn,
      }),
    },
    async (request, reply) => {
      const { merchantId, keyId, till } = callerOf(request)
      const here = atRegister(deps, till?.registerId)
      const { to, all_to } = request.body
      const step = stepOf(request.params.id, request.headers['if-match'], keyId)
      const answered = await once(deps, merchantId, idempotencyOf(request), step.id, async () => ({
        status: 200,
        body: JSON.stringify(await settle(here, merchantId, { ...step, to, isForced: all_to })),
      }))
      return sendStored(reply, answered)
    },
  )
}
