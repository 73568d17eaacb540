// HTTP for exchanges.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf, sendStored } from '../http/idempotency.ts'
import { closed, Id } from '../http/schema.ts'
import { once } from '../payments/index.ts'
import { atRegister, type ReturnDeps } from './deps.ts'
import { exchange, getExchange } from './exchange.ts'
import { Exchange, To } from './schema.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'returns:read' } } as const
const MOVES_MONEY = { access: { keys: ['secret', 'restricted'], scope: 'returns:write' }, idempotent: true } as const
const TAGS = ['Returns']

/** Registers the routes of exchanges. */
export function exchangeRoutes(app: App, deps: ReturnDeps): void {
  app.post(
    '/v1/exchanges',
    {
      config: MOVES_MONEY,
      schema: {
        operationId: 'exchange',
        summary: 'What came back pays for what is taken instead',
        description:
          'The return’s goods were received; the order was placed and not paid. The difference is paid with a further tender of the payment, or goes back.',
        tags: TAGS,
        body: Type.Object(
          { return_id: Id('rtn'), order_id: Id('ord'), to: Type.Optional(To), all_to: Type.Optional(Type.Boolean()) },
          closed,
        ),
        response: { 201: Exchange },
      },
    },
    async (request, reply) => {
      const { merchantId, keyId, till } = callerOf(request)
      const here = atRegister(deps, till?.registerId)
      const { return_id, order_id, to, all_to } = request.body
      const input = { returnId: return_id, orderId: order_id, to, isForced: all_to, by: keyId }
      const answered = await once(deps, merchantId, idempotencyOf(request), return_id, async () => ({
        status: 201,
        body: JSON.stringify(await exchange(here, merchantId, input)),
      }))
      return sendStored(reply, answered)
    },
  )
  app.get(
    '/v1/exchanges/:id',
    {
      config: READ,
      schema: {
        operationId: 'getExchange',
        summary: 'Read an exchange',
        tags: TAGS,
        params: Type.Object({ id: Id('exc') }),
        response: { 200: Exchange },
      },
    },
    async (request) => getExchange(deps, callerOf(request).merchantId, request.params.id),
  )
}
