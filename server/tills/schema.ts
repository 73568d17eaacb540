// The JSON of tills.

import Type from 'typebox'
import { CountryCode, Currency, closed, Id, line, Nullable, ONE_LINE, Timestamp } from '../http/schema.ts'
import { LANGUAGES } from '../lib/language.ts'
import { Shift } from '../shifts/index.ts'
import { LimitsSchema, RightSchema, RoleSchema } from '../staff/index.ts'

export const Device = Type.Object(
  {
    id: Id('tdv'),
    object: Type.Literal('till_device'),
    register_id: Id('reg'),
    store_id: Nullable(Id('sto')),
    name: Type.String(),
    paired_at: Timestamp,
    revoked_at: Nullable(Timestamp),
  },
  { title: 'TillDevice' },
)

export const PairingCode = Type.Object(
  {
    object: Type.Literal('pairing_code'),
    register_id: Id('reg'),
    code: Type.String({ examples: ['7KQM-2XAB'], description: 'Typed in at the till. Works once.' }),
    expires_at: Timestamp,
  },
  { title: 'PairingCode' },
)

export const PairIn = Type.Object(
  {
    code: Type.String({ minLength: 4, maxLength: 20, pattern: ONE_LINE }),
    name: Type.Optional(line(120, 'What people call the device. Default: the name of its register.')),
  },
  closed,
)

export const Paired = Type.Object(
  { device: Device, key: Type.String({ description: 'The device’s key. Shown this once: keep it on the device.' }) },
  { title: 'PairedTill' },
)

const Person = {
  id: Id('stf'),
  name: Type.String(),
  initials: Type.String(),
  role: RoleSchema,
  language: Nullable(Type.Enum([...LANGUAGES])),
}
const SignedInAs = { staff: Type.Object(Person), rights: Type.Array(RightSchema), limits: LimitsSchema }

export const SignIn = Type.Object(
  { staff_id: Id('stf'), pin: Type.String({ minLength: 1, maxLength: 16, pattern: ONE_LINE }) },
  closed,
)

export const Session = Type.Object(
  {
    object: Type.Literal('till_session'),
    id: Id('tss'),
    token: Type.String({ description: 'Bearer token of this session. Shown this once.' }),
    ...SignedInAs,
    expires_at: Timestamp,
  },
  { title: 'TillSession' },
)

export const Till = Type.Object(
  {
    object: Type.Literal('till'),
    device: Device,
    register: Type.Object({ id: Id('reg'), name: Type.String(), store_id: Id('sto') }),
    store: Type.Object({
      id: Id('sto'),
      name: Type.String(),
      country: CountryCode,
      currency: Currency,
      language: Type.Enum([...LANGUAGES], { description: 'What most people of the country read.' }),
      time_zone: Type.String(),
      address: Nullable(
        Type.Object({
          lines: Type.Array(Type.String()),
          postal_code: Type.Optional(Type.String()),
          city: Type.String(),
          country: CountryCode,
        }),
      ),
      capabilities: Type.Array(Type.String()),
      cash_rounding: Nullable(
        Type.Object({
          increment: Type.Integer({ description: 'The smallest coin, in minor units.' }),
          mode: Type.Enum(['half_up', 'half_down', 'always_down']),
          is_optional: Type.Boolean({ description: 'A customer who has the small coins may pay exactly.' }),
        }),
      ),
    }),
    merchant: Type.Object({ id: Id('mer'), name: Type.String(), mode: Type.Enum(['test', 'live']) }),
    terminals: Type.Array(
      Type.Object({
        id: Id('ter'),
        name: Type.String(),
        serial: Type.String(),
        register_id: Nullable(Id('reg')),
      }),
      { description: 'Those of the register, then those that are carried around the store.' },
    ),
    staff: Type.Array(Type.Object(Person), { description: 'Who may sign in here, by name.' }),
    session: Nullable(Type.Object({ id: Id('tss'), ...SignedInAs, expires_at: Timestamp })),
    has_printer: Type.Boolean({ description: 'The register has a receipt printer of the network.' }),
    shift: Type.Union([Shift, Type.Null()], { description: 'The one that runs at the register.' }),
  },
  { title: 'Till' },
)

const DemoRegister = Type.Object({
  register: Type.Object({ id: Id('reg'), name: Type.String() }),
  store: Type.Object({ id: Id('sto'), name: Type.String(), country: CountryCode, currency: Currency }),
  staff: Type.Array(Type.Object({ ...Person, pin: Type.String() })),
})
export const DemoTills = Type.Object(
  { object: Type.Literal('demo_tills'), merchant: Type.String(), registers: Type.Array(DemoRegister) },
  { title: 'DemoTills' },
)
export const DemoIn = Type.Object({ register_id: Id('reg') }, closed)
