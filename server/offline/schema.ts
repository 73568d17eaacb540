// The JSON of offline selling.

import Type from 'typebox'
import { AmountOrZero, Currency, closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { Hash } from './document.ts'
import { REVIEW_CODES, STATUSES } from './sale-store.ts'

/** Documents in one upload. */
export const MOST_DOCUMENTS = 100
/** Of one document, in characters: far above a ticket of a thousand lines. */
const MOST_CHARACTERS = 400_000

export const KeyIn = Type.Object(
  {
    public_key: Type.String({
      minLength: 80,
      maxLength: 400,
      pattern: '^[A-Za-z0-9+/]+=*$',
      description: 'SPKI in DER, base64.',
    }),
    algorithm: Type.Literal('ES256'),
  },
  closed,
)
export const Key = Type.Object(
  {
    object: Type.Literal('offline_key'),
    id: Id('ofk'),
    device_id: Id('tdv'),
    next_sequence: Type.Integer({ description: 'The number of the next document of this key’s chain.' }),
    last_hash: Type.String({ description: 'What the next document has as `previous_hash`.' }),
  },
  { title: 'OfflineKey' },
)

export const UploadIn = Type.Object(
  {
    documents: Type.Array(
      Type.Object(
        {
          document: Type.String({
            minLength: 1,
            maxLength: MOST_CHARACTERS,
            description: 'Canonical JSON, as it was hashed and signed.',
          }),
          hash: Type.String({
            minLength: 1,
            maxLength: 128,
            description: 'SHA-256 of the document, small hexadecimal letters.',
          }),
          signature: Type.String({
            minLength: 1,
            maxLength: 200,
            description: 'ECDSA over P-256 with SHA-256, 64 bytes, base64.',
          }),
        },
        closed,
      ),
      { minItems: 1, maxItems: MOST_DOCUMENTS },
    ),
  },
  closed,
)

const ReviewOut = { code: Type.Enum([...REVIEW_CODES]), detail: Type.String() }
const Reason = Type.Object({ code: Type.String(), detail: Type.String() })

const Result = Type.Object({
  id: Id('ofs'),
  document_id: Nullable(Type.String({ description: 'What the document calls itself; null where it cannot be read.' })),
  hash: Type.String({ description: 'As it was sent.' }),
  sequence: Nullable(Type.Integer()),
  status: Type.Enum([...STATUSES]),
  order_id: Nullable(Id('ord')),
  receipt_id: Nullable(Id('rct')),
  reviews: Type.Array(Type.Object(ReviewOut)),
  reason: Nullable(Reason),
})

export const Upload = Type.Object(
  {
    object: Type.Literal('offline_upload'),
    results: Type.Array(Result, { description: 'One for each document, in the order in which they were sent.' }),
    next_sequence: Nullable(Type.Integer({ description: 'Of the chain of the last document.' })),
    last_hash: Nullable(Type.String()),
  },
  { title: 'OfflineUpload' },
)

const Sale = {
  object: Type.Literal('offline_sale'),
  id: Id('ofs'),
  document_id: Nullable(Type.String()),
  device_id: Nullable(Id('tdv')),
  register_id: Nullable(Id('reg')),
  shift_id: Nullable(Id('shf')),
  key_id: Nullable(Id('ofk')),
  sequence: Nullable(Type.Integer()),
  status: Type.Enum([...STATUSES]),
  reason: Nullable(Reason),
  decision: Nullable(Type.Object({ by: Type.String(), at: Timestamp, reason: Type.String() })),
  sold_at: Nullable(Timestamp),
  received_at: Timestamp,
  currency: Nullable(Currency),
  total: Nullable(AmountOrZero),
  receipt_code: Nullable(Type.String()),
  order_id: Nullable(Id('ord')),
  payment_id: Nullable(Id('pay')),
  receipt_id: Nullable(Id('rct')),
  booked_at: Nullable(Timestamp),
  fault: Nullable(Type.String({ description: 'What stands in the way of booking it; it is tried again.' })),
  reviews: Type.Array(
    Type.Object({
      ...ReviewOut,
      created_at: Timestamp,
      resolution: Nullable(Type.Object({ by: Type.String(), at: Timestamp, note: Type.String() })),
    }),
  ),
  version: Type.Integer(),
}
export const OfflineSale = Type.Object(Sale, { title: 'OfflineSale' })
export const OfflineSaleWhole = Type.Object(
  {
    ...Sale,
    document: Type.String({ description: 'As it came.' }),
    hash: Type.String({ description: 'As it came.' }),
    signature: Type.String({ description: 'As it came.' }),
    is_signed: Type.Boolean({ description: 'The text is the one that the till has signed.' }),
    chain: Nullable(
      Type.Object({ key_id: Id('ofk'), sequence: Type.Integer(), previous_hash: Type.String(), hash: Hash }),
    ),
  },
  { title: 'OfflineSaleWithDocument' },
)

export const DecisionIn = Type.Object({ reason: line(500) }, closed)
export const ResolutionIn = Type.Object({ note: line(500) }, closed)

export const StateIn = Type.Object(
  {
    queue: Type.Integer({ minimum: 0, maximum: 100_000, description: 'Sales that are written and not handed in.' }),
    oldest_at: Type.Optional(Nullable(Timestamp)),
  },
  closed,
)
export const State = Type.Object(
  {
    object: Type.Literal('offline_state'),
    queue: Type.Integer(),
    oldest_at: Nullable(Timestamp),
    told_at: Timestamp,
  },
  { title: 'OfflineState' },
)
