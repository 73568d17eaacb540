// The terminal as the API shows and takes it.

import Type from 'typebox'
import { AmountMinor, Currency, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { TerminalShape } from '../merchants/index.ts'

export const TerminalPath = Type.Object({ id: Id('ter') })

const Kind = Type.String({ description: 'sale, authorize, credit, refund, identify or ask.' })

const Step = Type.Object({
  step: Type.String({ description: 'For example card_presented, wait_for_pin, pin_entered, asks_tip.' }),
  at: Timestamp,
})

const Current = Type.Object(
  {
    kind: Kind,
    payment_id: Nullable(Id('pay')),
    operation_id: Nullable(Id('opn')),
    operation_state: Nullable(Type.String()),
    amount: Nullable(AmountMinor),
    currency: Nullable(Type.String()),
    started_at: Timestamp,
    steps: Type.Array(Step, { description: 'What the terminal told on the way, oldest first. For showing only.' }),
    can_abort: Type.Boolean(),
    can_release: Type.Boolean({ description: 'Its outcome is unknown, and a person may free the terminal.' }),
  },
  { description: 'What occupies the terminal.' },
)

export const TerminalState = Type.Object(
  {
    ...TerminalShape.properties,
    state: Type.Enum(['idle', 'in_use', 'card_held', 'unknown_outcome'], {
      description:
        '`card_held`: a card was read and waits for its payment. `unknown_outcome`: nobody knows yet how the last operation ended; no other is begun.',
    }),
    abilities: Type.Array(Type.String(), { description: 'What it can do besides taking and giving back money.' }),
    current: Nullable(Current),
    offline: Nullable(
      Type.Object(
        { count: Type.Integer(), amount: AmountMinor, currency: Type.String(), oldest_at: Timestamp },
        { description: 'What it has approved without the issuer, and nobody has confirmed yet.' },
      ),
    ),
  },
  { title: 'Terminal with its state' },
)

export const IdentifyInput = Type.Object(
  { amount: Type.Optional(AmountMinor), currency: Type.Optional(Currency) },
  { ...closed, description: 'Shown on the screen, where it is known already.' },
)

export const Identification = Type.Object(
  {
    object: Type.Literal('identification'),
    outcome: Type.Enum(['identified', 'canceled', 'failed']),
    message: Nullable(Type.String()),
    instrument: Nullable(
      Type.Object({
        kind: Type.String(),
        brand: Type.Optional(Type.String()),
        last4: Type.Optional(Type.String()),
        alias: Type.Optional(Type.String()),
        entry: Type.Optional(Type.String()),
      }),
    ),
    customer: Nullable(
      Type.Object(
        { id: Id('cus'), name: Nullable(Type.String()), email: Nullable(Type.String()) },
        { description: 'Null for a card that nobody has agreed to be recognised by.' },
      ),
    ),
  },
  { title: 'Identification' },
)

export const DisplayInput = Type.Object({ title: line(60), body: Type.Optional(line(120)) }, closed)

const Title = line(60)
const MaxSeconds = Type.Optional(Type.Integer({ minimum: 5, maximum: 120, description: 'Default 30.' }))
export const AskInput = Type.Object(
  {
    kind: Type.Enum(['confirm', 'email', 'phone', 'number', 'text', 'choice']),
    title: Title,
    body: Type.Optional(line(120)),
    yes: Type.Optional(line(20)),
    no: Type.Optional(line(20)),
    choices: Type.Optional(Type.Array(line(40), { minItems: 2, maxItems: 10 })),
    max_length: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    max_seconds: MaxSeconds,
  },
  closed,
)

export const Answer = Type.Object(
  {
    object: Type.Literal('answer'),
    outcome: Type.Enum(['answered', 'canceled', 'failed']),
    message: Nullable(Type.String()),
    value: Type.Union([Type.Boolean(), Type.Integer(), Type.String(), Type.Null()], {
      description: 'Yes or no, the place of the choice (0 is the first), or what was typed.',
    }),
  },
  { title: 'Answer' },
)

export const PrintInput = Type.Object(
  {
    lines: Type.Array(
      Type.Object(
        {
          left: Type.String({ maxLength: 60 }),
          right: Type.Optional(Type.String({ maxLength: 40 })),
          is_bold: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
      { minItems: 1, maxItems: 120 },
    ),
  },
  closed,
)

export const DiagnosisView = Type.Object(
  {
    object: Type.Literal('diagnosis'),
    status: Type.Enum(['ok', 'busy', 'maintenance', 'unreachable']),
    printer: Nullable(Type.Enum(['ok', 'paper_low', 'no_paper', 'paper_jam', 'out_of_order'])),
    card_reader_ok: Nullable(Type.Boolean()),
    pin_pad_ok: Nullable(Type.Boolean()),
    host_reachable: Nullable(Type.Boolean()),
  },
  { title: 'Diagnosis' },
)

export const TotalsView = Type.Object(
  {
    object: Type.Literal('terminal_totals'),
    totals: Type.Array(
      Type.Object({
        brand: Nullable(Type.String()),
        currency: Type.String(),
        type: Type.String(),
        count: Type.Integer(),
        amount: Type.Integer({ description: 'Minor units.' }),
      }),
    ),
  },
  { title: 'Terminal totals' },
)

export const ReleaseInput = Type.Object(
  {
    reason: Type.String({
      minLength: 3,
      maxLength: 500,
      description: 'What you saw at the terminal. Kept as evidence.',
    }),
  },
  closed,
)
