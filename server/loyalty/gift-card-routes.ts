// HTTP for gift cards. Codes come in and go out in bodies only; the stored reply of a command is kept without the code.

import Type from 'typebox'
import { type App, callerOf } from '../http/app.ts'
import { type Idempotency, idempotencyOf } from '../http/idempotency.ts'
import { PageOf, PageQuery, page } from '../http/page.ts'
import { Id } from '../http/schema.ts'
import { Problem } from '../lib/problem.ts'
import { once } from '../payments/index.ts'
import type { LoyaltyDeps } from './deps.ts'
import { findGiftCard } from './find.ts'
import {
  blockGiftCard,
  type GiftCardView,
  giftCardView,
  issueGiftCard,
  loadGiftCard,
  revealGiftCard,
  transferGiftCard,
} from './gift-card.ts'
import {
  Balance,
  BalanceAsk,
  Entry,
  GiftCard,
  IssuedGiftCard,
  Load,
  NewGiftCard,
  NewProgramme,
  Programme,
  ProgrammeCode,
  Transfer,
} from './gift-card-schema.ts'
import {
  type GiftCardRow,
  listGiftCards,
  listProgrammes,
  type ProgrammeRow,
  readGiftCard,
  readProgramme,
  writeProgramme,
} from './gift-card-store.ts'
import { type EntryRow, listEntries } from './store.ts'

const READ = { access: { keys: ['secret', 'restricted'], scope: 'gift_cards:read' } } as const
const WRITE = { access: { keys: ['secret', 'restricted'], scope: 'gift_cards:write' } } as const
const MOVES = { ...WRITE, idempotent: true } as const
const TAGS = ['Gift cards']
const CardPath = Type.Object({ id: Id('gft') })

export function giftCardRoutes(app: App, deps: LoyaltyDeps): void {
  /** Runs a command once and answers its card, with the code where the command made one. */
  async function command(
    merchantId: string,
    idempotency: Idempotency,
    id: string,
    work: () => Promise<GiftCardRow>,
  ): Promise<GiftCardView> {
    const reply = await once(deps, merchantId, idempotency, id, async () => ({
      status: 201,
      body: JSON.stringify(giftCardView(await work(), deps.clock.now())),
    }))
    return JSON.parse(reply.body) as GiftCardView
  }

  app.post(
    '/v1/gift_cards',
    {
      config: MOVES,
      schema: {
        operationId: 'issueGiftCard',
        summary: 'Issue a gift card that nobody bought, or a blank one',
        description: 'A card that is sold is a line of an order. The code is in this answer and nowhere else.',
        tags: TAGS,
        body: NewGiftCard,
        response: { 201: IssuedGiftCard },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const idempotency = idempotencyOf(request)
      const card = await command(merchantId, idempotency, 'gift card', () =>
        issueGiftCard(deps, merchantId, idempotency.key, request.body),
      )
      return reply.code(201).send({ ...card, ...(await revealGiftCard(deps, merchantId, card)) })
    },
  )
  app.get(
    '/v1/gift_cards',
    {
      config: READ,
      schema: {
        operationId: 'listGiftCards',
        summary: 'List the gift cards, newest first',
        tags: TAGS,
        querystring: PageQuery,
        response: { 200: PageOf(GiftCard) },
      },
    },
    async (request) => {
      const now = deps.clock.now()
      const cards = await listGiftCards(deps.db, callerOf(request).merchantId, request.query)
      return page(
        cards.map((card) => giftCardView(card, now)),
        request.query.limit,
        (card) => card.id,
      )
    },
  )
  app.get(
    '/v1/gift_cards/:id',
    {
      config: READ,
      schema: {
        operationId: 'getGiftCard',
        summary: 'Read a gift card',
        tags: TAGS,
        params: CardPath,
        response: { 200: GiftCard },
      },
    },
    async (request, reply) => {
      const card = await readGiftCard(deps.db, callerOf(request).merchantId, request.params.id)
      if (!card) throw new Problem('not-found')
      return reply.header('etag', `"${card.version}"`).send(giftCardView(card, deps.clock.now()))
    },
  )
  app.get(
    '/v1/gift_cards/:id/entries',
    {
      config: READ,
      schema: {
        operationId: 'listGiftCardEntries',
        summary: 'What a gift card’s balance is made of, newest first',
        tags: TAGS,
        params: CardPath,
        querystring: PageQuery,
        response: { 200: PageOf(Entry) },
      },
    },
    async (request) => {
      const { merchantId } = callerOf(request)
      if (!(await readGiftCard(deps.db, merchantId, request.params.id))) throw new Problem('not-found')
      const entries = await listEntries(deps.db, merchantId, { accountId: request.params.id, ...request.query })
      return page(entries.map(entryView), request.query.limit, (entry) => entry.id)
    },
  )
  app.post(
    '/v1/gift_cards/:id/load',
    {
      config: MOVES,
      schema: {
        operationId: 'loadGiftCard',
        summary: 'Load a gift card that nobody paid for',
        tags: TAGS,
        params: CardPath,
        body: Load,
        response: { 201: GiftCard },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const idempotency = idempotencyOf(request)
      const { id } = request.params
      const input = { id, ...request.body }
      return reply
        .code(201)
        .send(await command(merchantId, idempotency, id, () => loadGiftCard(deps, merchantId, idempotency.key, input)))
    },
  )
  app.post(
    '/v1/gift_cards/:id/transfer',
    {
      config: MOVES,
      schema: {
        operationId: 'transferGiftCard',
        summary: 'Move the balance to another card, or to a new one, and block the old',
        tags: TAGS,
        params: CardPath,
        body: Transfer,
        response: { 201: IssuedGiftCard },
      },
    },
    async (request, reply) => {
      const { merchantId } = callerOf(request)
      const idempotency = idempotencyOf(request)
      const { id } = request.params
      const card = await command(merchantId, idempotency, id, () =>
        transferGiftCard(deps, merchantId, idempotency.key, { id, ...request.body }),
      )
      const isNew = request.body.to === undefined
      const shown = isNew ? await revealGiftCard(deps, merchantId, card) : { code: null, pin: null }
      return reply.code(201).send({ ...card, ...shown })
    },
  )
  for (const isBlocked of [true, false]) {
    app.post(
      `/v1/gift_cards/:id/${isBlocked ? 'block' : 'unblock'}`,
      {
        config: WRITE,
        schema: {
          operationId: isBlocked ? 'blockGiftCard' : 'unblockGiftCard',
          summary: isBlocked ? 'Block a gift card; its balance stays' : 'Open a blocked gift card again',
          tags: TAGS,
          params: CardPath,
          response: { 200: GiftCard },
        },
      },
      async (request) => {
        const { id } = request.params as { id: string }
        const card = await blockGiftCard(deps, callerOf(request).merchantId, { id, isBlocked })
        return giftCardView(card, deps.clock.now())
      },
    )
  }
  app.post(
    '/v1/gift_cards/balance',
    {
      config: READ,
      schema: {
        operationId: 'getGiftCardBalance',
        summary: 'What is on a gift card, by its code',
        description: 'Limited per key and per merchant; wrong codes and PINs more so.',
        tags: TAGS,
        body: BalanceAsk,
        response: { 200: Balance },
      },
    },
    async (request) => {
      const { merchantId, keyId } = callerOf(request)
      deps.limits.checks.check(merchantId, keyId)
      deps.limits.checks.count(merchantId, keyId)
      const ask = { ...request.body, callerId: keyId, isPinNeeded: true, pointer: '/code' }
      const { id, last4, currency, balance, held, expires_at } = await findGiftCard(deps, merchantId, ask)
      return {
        id,
        object: 'gift_card_balance' as const,
        last4,
        currency,
        balance: Number(balance),
        available: Number(balance - held),
        expires_at: expires_at?.toISOString() ?? null,
      }
    },
  )
  programmeRoutes(app, deps)
}

function programmeRoutes(app: App, deps: LoyaltyDeps): void {
  const ProgrammePath = Type.Object({ programme: ProgrammeCode })
  app.put(
    '/v1/gift_card_programmes/:programme',
    {
      config: WRITE,
      schema: {
        operationId: 'setGiftCardProgramme',
        summary: 'Make or change a gift card programme',
        description: 'Cards that were issued keep the terms they were issued with.',
        tags: TAGS,
        params: ProgrammePath,
        body: NewProgramme,
        response: { 200: Programme },
      },
    },
    async (request) => {
      const {
        name,
        voucher,
        tax_category = null,
        tax_rate_bp = null,
        months_valid = null,
        has_pin = false,
        skus = [],
      } = request.body
      if (voucher === 'single_purpose' && (tax_category === null || tax_rate_bp === null)) {
        const pointer = tax_category === null ? '/tax_category' : '/tax_rate_bp'
        throw new Problem('validation-error', {
          errors: [{ pointer, detail: 'is needed where tax is due when the card is issued' }],
        })
      }
      const terms = { name, voucher, tax_category, tax_rate_bp, months_valid, has_pin, skus }
      const row = { code: request.params.programme, ...terms, updated_at: deps.clock.now() }
      return programmeView(await writeProgramme(deps.db, callerOf(request).merchantId, row))
    },
  )
  app.get(
    '/v1/gift_card_programmes',
    {
      config: READ,
      schema: {
        operationId: 'listGiftCardProgrammes',
        summary: 'List the gift card programmes',
        tags: TAGS,
        response: { 200: Type.Object({ data: Type.Array(Programme) }) },
      },
    },
    async (request) => ({ data: (await listProgrammes(deps.db, callerOf(request).merchantId)).map(programmeView) }),
  )
  app.get(
    '/v1/gift_card_programmes/:programme',
    {
      config: READ,
      schema: {
        operationId: 'getGiftCardProgramme',
        summary: 'Read a gift card programme',
        tags: TAGS,
        params: ProgrammePath,
        response: { 200: Programme },
      },
    },
    async (request) => {
      const row = await readProgramme(deps.db, callerOf(request).merchantId, request.params.programme)
      if (!row) throw new Problem('not-found')
      return programmeView(row)
    },
  )
}

function programmeView(row: ProgrammeRow) {
  return { object: 'gift_card_programme' as const, ...row, updated_at: row.updated_at.toISOString() }
}

/** An entry as the API shows it. */
export function entryView(row: EntryRow) {
  const { unit_key: _, units, pending, balance_after, amount, at, ...rest } = row
  return {
    object: 'stored_value_entry' as const,
    ...rest,
    units: Number(units),
    pending: Number(pending),
    balance_after: Number(balance_after),
    amount: Number(amount),
    at: at.toISOString(),
  }
}
