// What the page and tests send to a terminal over HTTP.

import Type from 'typebox'
import { CARDS } from './cards.ts'
import { ENTRIES } from './entry.ts'
import { FAULTS } from './faults.ts'
import { KEYS } from './screen.ts'

const CARD_IDS = CARDS.map(({ id }) => id)
const Closed = { additionalProperties: false }

export const ByPoi = Type.Object({ poi: Type.String({ maxLength: 80 }) })

export const TouchBody = Type.Union([
  Type.Object({ type: Type.Literal('card'), card: Type.Enum(CARD_IDS), entry: Type.Enum([...ENTRIES]) }, Closed),
  Type.Object({ type: Type.Literal('key'), key: Type.Enum([...KEYS]) }, Closed),
  Type.Object({ type: Type.Literal('choice'), index: Type.Integer({ minimum: 0, maximum: 100 }) }, Closed),
  Type.Object({ type: Type.Literal('text'), text: Type.String({ maxLength: 256 }) }, Closed),
])

const Customer = Type.Object(
  {
    card: Type.Enum(CARD_IDS),
    entry: Type.Enum([...ENTRIES]),
    pin: Type.Optional(Type.String({ pattern: '^\\d{4}$' })),
    tip: Type.Optional(Type.Integer({ minimum: 0, maximum: 999_999 })),
    yes: Type.Optional(Type.Boolean()),
    text: Type.Optional(Type.String({ maxLength: 256 })),
    menu: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    cancels: Type.Optional(Type.Boolean()),
  },
  Closed,
)

export const SettingsBody = Type.Object(
  {
    card: Type.Optional(Type.Enum(CARD_IDS)),
    entry: Type.Optional(Type.Enum([...ENTRIES])),
    fault: Type.Optional(Type.Union([Type.Enum([...FAULTS]), Type.Null()])),
    pace: Type.Optional(Type.Enum(['natural', 'instant'])),
    customer: Type.Optional(Type.Union([Customer, Type.Null()])),
    has_paper: Type.Optional(Type.Boolean()),
    is_on: Type.Optional(Type.Boolean()),
  },
  Closed,
)

export const JournalQuery = Type.Object(
  {
    after: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })),
    limit: Type.Optional(Type.String({ pattern: '^\\d{1,5}$' })),
  },
  Closed,
)
