// HTTP for trying out from where orders would be sent.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { Channel, CountryCode, closed, Id, Nullable } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { Quantity } from './schema.ts'
import { DEFAULT_WEIGHTS, type Explained } from './source.ts'
import { atHand, configOf, placeOfStore, planSources } from './sources.ts'
import type { StockRouteDeps } from './transfer-routes.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'stock:read' } } as const
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Weight = Type.Number({ minimum: 0, maximum: 1000 })

const Explanation = Type.Object({
  store_id: Id('sto'),
  score: Type.Number(),
  parts: Type.Object({ distance: Share, depth: Share, load: Share, cost: Share }),
  distance_km: Nullable(Type.Number()),
  load: Type.Integer({ description: 'Fulfilments it has to do already.' }),
  cost: Type.Integer({ description: 'What a parcel costs that leaves from there, in minor units.' }),
  covers: Type.Integer({ description: 'Lines it could send whole.' }),
})
const LineUnits = Type.Object({ line_id: Type.String(), quantity: Type.Integer() })

/** Registers the route. */
export function sourcingRoutes(app: App, deps: StockRouteDeps): void {
  app.post(
    '/v1/sourcing/simulate',
    {
      config: READ,
      schema: {
        operationId: 'simulateSourcing',
        summary: 'From which stores would this be sent, and why',
        description:
          'The very choice that orders make. Nothing is reserved. With `collect_store_id`: what that store has itself, and which stores bring the rest.',
        tags: ['Stock'],
        body: Type.Object(
          {
            channel: Channel,
            country: Type.Optional(CountryCode),
            collect_store_id: Type.Optional({
              ...Id('sto'),
              description: 'Where it is collected, instead of a place.',
            }),
            latitude: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })),
            longitude: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
            lines: Type.Array(Type.Object({ variant_id: Id('var'), quantity: Quantity }, closed), {
              minItems: 1,
              maxItems: 200,
            }),
            weights: Type.Optional(
              Type.Object(
                {
                  distance: Type.Optional(Weight),
                  depth: Type.Optional(Weight),
                  load: Type.Optional(Weight),
                  cost: Type.Optional(Weight),
                  parcel: Type.Optional(Weight),
                },
                closed,
              ),
            ),
          },
          closed,
        ),
        response: {
          200: Type.Object({
            sources: Type.Array(
              Type.Object({
                store_id: Id('sto'),
                lines: Type.Array(LineUnits),
                by_transfer: Type.Boolean({ description: 'Brought to the store where it is collected.' }),
                // Null: it lies where it is collected.
                score: Nullable(Explanation),
              }),
            ),
            missing: Type.Array(LineUnits),
            candidates: Type.Array(Explanation, { description: 'Best first.' }),
          }),
        },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      const { channel, country, collect_store_id, latitude, longitude, lines, weights } = request.body
      if ((latitude === undefined) !== (longitude === undefined))
        throw new Problem('validation-error', { errors: [{ pointer: '/latitude', detail: 'goes with longitude' }] })
      if (collect_store_id !== undefined && !(await configOf(deps, merchantId)).stores.has(collect_store_id))
        throw new Problem('reference-not-found', {
          errors: [{ pointer: '/collect_store_id', detail: 'names no store' }],
        })
      await deps.mustHaveVariants(
        merchantId,
        lines.map(({ variant_id }) => variant_id),
        '/lines',
      )
      const place = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude }
      // A line has no id before it is ordered: its place stands for it.
      const wanted = lines.map(({ variant_id, quantity }, i) => ({
        line_id: String(i + 1),
        quantity: BigInt(quantity),
        components: [{ variant_id, quantity: 1n }],
      }))
      const store = collect_store_id
      const here = store === undefined ? [] : await atHand(deps, merchantId, { storeId: store, channel, lines: wanted })
      const plan = await planSources(deps, merchantId, {
        channel,
        to: store === undefined ? { place, country } : await placeOfStore(deps, merchantId, store),
        lines: wanted
          .map((line) => ({ ...line, quantity: line.quantity - unitsOf(here, line.line_id) }))
          .filter(({ quantity }) => quantity > 0n),
        weights: { ...DEFAULT_WEIGHTS, ...weights },
        without: store === undefined ? [] : [store],
      })
      return {
        sources: [
          ...(store === undefined || here.length === 0
            ? []
            : [{ store_id: store, lines: here.map(shown), by_transfer: false, score: null }]),
          // Nothing is missing where it is collected: nobody brings anything.
          ...plan.sources
            .filter((source) => source.lines.length > 0)
            .map((source) => ({
              ...{ store_id: source.store_id, lines: source.lines.map(shown), score: rounded(source.score) },
              by_transfer: store !== undefined,
            })),
        ],
        missing: plan.missing.map(shown),
        candidates: plan.candidates.map(rounded),
      }
    },
  )
}

function unitsOf(here: readonly { line_id: string; quantity: bigint }[], lineId: string): bigint {
  return here.find(({ line_id }) => line_id === lineId)?.quantity ?? 0n
}

function shown({ line_id, quantity }: { line_id: string; quantity: bigint }) {
  return { line_id, quantity: Number(quantity) }
}

function rounded(explained: Explained): Explained {
  const round = (value: number) => Math.round(value * 1000) / 1000
  const { distance, depth, load, cost } = explained.parts
  return {
    ...explained,
    score: round(explained.score),
    parts: { distance: round(distance), depth: round(depth), load: round(load), cost: round(cost) },
    distance_km: explained.distance_km === null ? null : round(explained.distance_km),
  }
}
