// What stock looks like over HTTP.

import Type from 'typebox'
import { closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { REASONS } from './adjust.ts'

/** Whole base units: pieces, or grams of a weighed article. */
export const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000_000 })
export const QuantityOrZero = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })

export const Level = Type.Object(
  {
    object: Type.Literal('stock_level'),
    variant_id: Id('var'),
    store_id: Id('sto'),
    on_hand: Type.Integer({ description: 'Physically there. Below 0 when more was sold than was known to be there.' }),
    available: Type.Integer({ description: 'On hand, for sale and not promised.' }),
    reserved: Type.Integer(),
    damaged: Type.Integer(),
    display: Type.Integer(),
    quality: Type.Integer(),
    hold: Type.Integer(),
    incoming: Type.Integer({ description: 'On its way here from other stores.' }),
    oversold: Type.Integer({ description: 'Sold or promised beyond what is there; a task is open about it.' }),
  },
  { title: 'Stock level' },
)

export const AdjustmentsIn = Type.Object(
  {
    store_id: Id('sto'),
    lines: Type.Array(
      Type.Object(
        {
          variant_id: Id('var'),
          quantity: Quantity,
          reason: Type.Enum(Object.keys(REASONS) as (keyof typeof REASONS)[]),
        },
        closed,
      ),
      { minItems: 1, maxItems: 500 },
    ),
    reference: Type.Optional(line(120, 'Your own number; the same one again changes nothing.')),
    note: Type.Optional(line(500)),
  },
  closed,
)

export const Movement = Type.Object(
  {
    id: Id('smv'),
    object: Type.Literal('stock_movement'),
    variant_id: Id('var'),
    store_id: Id('sto'),
    kind: Type.String(),
    reason: Type.String(),
    quantity: Type.Integer({ description: 'Change of what is on hand.' }),
    bucket: Nullable(Type.String()),
    bucket_quantity: Type.Integer({ description: 'Change of what of it is not for sale.' }),
    ref: Nullable(Type.String()),
    actor: Nullable(Type.String()),
    occurred_at: Timestamp,
    recorded_at: Timestamp,
  },
  { title: 'Stock movement' },
)

export const TRANSFER_STATES = ['draft', 'in_transit', 'returning', 'received', 'cancelled'] as const

export const Transfer = Type.Object(
  {
    id: Id('trf'),
    object: Type.Literal('transfer'),
    from_store_id: Id('sto'),
    to_store_id: Id('sto'),
    state: Type.Enum(TRANSFER_STATES),
    reference: Nullable(Type.String()),
    lines: Type.Array(
      Type.Object({
        variant_id: Id('var'),
        quantity: Type.Integer(),
        received: Type.Integer({ description: 'Arrived in good order.' }),
        damaged: Type.Integer(),
        lost: Type.Integer({ description: 'Never arrived.' }),
        returned: Type.Integer({ description: 'Came back to the store they left.' }),
        extra: Type.Integer({ description: 'Arrived beyond what was sent.' }),
        promised: Type.Integer({ description: 'An order waits for so many; they are reserved for it as they arrive.' }),
      }),
    ),
    version: Type.Integer(),
    created_at: Timestamp,
    shipped_at: Nullable(Timestamp),
    ended_at: Nullable(Timestamp),
  },
  { title: 'Transfer' },
)

export const Task = Type.Object(
  {
    id: Id('tsk'),
    object: Type.Literal('stock_task'),
    kind: Type.Enum(['oversold', 'transfer_discrepancy']),
    variant_id: Id('var'),
    store_id: Id('sto'),
    quantity: Type.Integer({ description: 'Units that are missing; below 0 where more arrived than were sent.' }),
    ref: Nullable(Type.String()),
    opened_at: Timestamp,
    closed_at: Nullable(Timestamp),
    note: Nullable(Type.String()),
  },
  { title: 'Stock task' },
)

export const Count = Type.Object(
  {
    id: Id('cnt'),
    object: Type.Literal('stock_count'),
    store_id: Id('sto'),
    name: Type.String(),
    state: Type.Enum(['open', 'submitted', 'cancelled']),
    lines: Type.Array(
      Type.Object({
        variant_id: Id('var'),
        counted: Type.Integer(),
        counted_at: Timestamp,
        expected: Nullable(
          Type.Integer({
            description: 'What the stock said of the moment it was counted; hidden until it is handed in.',
          }),
        ),
        difference: Nullable(Type.Integer({ description: 'What the count changed.' })),
        is_overtaken: Type.Boolean({
          description: 'A later count of the article was handed in first: this figure changed nothing.',
        }),
      }),
    ),
    version: Type.Integer(),
    created_at: Timestamp,
    ended_at: Nullable(Timestamp),
  },
  { title: 'Stock count' },
)

export const Nearby = Type.Object(
  {
    store_id: Id('sto'),
    name: Type.String(),
    in_stock: Type.Enum(['yes', 'low', 'no']),
    distance_km: Nullable(Type.Number()),
    available: Type.Optional(Type.Integer({ description: 'For staff; a publishable key is not told figures.' })),
    on_hand: Type.Optional(Type.Integer()),
    reserved: Type.Optional(Type.Integer()),
    incoming: Type.Optional(Type.Integer()),
  },
  { title: 'Availability in a store' },
)
