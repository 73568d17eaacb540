// HTTP for orders. No decisions.

import Type from 'typebox'
import { CART_SECRET_HEADER, cartCaller } from '../carts/index.ts'
import { personOf } from '../customers/index.ts'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf, sendStored } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { etagOf, versionOf } from '../http/version.ts'
import { Problem } from '../lib/problem.ts'
import { listEvents } from '../notify/index.ts'
import { signedInIfAny } from '../signin/index.ts'
import { cancelOrder } from './cancel.ts'
import { changeView, confirmChange, declineChange, draftChange } from './change.ts'
import { listChanges } from './change-store.ts'
import { closeOrder } from './close.ts'
import { atRegister, type OrderDeps } from './deps.ts'
import { orderPageUrl } from './page-token.ts'
import { placeOrder } from './place.ts'
import { readOrderView } from './read.ts'
import { closeTask, listTasks, type OrderTask } from './refund-store.ts'
import {
  CancelInput,
  ChangeInput,
  HistoryEntry,
  NewOrder,
  ORDER_FILTERS,
  OrderBody,
  OrderChangeBody,
  OrderSummary,
  OrderTaskBody,
} from './schema.ts'
import { searchOrders } from './search.ts'
import { listOrders, readOrder } from './store.ts'
import { orderSummary } from './view.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'orders:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'orders:write' } } as const
/** Shoppers' devices place the order of their own cart. */
const PLACE = { access: { keys: ['secret', 'restricted', 'publishable'], scope: 'orders:write' } } as const
const TAGS = ['Orders']
const ById = Type.Object({ id: Id('ord') })
const ByChange = Type.Object({ id: Id('ord'), change_id: Id('och') })
const TaskById = Type.Object({ id: Id('tsk') })
const Nothing = Type.Object({}, { additionalProperties: false })
const OrderQuery = Type.Object({ ...PageQuery.properties, ...ORDER_FILTERS }, { additionalProperties: false })
const TaskQuery = Type.Object(
  {
    ...PageQuery.properties,
    order_id: Type.Optional(Id('ord')),
    state: Type.Optional(Type.Enum(['open', 'closed'])),
  },
  { additionalProperties: false },
)

/** Registers the module's routes. */
export function routes(app: App, deps: OrderDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/orders',
    config: PLACE,
    schema: {
      operationId: 'placeOrder',
      summary: 'Place the order of a cart',
      description:
        'Reserves the stock, and is then paid with POST /v1/payments. A cart becomes one order: sent again, it answers that order with 200. With a publishable key, Cart-Secret must hold the cart’s secret; with Customer-Session besides, the order is that customer’s.',
      tags: TAGS,
      body: NewOrder,
      response: { 200: OrderBody, 201: OrderBody },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request)
      const cart = cartCaller(caller.kind, request.headers[CART_SECRET_HEADER])
      const who = cart.kind === 'holder' ? await signedInIfAny(deps, request) : null
      const by = { caller: cart, by: caller.keyId, ...(who === null ? {} : { signedIn: who.customerId }) }
      const { isNew, view } = await placeOrder(deps, caller.merchantId, by, request.body)
      const page_url = await orderPageUrl(deps, caller.merchantId, view.id)
      return reply
        .code(isNew ? 201 : 200)
        .header('etag', etagOf(view.version))
        .send({ ...view, page_url })
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/orders',
    config: READ,
    schema: {
      operationId: 'listOrders',
      summary: 'List orders, newest first',
      tags: TAGS,
      querystring: OrderQuery,
      response: { 200: PageOf(OrderSummary) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor, number, customer_id, q, ...filter } = request.query
      await deps.consumer.catchUp(merchantId)
      const wanted = {
        ...filter,
        ...(number === undefined ? {} : { number: BigInt(number) }),
        ...(customer_id === undefined ? {} : { customer_ids: await personOf(deps.db, merchantId, customer_id) }),
      }
      const at = { limit, ...(cursor === undefined ? {} : { cursor }) }
      const rows =
        q === undefined
          ? await listOrders(deps.db, merchantId, wanted, at)
          : await searchOrders(deps.db, merchantId, q, wanted, at)
      return page(rows.map(orderSummary), limit, (order) => order.id)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/orders/:id',
    config: READ,
    schema: {
      operationId: 'getOrder',
      summary: 'Read an order with its lines, taxes and payments',
      tags: TAGS,
      params: ById,
      response: { 200: OrderBody },
    },
    handler: async (request, reply) => {
      const { merchantId } = callerOf(request)
      await deps.consumer.catchUp(merchantId)
      const view = await readOrderView(deps, merchantId, request.params.id)
      if (!view) throw new Problem('not-found')
      const page_url = await orderPageUrl(deps, merchantId, view.id)
      return reply.header('etag', etagOf(view.version)).send({ ...view, page_url })
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/orders/:id/cancel',
    config: { ...WRITE, idempotent: true },
    schema: {
      operationId: 'cancelOrder',
      summary: 'Cancel an order or a part of it',
      description: 'What was paid for the cancelled part is voided or refunded. With If-Match, only for that version.',
      tags: TAGS,
      params: ById,
      body: CancelInput,
      response: { 200: OrderBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId, till } = callerOf(request)
      const here = atRegister(deps, till?.registerId)
      const command = {
        id: request.params.id,
        by: keyId,
        ifVersion: versionOf(request.headers['if-match']),
        input: request.body,
      }
      return sendStored(reply, await cancelOrder(here, merchantId, idempotencyOf(request), command))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/orders/:id/close',
    config: WRITE,
    schema: {
      operationId: 'closeOrder',
      summary: 'Close an order that is done with',
      tags: TAGS,
      params: ById,
      response: { 200: OrderBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const command = { id: request.params.id, by: keyId, ifVersion: versionOf(request.headers['if-match']) }
      await closeOrder(deps, merchantId, command)
      const view = await readOrderView(deps, merchantId, request.params.id)
      if (!view) throw new Problem('not-found')
      return reply.header('etag', etagOf(view.version)).send(view)
    },
  })

  changeRoutes(app, deps)
  recordRoutes(app, deps)
}

function changeRoutes(app: App, deps: OrderDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/orders/:id/changes',
    config: WRITE,
    schema: {
      operationId: 'draftOrderChange',
      summary: 'Draft a change of an order',
      description: 'Changes nothing yet: the preview holds every line, tax and total that confirming leads to.',
      tags: TAGS,
      params: ById,
      body: ChangeInput,
      response: { 201: OrderChangeBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const command = {
        id: request.params.id,
        by: keyId,
        ifVersion: versionOf(request.headers['if-match']),
        input: request.body,
      }
      const draft = await draftChange(deps, merchantId, command)
      return reply.code(201).send(changeView(draft) as never)
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/orders/:id/changes',
    config: READ,
    schema: {
      operationId: 'listOrderChanges',
      summary: 'List the changes of an order, newest first',
      tags: TAGS,
      params: ById,
      querystring: PageQuery,
      response: { 200: PageOf(OrderChangeBody) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      if (!(await readOrder(deps.db, merchantId, request.params.id))) throw new Problem('not-found')
      const rows = await listChanges(deps.db, merchantId, request.params.id, request.query)
      return page(rows.map(changeView), request.query.limit, (change) => change.id) as never
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/orders/:id/changes/:change_id/confirm',
    config: { ...WRITE, idempotent: true },
    schema: {
      operationId: 'confirmOrderChange',
      summary: 'Carry out a drafted change',
      description:
        'A higher total is paid with a further tender of the same payment; what was paid too much goes back.',
      tags: TAGS,
      params: ByChange,
      body: Nothing,
      response: { 200: OrderChangeBody },
    },
    handler: async (request, reply) => {
      const { merchantId, keyId, till } = callerOf(request)
      const here = atRegister(deps, till?.registerId)
      const { id, change_id } = request.params
      const decision = { orderId: id, id: change_id, by: keyId }
      return sendStored(reply, await confirmChange(here, merchantId, idempotencyOf(request), decision))
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/orders/:id/changes/:change_id/decline',
    config: WRITE,
    schema: {
      operationId: 'declineOrderChange',
      summary: 'Give a drafted change up',
      tags: TAGS,
      params: ByChange,
      response: { 200: OrderChangeBody },
    },
    handler: async (request) => {
      const { merchantId, keyId } = callerOf(request)
      const { id, change_id } = request.params
      return changeView(await declineChange(deps, merchantId, { orderId: id, id: change_id, by: keyId })) as never
    },
  })
}

function recordRoutes(app: App, deps: OrderDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/orders/:id/history',
    config: READ,
    schema: {
      operationId: 'getOrderHistory',
      summary: 'What happened to an order, oldest first',
      description: 'Every change: who asked for it, and what was before and after. Pages by `cursor`, a sequence.',
      tags: TAGS,
      params: ById,
      querystring: PageQuery,
      response: { 200: PageOf(HistoryEntry) },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const { limit, cursor } = request.query
      await deps.consumer.catchUp(merchantId)
      if (!(await readOrder(deps.db, merchantId, request.params.id))) throw new Problem('not-found')
      const after = cursor !== undefined && /^\d+$/.test(cursor) ? BigInt(cursor) : 0n
      const query = { after, type: null, object_id: request.params.id, limit: limit + 1 }
      const rows = await listEvents(deps.db, merchantId, query)
      const { data, next_cursor } = page(rows, limit, ({ seq }) => String(seq))
      return { data: data.map(historyEntry), next_cursor }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/order_tasks',
    config: READ,
    schema: {
      operationId: 'listOrderTasks',
      summary: 'What of orders waits for a person, newest first',
      tags: TAGS,
      querystring: TaskQuery,
      response: { 200: PageOf(OrderTaskBody) },
    },
    handler: async (request) => {
      const { limit, cursor, ...filter } = request.query
      const rows = await listTasks(deps.db, callerOf(request).merchantId, filter, {
        limit,
        ...(cursor === undefined ? {} : { cursor }),
      })
      return page(rows.map(taskView), limit, (task) => task.id)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/order_tasks/:id/close',
    config: WRITE,
    schema: {
      operationId: 'closeOrderTask',
      summary: 'Say that a task has been dealt with',
      tags: TAGS,
      params: TaskById,
      response: { 200: OrderTaskBody },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      const task = await closeTask(deps.db, merchantId, request.params.id, deps.clock.now())
      if (!task) throw new Problem('not-found')
      return taskView(task)
    },
  })
}

function historyEntry(row: Awaited<ReturnType<typeof listEvents>>[number]) {
  const { by = null, ...data } = row.data as Record<string, unknown> & { by?: string | null }
  return { id: row.id, type: row.type, version: row.object_version, by, data, created_at: row.created_at.toISOString() }
}

function taskView(task: OrderTask) {
  return {
    ...task,
    object: 'order_task' as const,
    created_at: task.created_at.toISOString(),
    closed_at: task.closed_at?.toISOString() ?? null,
  }
}
