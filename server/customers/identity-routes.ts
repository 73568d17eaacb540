// HTTP for what a customer is recognised by.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { closed, Id, line, Nullable, Timestamp } from '../http/schema.ts'
import { addIdentity, IDENTITY_TYPES, type IdentityDeps, identitiesOf, recognise, removeIdentity } from './identity.ts'
import { Customer } from './routes.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'customers:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'customers:write' } } as const
const TAGS = ['Customers']
const CustomerPath = Type.Object({ id: Id('cus') })

const IdentityKind = Type.Enum([...IDENTITY_TYPES])
const Identity = Type.Object(
  {
    id: Id('idl'),
    object: Type.Literal('identity'),
    customer_id: Id('cus'),
    type: IdentityKind,
    hint: Type.String({ description: 'Enough of the value to tell it from others. The value itself is not kept.' }),
    source: Type.String(),
    verified_at: Nullable(Timestamp),
    created_at: Timestamp,
  },
  { title: 'Identity' },
)

/** Registers the routes of identities. */
export function identityRoutes(app: App, deps: IdentityDeps): void {
  const IdentityIn = Type.Object(
    {
      type: IdentityKind,
      value: line(254),
      source: Type.Optional(line(60, 'Who says so: checkout, till, terminal, …')),
      is_verified: Type.Optional(
        Type.Boolean({ description: 'The person has proved it to you. Only verified values find anybody.' }),
      ),
    },
    closed,
  )
  app.post(
    '/v1/customers/:id/identities',
    {
      config: WRITE,
      schema: {
        operationId: 'addIdentity',
        summary: 'Tie an e-mail address, card or other value to a customer',
        tags: TAGS,
        params: CustomerPath,
        body: IdentityIn,
        response: { 200: Identity, 201: Identity },
      },
    },
    async (request, reply) => {
      const { type, value, source = 'api', is_verified = false } = request.body
      const input = { type, value, source, is_verified }
      const added = await addIdentity(deps, callerOf(request).merchantId, request.params.id, input)
      return reply.code(added.isNew ? 201 : 200).send(added.identity)
    },
  )
  app.get(
    '/v1/customers/:id/identities',
    {
      config: READ,
      schema: {
        operationId: 'listIdentities',
        summary: 'What a customer is recognised by',
        tags: TAGS,
        params: CustomerPath,
        response: { 200: Type.Object({ data: Type.Array(Identity) }) },
      },
    },
    async (request) => ({ data: await identitiesOf(deps, callerOf(request).merchantId, request.params.id) }),
  )
  app.delete(
    '/v1/customers/:id/identities/:identity_id',
    {
      config: WRITE,
      schema: {
        operationId: 'removeIdentity',
        summary: 'End a link',
        tags: TAGS,
        params: Type.Object({ id: Id('cus'), identity_id: Id('idl') }),
        response: { 204: Type.Null({ description: 'Ended.' }) },
      },
    },
    async (request, reply) => {
      const { id, identity_id } = request.params
      await removeIdentity(deps, callerOf(request).merchantId, { customerId: id, identityId: identity_id })
      return reply.code(204).send(null)
    },
  )
  app.post(
    '/v1/customers/recognise',
    {
      config: READ,
      schema: {
        operationId: 'recogniseCustomer',
        summary: 'Find the customer behind a verified value, for example a card that was tapped',
        description: 'null when nobody is known by it, or when a card’s holder has not agreed to be recognised.',
        tags: TAGS,
        body: Type.Object({ type: IdentityKind, value: line(254) }, closed),
        response: { 200: Type.Object({ customer: Nullable(Customer) }) },
      },
    },
    async (request) => ({ customer: await recognise(deps, callerOf(request).merchantId, request.body) }),
  )
}
