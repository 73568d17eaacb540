// The shapes of events, endpoints and deliveries in the API.

import Type from 'typebox'
import { Id, Nullable, Timestamp } from '../http/schema.ts'
import { EVENT_TYPE_PATTERN } from './event.ts'

export const EventType = Type.String({
  pattern: EVENT_TYPE_PATTERN,
  maxLength: 100,
  examples: ['payment.captured', 'payment.*'],
  description: 'A type, or a family of types such as `payment.*`.',
})

export const EventSchema = Type.Object(
  {
    id: Id('evt'),
    object: Type.Literal('event'),
    sequence: Type.Integer({ description: 'Position in your event log: 1, 2, 3, … without gaps.' }),
    type: Type.String({ examples: ['payment.captured'] }),
    object_type: Type.String({ examples: ['payment'] }),
    object_id: Type.String({ description: 'What changed.' }),
    object_version: Type.Integer({ description: 'Rises with each change of the object.' }),
    data: Type.Unknown({ description: 'The object as the change left it.' }),
    created_at: Timestamp,
  },
  { title: 'Event' },
)

const endpointProperties = {
  id: Id('whe'),
  object: Type.Literal('webhook_endpoint'),
  url: Type.String(),
  description: Nullable(Type.String()),
  event_types: Type.Array(Type.String(), { description: 'Empty for every event.' }),
  is_enabled: Type.Boolean(),
  disabled_reason: Nullable(
    Type.Enum(['merchant', 'failing'], { description: '`failing`: switched off after three days without a success.' }),
  ),
  previous_secret_until: Nullable(Timestamp),
  consecutive_failures: Type.Integer({ description: 'Failed attempts since the last success.' }),
  last_success_at: Nullable(Timestamp),
  version: Type.Integer(),
  created_at: Timestamp,
}

export const EndpointSchema = Type.Object(endpointProperties, { title: 'WebhookEndpoint' })

export const EndpointWithSecret = Type.Object(
  {
    ...endpointProperties,
    secret: Type.String({ description: 'Signing secret. Shown only in this answer.', examples: ['whsec_…'] }),
  },
  { title: 'WebhookEndpointWithSecret' },
)

const Url = Type.String({
  minLength: 1,
  maxLength: 2048,
  examples: ['https://shop.example/hooks'],
  description: 'https, port 443, on the public internet.',
})
const Description = Nullable(Type.String({ minLength: 1, maxLength: 200 }))
const EventTypes = Type.Array(EventType, { maxItems: 50, description: 'Types wanted; empty for every event.' })

export const EndpointNew = Type.Object(
  { url: Url, description: Type.Optional(Description), event_types: Type.Optional(EventTypes) },
  { additionalProperties: false },
)

export const EndpointPatch = Type.Object(
  {
    url: Type.Optional(Url),
    description: Type.Optional(Description),
    event_types: Type.Optional(EventTypes),
    is_enabled: Type.Optional(Type.Boolean({ description: 'Switching on sends everything missed since.' })),
  },
  { additionalProperties: false, minProperties: 1 },
)

export const SecretRoll = Type.Object(
  {
    overlap_hours: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 168,
        description: 'For so long the old secret signs too. 24 when left out.',
      }),
    ),
  },
  { additionalProperties: false },
)

export const DeliveryStateSchema = Type.Enum(['pending', 'delivered', 'failed'])

export const DeliverySchema = Type.Object(
  {
    id: Id('whd'),
    object: Type.Literal('webhook_delivery'),
    endpoint_id: Id('whe'),
    event_id: Id('evt'),
    event_type: Type.String(),
    event_sequence: Type.Integer(),
    object_id: Type.String(),
    state: DeliveryStateSchema,
    attempt: Type.Integer({ description: 'Attempts made; a redelivery counts anew.' }),
    next_attempt_at: Nullable(Timestamp),
    last_status: Nullable(Type.Integer()),
    last_error: Nullable(Type.String({ examples: ['timeout'] })),
    response_excerpt: Nullable(
      Type.String({
        description: 'First 1 KiB of the last answer, as the receiver sent it: escape it before showing it.',
      }),
    ),
    created_at: Timestamp,
    delivered_at: Nullable(Timestamp),
  },
  { title: 'WebhookDelivery' },
)
