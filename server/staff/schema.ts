// The JSON of staff.

import Type from 'typebox'
import { closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { LANGUAGES } from '../lib/language.ts'
import { PIN } from './pin.ts'
import { RIGHTS, ROLES } from './rights.ts'

export const RoleSchema = Type.Enum([...ROLES])
export const RightSchema = Type.Enum([...RIGHTS])
export const LimitsSchema = Type.Object({
  discount_bp: Nullable(Type.Integer({ description: 'The largest discount, in basis points of the list price.' })),
  drawer_cash: Nullable(
    Type.Integer({ description: 'Cash in the drawer above which the till asks for a drop, in whole units.' }),
  ),
})

export const Staff = Type.Object(
  {
    id: Id('stf'),
    object: Type.Literal('staff'),
    name: Type.String(),
    initials: Type.String(),
    role: RoleSchema,
    rights: Type.Array(RightSchema),
    limits: LimitsSchema,
    store_ids: Type.Array(Type.String()),
    language: Nullable(Type.Enum([...LANGUAGES])),
    is_active: Type.Boolean(),
    version: Type.Integer(),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { title: 'Staff' },
)

const Stores = Type.Array(Id('sto'), { maxItems: 200, description: 'Where they work. Empty: in every store.' })
const Pin = Type.String({ pattern: PIN, description: 'Four to eight digits. Kept as a slow, salted hash.' })
export const NewStaff = Type.Object(
  {
    name: line(120),
    role: RoleSchema,
    pin: Pin,
    store_ids: Type.Optional(Stores),
    language: Type.Optional(Type.Enum([...LANGUAGES], { description: 'Default: that of the store.' })),
  },
  closed,
)
export const StaffPatch = Type.Object(
  {
    ...Type.Partial(NewStaff).properties,
    is_active: Type.Optional(Type.Boolean({ description: 'false: out of every till at once.' })),
  },
  { ...closed, minProperties: 1 },
)
export const StaffPath = Type.Object({ id: Id('stf') })
