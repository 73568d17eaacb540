// HTTP for levels, adjustments, movements, safety stock, tasks and availability.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Channel, closed, Id, line } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { adjust } from './adjust.ts'
import { countRoutes } from './count-routes.ts'
import { AdjustmentsIn, Level, Movement, Nearby, QuantityOrZero, Task } from './schema.ts'
import { type Availability, availabilityNear, configOf } from './sources.ts'
import { sourcingRoutes } from './sourcing-routes.ts'
import {
  closeTask,
  type LevelRow,
  listLevels,
  listMovements,
  listTasks,
  type MovementRow,
  readPool,
  type TaskRow,
  writeSafety,
} from './store.ts'
import { endTask, setPool } from './task.ts'
import type { StockRouteDeps } from './transfer-routes.ts'
import { transferRoutes } from './transfer-routes.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'stock:read' } } as const
const READ_ANY = { access: { keys: ['publishable', 'secret', 'restricted'], scope: 'stock:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'stock:write' } } as const
const TAGS = ['Stock']

/** Registers every route of stock. */
export function routes(app: App, deps: StockRouteDeps): void {
  levelRoutes(app, deps)
  settingRoutes(app, deps)
  taskRoutes(app, deps)
  transferRoutes(app, deps)
  countRoutes(app, deps)
  sourcingRoutes(app, deps)
}

function levelRoutes(app: App, deps: StockRouteDeps): void {
  app.get(
    '/v1/stock',
    {
      config: READ,
      schema: {
        operationId: 'listStock',
        summary: 'Levels by article and store',
        tags: TAGS,
        querystring: Type.Object(
          {
            limit: PageQuery.properties.limit,
            variant_id: Type.Optional(Id('var')),
            store_id: Type.Optional(Id('sto')),
            cursor: Type.Optional(
              Type.String({ pattern: '^var_[0-9A-HJKMNP-TV-Z]{26}\\.sto_[0-9A-HJKMNP-TV-Z]{26}$' }),
            ),
          },
          closed,
        ),
        response: { 200: PageOf(Level) },
      },
    },
    async (request) => {
      const { cursor, limit, ...of } = request.query
      const [variant_id = '', store_id = ''] = cursor?.split('.') ?? []
      const after = cursor === undefined ? undefined : { variant_id, store_id }
      const rows = await listLevels(deps.db, callerOf(request).merchantId, { ...of, limit, after })
      return page(rows.map(levelView), limit, (level) => `${level.variant_id}.${level.store_id}`)
    },
  )

  app.post(
    '/v1/stock/adjustments',
    {
      config: WRITE,
      schema: {
        operationId: 'adjustStock',
        summary: 'Goods came, went or changed their condition',
        description: 'All lines or none. The same `reference` with the same lines again changes nothing.',
        tags: TAGS,
        body: AdjustmentsIn,
        response: { 200: Type.Object({ is_new: Type.Boolean() }), 201: Type.Object({ is_new: Type.Boolean() }) },
      },
    },
    async (request, reply) => {
      const { merchantId, keyId } = callerOf(request)
      const { store_id, lines, reference, note } = request.body
      const input = {
        ...{ storeId: store_id, reference, note, actor: keyId },
        lines: lines.map((each) => ({ ...each, quantity: BigInt(each.quantity) })),
      }
      await deps.mustBeStocked(
        merchantId,
        lines.map(({ variant_id }) => variant_id),
        '/lines',
      )
      const { isNew } = await adjust(deps, merchantId, input)
      return reply.code(isNew ? 201 : 200).send({ is_new: isNew })
    },
  )

  app.get(
    '/v1/stock/movements',
    {
      config: READ,
      schema: {
        operationId: 'listStockMovements',
        summary: 'What happened to the goods, newest first',
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            variant_id: Type.Optional(Id('var')),
            store_id: Type.Optional(Id('sto')),
            ref: Type.Optional(line(120)),
          },
          closed,
        ),
        response: { 200: PageOf(Movement) },
      },
    },
    async (request) => {
      const rows = await listMovements(deps.db, callerOf(request).merchantId, request.query)
      return page(rows.map(movementView), request.query.limit, ({ id }) => id)
    },
  )

  app.get(
    '/v1/stock/availability',
    {
      config: READ_ANY,
      schema: {
        operationId: 'stockAvailability',
        summary: 'An article here and in the stores nearby',
        description: 'A publishable key is told yes, low or no, never figures.',
        tags: TAGS,
        querystring: Type.Object(
          {
            variant_id: Id('var'),
            channel: Type.Optional(Channel),
            near_store_id: Type.Optional(Id('sto')),
            latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
            longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
          },
          closed,
        ),
        response: { 200: Type.Object({ data: Type.Array(Nearby) }) },
      },
    },
    async (request) => {
      const { merchantId, kind } = callerOf(request)
      const { variant_id, channel = 'web', near_store_id, latitude, longitude } = request.query
      if ((latitude === undefined) !== (longitude === undefined))
        throw new Problem('validation-error', { errors: [{ pointer: '?latitude', detail: 'goes with longitude' }] })
      const near = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude }
      await deps.mustHaveVariants(merchantId, [variant_id], '?variant_id')
      const question = { variantId: variant_id, channel, nearStoreId: near_store_id, near }
      const found = await availabilityNear(deps, merchantId, question)
      return { data: found.map((each) => nearbyView(each, kind !== 'publishable')) }
    },
  )
}

function settingRoutes(app: App, deps: StockRouteDeps): void {
  const Safety = Type.Object(
    {
      store_id: Id('sto'),
      channel: Channel,
      variant_id: Type.Optional(Id('var')),
      quantity: QuantityOrZero,
    },
    { ...closed, title: 'Safety stock' },
  )
  app.put(
    '/v1/stock/safety',
    {
      config: WRITE,
      schema: {
        operationId: 'setSafetyStock',
        summary: 'Keep units back from a channel',
        description: 'Without an article: of every article. 0 ends it.',
        tags: TAGS,
        body: Safety,
        response: { 200: Safety },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      const { store_id, channel, variant_id, quantity } = request.body
      await mustHaveStores(deps, merchantId, [store_id], '/store_id')
      if (variant_id !== undefined) await deps.mustHaveVariants(merchantId, [variant_id], '/variant_id')
      await writeSafety(deps.db, merchantId, {
        ...{ storeId: store_id, channel, variantId: variant_id ?? '', quantity: BigInt(quantity) },
      })
      return request.body
    },
  )

  const Pool = Type.Object({ channel: Channel, store_ids: Type.Array(Id('sto'), { maxItems: 500 }) }, { title: 'Pool' })
  app.put(
    '/v1/stock/pools',
    {
      config: WRITE,
      schema: {
        operationId: 'setStockPool',
        summary: 'Say from which stores a channel sells',
        description: 'None: from every store that can send.',
        tags: TAGS,
        body: Type.Object(
          { channel: Channel, store_ids: Type.Array(Id('sto'), { maxItems: 500, uniqueItems: true }) },
          closed,
        ),
        response: { 200: Pool },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      const { channel, store_ids } = request.body
      await mustHaveStores(deps, merchantId, store_ids, '/store_ids')
      await setPool(deps, merchantId, { channel, storeIds: store_ids })
      return { channel, store_ids: await readPool(deps.db, merchantId, channel) }
    },
  )

  app.get(
    '/v1/stock/pools',
    {
      config: READ,
      schema: {
        operationId: 'getStockPool',
        summary: 'From which stores a channel sells, where that was said',
        tags: TAGS,
        querystring: Type.Object({ channel: Channel }, closed),
        response: { 200: Pool },
      },
    },
    async (request) => {
      const { channel } = request.query
      return { channel, store_ids: await readPool(deps.db, callerOf(request).merchantId, channel) }
    },
  )
}

function taskRoutes(app: App, deps: StockRouteDeps): void {
  app.get(
    '/v1/stock/tasks',
    {
      config: READ,
      schema: {
        operationId: 'listStockTasks',
        summary: 'What somebody must look at on the shop floor',
        tags: TAGS,
        querystring: Type.Object(
          {
            ...PageQuery.properties,
            state: Type.Optional(Type.Enum(['open', 'closed'])),
            store_id: Type.Optional(Id('sto')),
          },
          closed,
        ),
        response: { 200: PageOf(Task) },
      },
    },
    async (request) => {
      const { state = 'open', ...of } = request.query
      const rows = await listTasks(deps.db, callerOf(request).merchantId, { ...of, isOpen: state === 'open' })
      return page(rows.map(taskView), of.limit, ({ id }) => id)
    },
  )
  app.post(
    '/v1/stock/tasks/:id/close',
    {
      config: WRITE,
      schema: {
        operationId: 'closeStockTask',
        summary: 'Say what was found',
        tags: TAGS,
        params: Type.Object({ id: Id('tsk') }),
        body: Type.Object({ note: line(500) }, closed),
        response: { 200: Task },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      return taskView(await endTask(deps, merchantId, { id: request.params.id, note: request.body.note }, closeTask))
    },
  )
}

/** Throws reference-not-found unless all are stores of the merchant. */
async function mustHaveStores(
  deps: StockRouteDeps,
  merchantId: string,
  storeIds: readonly string[],
  pointer: string,
): Promise<void> {
  const { stores } = await configOf(deps, merchantId)
  if (!storeIds.every((id) => stores.has(id)))
    throw new Problem('reference-not-found', { errors: [{ pointer, detail: 'names no store' }] })
}

function levelView(row: LevelRow) {
  const blocked = row.damaged + row.display + row.quality + row.hold
  const free = row.on_hand - blocked - row.reserved
  return {
    object: 'stock_level' as const,
    variant_id: row.variant_id,
    store_id: row.store_id,
    on_hand: Number(row.on_hand),
    available: free > 0n ? Number(free) : 0,
    reserved: Number(row.reserved),
    damaged: Number(row.damaged),
    display: Number(row.display),
    quality: Number(row.quality),
    hold: Number(row.hold),
    incoming: Number(row.incoming),
    oversold: Number(row.oversold),
  }
}

function movementView(row: MovementRow) {
  const { quantity, bucket_quantity, occurred_at, recorded_at, ...rest } = row
  return {
    object: 'stock_movement' as const,
    ...rest,
    quantity: Number(quantity),
    bucket_quantity: Number(bucket_quantity),
    occurred_at: occurred_at.toISOString(),
    recorded_at: recorded_at.toISOString(),
  }
}

function taskView({ quantity, opened_at, closed_at, ...rest }: TaskRow) {
  return {
    object: 'stock_task' as const,
    ...rest,
    kind: rest.kind as 'oversold' | 'transfer_discrepancy',
    quantity: Number(quantity),
    opened_at: opened_at.toISOString(),
    closed_at: closed_at?.toISOString() ?? null,
  }
}

/** So few that it may be gone before the customer comes. */
const LOW = 2n

function nearbyView({ store, distance_km, level }: Availability, isStaff: boolean) {
  const free = level !== null && level.free > 0n ? level.free : 0n
  return {
    store_id: store.id,
    name: store.name,
    in_stock: free === 0n ? ('no' as const) : free <= LOW ? ('low' as const) : ('yes' as const),
    distance_km: distance_km === null ? null : Math.round(distance_km * 10) / 10,
    ...(isStaff
      ? {
          available: Number(free),
          on_hand: Number(level?.on_hand ?? 0n),
          reserved: Number(level?.reserved ?? 0n),
          incoming: Number(level?.incoming ?? 0n),
        }
      : {}),
  }
}
