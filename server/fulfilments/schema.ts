// What the routes of fulfilments take and answer.

import Type from 'typebox'
import { AmountOrZero, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { CHARGE_MODES, GROUP_MODES } from '../orders/index.ts'
import { TRANSFER_STATES } from '../stock/index.ts'
import { CHARGE_STATES, FULFILMENT_STATES, REJECT_REASONS } from './fulfilment.ts'

const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'Whole base units.' })
/** As many lines as a cart holds. */
const MAX_LINES = 1_500
const UnitsOfLine = Type.Object({ line_id: Id('oln'), quantity: Quantity }, closed)
const Lines = Type.Array(UnitsOfLine, { minItems: 1, maxItems: MAX_LINES })

export const FulfilmentBody = Type.Object(
  {
    id: Id('ful'),
    object: Type.Literal('fulfilment'),
    order_id: Id('ord'),
    group_no: Type.Integer(),
    part: Type.Integer({ description: 'More than 1 for what was split off or sent from elsewhere.' }),
    mode: Type.Enum([...GROUP_MODES]),
    state: Type.Enum([...FULFILMENT_STATES]),
    store_id: Nullable(Type.String({ description: 'Whose stock it takes.' })),
    destination_store_id: Nullable(Type.String({ description: 'Where it is collected.' })),
    address: Nullable(Type.Record(Type.String(), Type.Unknown())),
    transfer_id: Nullable(Type.String({ description: 'The transfer its goods come by, until they are there.' })),
    transfer_state: Nullable(
      Type.Enum([...TRANSFER_STATES], {
        description: 'How far it has come. `draft`: not sent yet, `in_transit`: on its way.',
      }),
    ),
    score: Type.Unknown({ description: 'Why this source was chosen.' }),
    reason: Nullable(Type.String()),
    needs_code: Type.Boolean(),
    collected_by: Nullable(Type.Enum(['code', 'staff'])),
    promised_at: Nullable(Timestamp),
    expires_at: Nullable(Timestamp),
    tracking: Nullable(
      Type.Object({ carrier: Type.String(), number: Type.String(), url: Type.Optional(Type.String()) }),
    ),
    charge: Type.Object({
      state: Type.Enum([...CHARGE_STATES], {
        description:
          '`none`: there was nothing to charge at the hand-over. `reversed`: it was charged, and that was taken back later.',
      }),
      amount: AmountOrZero,
      payment_id: Nullable(Type.String()),
      decline: Nullable(Type.Object({ code: Type.String(), message: Type.String() })),
    }),
    lines: Type.Array(
      Type.Object({
        line_id: Id('oln'),
        quantity: Type.Integer(),
        handed_over: Type.Integer(),
        dropped: Type.Integer({ description: 'Cancelled, refused, expired, or in another fulfilment now.' }),
        name: Type.String(),
        sku: Nullable(Type.String()),
        unit: Type.String(),
      }),
    ),
    order: Type.Object(
      {
        number: Type.String(),
        channel: Type.String(),
        charge: Type.Enum([...CHARGE_MODES]),
        name: Nullable(Type.String({ description: 'On the parcel or the bill.' })),
        email: Nullable(Type.String()),
        customer_id: Nullable(Type.String()),
        placed_at: Nullable(Timestamp),
      },
      { description: 'What people call it by.' },
    ),
    code: Type.Optional(Type.String({ description: 'The pickup code, told this once.' })),
    version: Type.Integer(),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: 'Fulfilment' },
)

export const FULFILMENT_FILTERS = {
  order_id: Type.Optional(Id('ord')),
  store_id: Type.Optional(Id('sto')),
  state: Type.Optional(Type.Enum([...FULFILMENT_STATES])),
  mode: Type.Optional(Type.Enum([...GROUP_MODES])),
  pickup_store_id: Type.Optional({
    ...Id('sto'),
    description: 'What is to be collected at the counter of this store and is not done with: its pickup board.',
  }),
}

/** Paid at the counter. No gift card: its code would have to be kept until the charge is done. */
const CounterTender = Type.Object(
  {
    method: Type.String({ pattern: '^[a-z][a-z0-9_]{1,39}$' }),
    token: Type.Optional(Id('tok')),
    terminal_id: Type.Optional(Id('ter')),
    cash: Type.Optional(
      Type.Object(
        { register_id: Id('reg'), tendered: Type.Optional(Type.Integer({ minimum: 1, maximum: 999_999_999_999 })) },
        closed,
      ),
    ),
  },
  { ...closed, description: 'Instead of the card that was kept. Its amount is what is collected.' },
)

export const CollectInput = Type.Object(
  {
    code: Type.Optional(Type.String({ minLength: 4, maxLength: 20, pattern: '^[0-9A-Za-z][0-9A-Za-z -]*$' })),
    staff_override_reason: Type.Optional(line(200, 'How staff know the customer without a code.')),
    lines: Type.Optional(Lines),
    refuse: Type.Optional(
      Type.Array(Type.Object({ line_id: Id('oln'), quantity: Quantity, reason: line(200) }, closed), {
        minItems: 1,
        maxItems: MAX_LINES,
        description: 'What the customer does not want: cancelled, and not charged or refunded.',
      }),
    ),
    tender: Type.Optional(CounterTender),
  },
  closed,
)

export const ShipInput = Type.Object(
  {
    tracking: Type.Object(
      {
        carrier: line(60),
        number: line(80),
        url: Type.Optional(
          Type.String({ minLength: 8, maxLength: 500, pattern: '^https?://[^\\s\\x00-\\x1f\\x7f]+$' }),
        ),
      },
      closed,
    ),
  },
  closed,
)

export const DeliverInput = Type.Object(
  {
    outcome: Type.Optional(
      Type.Enum(['delivered', 'lost', 'returned_to_sender'], {
        default: 'delivered',
        description: 'What the carrier says.',
      }),
    ),
  },
  closed,
)
export const RejectInput = Type.Object(
  { reason: Type.Enum(Object.keys(REJECT_REASONS) as (keyof typeof REJECT_REASONS)[]) },
  closed,
)
export const CancelFulfilmentInput = Type.Object({ reason: line(200) }, closed)
export const RerouteInput = Type.Object(
  { store_id: Type.Optional({ ...Id('sto'), description: 'Default: the best store that has it.' }) },
  closed,
)
export const SplitInput = Type.Object({ fulfilment_id: Id('ful'), lines: Lines }, closed)
