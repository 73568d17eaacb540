// HTTP ↔ commands of the payment core. No decisions here.

import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { idempotencyOf, sendStored } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Channel, Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { extend, increment } from './adjust.ts'
import { cancel } from './cancel.ts'
import { capture } from './capture.ts'
import type { PaymentDeps } from './deps.ts'
import { DisputeView, listDisputes } from './dispute-store.ts'
import { receive } from './inbound.ts'
import { addTender, pay } from './pay.ts'
import {
  ATTENTIONS,
  CaptureInput,
  CreditInput,
  ExtensionInput,
  IncrementInput,
  PAYMENT_STATUSES,
  PaymentInput,
  PaymentView,
  RefundInput,
  ResolutionInput,
  TenderInput,
} from './payment.ts'
import { ofBody } from './problems.ts'
import { credit, refund } from './refund.ts'
import { decide } from './resolve.ts'
import { closeTask, listPaymentIds, renderPayment, renderPayments } from './store.ts'
import { listTasks, TaskView } from './task-store.ts'
import { TimelineEntry, timelineOf } from './timeline-store.ts'
import { withdraw } from './withdraw.ts'

const ById = Type.Object({ id: Type.String() })
const writes = { access: { keys: ['secret', 'restricted'], scope: 'payments:write' } } as const
/** Routes that can move money ask for an Idempotency-Key; a person's decision about the past does not. */
const movesMoney = { ...writes, idempotent: true } as const
const refunds = { access: { keys: ['secret', 'restricted'], scope: 'refunds:write' }, idempotent: true } as const
const reads = { access: { keys: ['secret', 'restricted'], scope: 'payments:read' } } as const

/** Wrong codes of gift cards are counted per caller; what is done at a till is written down as done there. */
function asCaller(deps: PaymentDeps, request: FastifyRequest): PaymentDeps {
  const { keyId, till } = callerOf(request)
  return { ...deps, callerId: keyId, registerId: till?.registerId }
}

export function routes(app: App, deps: PaymentDeps): void {
  const described = (operationId: string, summary: string, more: object = {}) => ({
    operationId,
    tags: ['Payments'],
    summary,
    response: { 200: PaymentView, 201: PaymentView, 202: PaymentView },
    ...more,
  })

  app.post(
    '/v1/payments',
    {
      config: movesMoney,
      schema: described('createPayment', 'Create a payment, with or without a tender', { body: PaymentInput }),
    },
    async (request, reply) =>
      sendStored(
        reply,
        await pay(
          asCaller(deps, request),
          callerOf(request).merchantId,
          idempotencyOf(request),
          request.body as PaymentInput,
        ),
      ),
  )
  app.post(
    '/v1/payments/:id/tenders',
    {
      config: movesMoney,
      schema: described('addTender', 'Pay a part or the rest with a further tender', {
        params: ById,
        body: TenderInput,
      }),
    },
    async (request, reply) =>
      sendStored(
        reply,
        await addTender(
          asCaller(deps, request),
          callerOf(request).merchantId,
          idempotencyOf(request),
          idOf(request),
          request.body as TenderInput,
        ).catch((error: unknown) => {
          throw ofBody(error)
        }),
      ),
  )
  app.post(
    '/v1/payments/:id/tenders/:tender_id/cancel',
    {
      config: movesMoney,
      schema: described('withdrawTender', 'Take back a tender that waits for the customer', {
        params: Type.Object({ id: Id('pay'), tender_id: Id('ten') }),
        body: Type.Object({}, { additionalProperties: false }),
      }),
    },
    async (request, reply) => {
      const { id, tender_id } = request.params as { id: string; tender_id: string }
      const of = { paymentId: id, tenderId: tender_id }
      return sendStored(
        reply,
        await withdraw(asCaller(deps, request), callerOf(request).merchantId, idempotencyOf(request), of),
      )
    },
  )
  app.post(
    '/v1/payments/:id/captures',
    {
      config: movesMoney,
      schema: described('capturePayment', 'Capture part or all of what is authorised', {
        params: ById,
        body: CaptureInput,
      }),
    },
    async (request, reply) =>
      sendStored(
        reply,
        await capture(
          asCaller(deps, request),
          callerOf(request).merchantId,
          idempotencyOf(request),
          idOf(request),
          request.body as CaptureInput,
        ),
      ),
  )
  app.post(
    '/v1/payments/:id/cancel',
    {
      config: movesMoney,
      schema: described('cancelPayment', 'Give up what has not been captured', {
        params: ById,
        body: Type.Object({}, { additionalProperties: false }),
      }),
    },
    async (request, reply) =>
      sendStored(
        reply,
        await cancel(asCaller(deps, request), callerOf(request).merchantId, idempotencyOf(request), idOf(request)),
      ),
  )
  app.post(
    '/v1/payments/:id/refunds',
    { config: refunds, schema: described('refundPayment', 'Give money back', { params: ById, body: RefundInput }) },
    async (request, reply) =>
      sendStored(
        reply,
        await refund(
          asCaller(deps, request),
          callerOf(request).merchantId,
          idempotencyOf(request),
          idOf(request),
          request.body as RefundInput,
          { isByHand: true },
        ),
      ),
  )
  app.post(
    '/v1/payments/:id/increments',
    {
      config: movesMoney,
      schema: described('incrementAuthorization', 'Raise the authorised amount', {
        params: ById,
        body: IncrementInput,
      }),
    },
    async (request, reply) =>
      sendStored(
        reply,
        await increment(
          asCaller(deps, request),
          callerOf(request).merchantId,
          idempotencyOf(request),
          idOf(request),
          request.body as IncrementInput,
        ),
      ),
  )
  app.post(
    '/v1/payments/:id/extensions',
    {
      config: movesMoney,
      schema: described('extendAuthorization', 'Ask for a later expiry of the authorisation', {
        params: ById,
        body: ExtensionInput,
      }),
    },
    async (request, reply) =>
      sendStored(
        reply,
        await extend(
          asCaller(deps, request),
          callerOf(request).merchantId,
          idempotencyOf(request),
          idOf(request),
          request.body as ExtensionInput,
        ),
      ),
  )
  app.post(
    '/v1/credits',
    { config: refunds, schema: described('createCredit', 'Pay out without an earlier charge', { body: CreditInput }) },
    async (request, reply) =>
      sendStored(
        reply,
        await credit(
          asCaller(deps, request),
          callerOf(request).merchantId,
          idempotencyOf(request),
          request.body as CreditInput,
        ),
      ),
  )
  app.post(
    '/v1/payments/:id/operations/:operation_id/resolution',
    {
      config: writes,
      schema: described('resolveOperation', 'Decide, as a person, what became of an unknown operation', {
        params: Type.Object({ id: Type.String(), operation_id: Type.String() }),
        body: ResolutionInput,
      }),
    },
    async (request, reply) => {
      const { id, operation_id } = request.params as { id: string; operation_id: string }
      return sendStored(
        reply,
        await decide(deps, callerOf(request).merchantId, id, operation_id, request.body as ResolutionInput),
      )
    },
  )

  const ListQuery = Type.Object(
    {
      ...PageQuery.properties,
      order_id: Type.Optional(Type.String({ maxLength: 64 })),
      customer_id: Type.Optional(Id('cus')),
      store_id: Type.Optional(Id('sto')),
      reference: Type.Optional(Type.String({ maxLength: 120 })),
      status: Type.Optional(Type.Enum([...PAYMENT_STATUSES])),
      attention: Type.Optional(Type.Enum([...ATTENTIONS])),
      channel: Type.Optional(Channel),
    },
    { additionalProperties: false },
  )
  app.get(
    '/v1/payments',
    {
      config: reads,
      schema: {
        tags: ['Payments'],
        operationId: 'listPayments',
        summary: 'List payments, newest first',
        querystring: ListQuery,
        response: { 200: PageOf(PaymentView) },
      },
    },
    async (request, reply) => {
      const { limit, cursor, ...filter } = request.query
      const { merchantId } = callerOf(request)
      const ids = page(await listPaymentIds(deps.db, merchantId, filter, limit, cursor), limit, (id) => id)
      const bodies = await renderPayments(deps.db, merchantId, ids.data)
      return sendStored(reply, {
        status: 200,
        body: `{"data":[${bodies.join(',')}],"next_cursor":${JSON.stringify(ids.next_cursor)}}`,
      })
    },
  )
  app.get(
    '/v1/payments/:id',
    { config: reads, schema: described('getPayment', 'Read a payment', { params: ById }) },
    async (request, reply) => {
      const body = await renderPayment(deps.db, callerOf(request).merchantId, idOf(request))
      if (body === null) throw new Problem('not-found')
      return sendStored(reply, { status: 200, body })
    },
  )
  app.get(
    '/v1/payments/:id/timeline',
    {
      config: reads,
      schema: {
        tags: ['Payments'],
        operationId: 'getPaymentTimeline',
        summary: 'Everything that happened to a payment, in order',
        params: ById,
        response: { 200: Type.Object({ data: Type.Array(TimelineEntry) }) },
      },
    },
    async (request) => ({ data: await timelineOf(deps.db, callerOf(request).merchantId, idOf(request)) }),
  )

  const DisputeQuery = Type.Object(
    {
      ...PageQuery.properties,
      payment_id: Type.Optional(Id('pay')),
      status: Type.Optional(Type.Enum(['open', 'won', 'lost'])),
    },
    { additionalProperties: false },
  )
  app.get(
    '/v1/disputes',
    {
      config: reads,
      schema: {
        tags: ['Payments'],
        operationId: 'listDisputes',
        summary: 'List disputes, newest first',
        querystring: DisputeQuery,
        response: { 200: PageOf(DisputeView) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query
      return page(
        await listDisputes(deps.db, callerOf(request).merchantId, filter, limit, cursor),
        limit,
        (dispute) => dispute.id,
      )
    },
  )
  app.get(
    '/v1/disputes/:id',
    {
      config: reads,
      schema: {
        tags: ['Payments'],
        operationId: 'getDispute',
        summary: 'Read a dispute',
        params: ById,
        response: { 200: DisputeView },
      },
    },
    async (request) => {
      const [dispute] = await listDisputes(deps.db, callerOf(request).merchantId, { id: idOf(request) }, 1)
      if (!dispute) throw new Problem('not-found')
      return dispute
    },
  )

  const TaskQuery = Type.Object(
    {
      ...PageQuery.properties,
      payment_id: Type.Optional(Id('pay')),
      state: Type.Optional(Type.Enum(['open', 'closed'])),
    },
    { additionalProperties: false },
  )
  app.get(
    '/v1/payment_tasks',
    {
      config: reads,
      schema: {
        tags: ['Payments'],
        operationId: 'listPaymentTasks',
        summary: 'What waits for a person, newest first',
        querystring: TaskQuery,
        response: { 200: PageOf(TaskView) },
      },
    },
    async (request) => {
      const { limit, cursor, payment_id, state } = request.query
      const filter = { payment_id, open: state === undefined ? undefined : state === 'open' }
      return page(await listTasks(deps.db, callerOf(request).merchantId, filter, limit, cursor), limit, ({ id }) => id)
    },
  )
  app.post(
    '/v1/payment_tasks/:id/close',
    {
      config: writes,
      schema: {
        tags: ['Payments'],
        operationId: 'closePaymentTask',
        summary: 'Say that a task has been dealt with',
        params: ById,
        body: Type.Object({}, { additionalProperties: false }),
        response: { 200: TaskView },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      await closeTask(deps.db, merchantId, idOf(request), deps.newId('evt'), deps.clock.now())
      const [task] = await listTasks(deps.db, merchantId, { id: idOf(request) }, 1)
      if (!task) throw new Problem('not-found')
      return task
    },
  )

  app.post(
    '/hooks/:merchant_id/:account_id',
    {
      config: { access: { keys: 'public' }, rawBody: true },
      schema: {
        tags: ['Inbound'],
        operationId: 'receiveProviderWebhook',
        summary: 'Webhooks of payment providers',
        params: Type.Object({ merchant_id: Type.String(), account_id: Type.String() }),
        // `result` is what Pay. wants to read; the others look at the status alone.
        response: { 200: Type.Object({ received: Type.Integer(), result: Type.Boolean() }) },
      },
    },
    async (request) => {
      const { merchant_id, account_id } = request.params
      const headers = request.headers as Record<string, string | undefined>
      return {
        received: await receive(deps, merchant_id, account_id, { headers, body: request.rawBody ?? Buffer.alloc(0) }),
        result: true,
      }
    },
  )
}

function idOf(request: { params: unknown }): string {
  return (request.params as { id: string }).id
}
