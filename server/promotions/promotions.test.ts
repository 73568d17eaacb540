import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Answer, type MerchantApp, merchantApp } from '../../test/merchant-app.ts'
import { createAuthenticator } from '../access/index.ts'
import { hasCustomer } from '../customers/index.ts'
import { type App, createApp } from '../http/app.ts'
import { silentLog } from '../lib/log.ts'
import type { NewMerchantKeys } from '../merchants/index.ts'
import { activePromotions, createPromotionCache, type PromotionDeps, routes } from './index.ts'

let world: MerchantApp
let app: App
let deps: PromotionDeps
let mine: NewMerchantKeys
let theirs: NewMerchantKeys

before(async () => {
  world = await merchantApp()
  const { db, newId } = world.deps
  const { clock } = world
  deps = {
    db,
    clock,
    newId,
    promotionCache: createPromotionCache({ db, clock }),
    merchantCache: world.cache,
    hasCustomer: (merchantId, id) => hasCustomer(db, merchantId, id),
  }
  app = await createApp({
    authenticate: createAuthenticator({ db, clock, log: silentLog }).authenticate,
    log: silentLog,
    clock,
    newId,
    isReady: async () => ({ ok: true, checks: {} }),
    isDraining: () => false,
  })
  routes(app, deps)
  await app.ready()
  mine = await world.makeMerchant()
  theirs = await world.makeMerchant()
})
after(async () => {
  await app.close()
  await world.close()
})

type Options = { key?: string; ifMatch?: string }

async function call(
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  body?: unknown,
  options: Options = {},
): Promise<Answer> {
  const answer = await app.inject({
    method,
    url,
    headers: {
      host: '127.0.0.1',
      authorization: `Bearer ${options.key ?? mine.secret_key}`,
      ...(options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  })
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, body: JSON.parse(answer.body) }
}

const HALF = { kind: 'percent_off', percent_bp: 5000, applies_to: 'lines' }
const VARIANT = 'var_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'
const PRODUCT = 'prd_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'
/** 20.00 for two of one article. */
const BASKET = {
  currency: 'EUR',
  channel: 'web',
  lines: [{ variant_id: VARIANT, product_id: PRODUCT, quantity: 2, unit_price: '10.00' }],
}

async function make(body: Record<string, unknown>, options: Options = {}): Promise<string> {
  // Ids sort by time, and ties of priority go by id.
  world.clock.advance(1)
  const made = await call('POST', '/v1/promotions', { name: 'Half', rule: HALF, ...body }, options)
  assert.equal(made.status, 201, made.text)
  return String(made.body['id'])
}

/** A merchant of its own, so that what other tests offer is not in the way. */
async function alone(): Promise<Required<Pick<Options, 'key'>> & { merchantId: string }> {
  const { secret_key, merchant_id } = await world.makeMerchant()
  return { key: secret_key, merchantId: merchant_id }
}

describe('a promotion', () => {
  it('is offered, read and listed', async () => {
    const shop = await alone()
    const made = await call('POST', '/v1/promotions', { name: 'Half', rule: HALF }, shop)
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(
      [
        made.body['priority'],
        made.body['stacks_with'],
        made.body['is_active'],
        made.body['uses'],
        made.body['version'],
      ],
      [100, 'all', true, 0, 1],
    )
    const read = await call('GET', `/v1/promotions/${String(made.body['id'])}`, undefined, shop)
    assert.deepEqual(read.body, made.body)
    assert.equal(read.headers['etag'], '"1"')
    assert.deepEqual((await call('GET', '/v1/promotions', undefined, shop)).body.data, [made.body])
  })

  it('is listed page by page', async () => {
    const shop = await alone()
    const ids: string[] = []
    for (let n = 0; n < 3; n++) ids.push(await make({}, shop))
    const first = await call('GET', '/v1/promotions?limit=2', undefined, shop)
    const second = await call(
      'GET',
      `/v1/promotions?limit=2&cursor=${String(first.body['next_cursor'])}`,
      undefined,
      shop,
    )
    assert.deepEqual(
      [...first.body.data, ...second.body.data].map((each) => each['id']),
      ids,
    )
    assert.equal(second.body['next_cursor'], null)
  })

  it('is another merchant’s alone', async () => {
    const id = await make({ needs_code: true })
    const options = { key: theirs.secret_key }
    assert.equal((await call('GET', `/v1/promotions/${id}`, undefined, options)).status, 404)
    assert.equal((await call('PATCH', `/v1/promotions/${id}`, { name: 'Mine' }, options)).status, 404)
    assert.equal(
      (await call('POST', `/v1/promotions/${id}/codes`, { codes: ['THEIRS'], max_uses: 1 }, options)).status,
      404,
    )
    assert.equal((await call('GET', `/v1/promotions/${id}/codes`, undefined, options)).status, 404)
  })

  it('is changed only as the version that was seen', async () => {
    const id = await make({})
    const changed = await call('PATCH', `/v1/promotions/${id}`, { name: 'Sale' }, { ifMatch: '"1"' })
    assert.deepEqual([changed.status, changed.body['name'], changed.body['version']], [200, 'Sale', 2])
    const late = await call('PATCH', `/v1/promotions/${id}`, { name: 'Late' }, { ifMatch: '"1"' })
    assert.deepEqual([late.status, late.body['code']], [412, 'version-conflict'])
  })

  it('tells every change as an event of its version, and nothing when nothing changed', async () => {
    const shop = await alone()
    const id = await make({ starts_at: '2026-01-01T00:00:00Z', max_uses: 5 }, shop)
    const patch = { is_active: false, rule: { percent_bp: 5000, applies_to: 'lines', kind: 'percent_off' } }
    await call('PATCH', `/v1/promotions/${id}`, patch, shop)
    await call('PATCH', `/v1/promotions/${id}`, { ...patch, starts_at: '2026-01-01T01:00:00+01:00', max_uses: 5 }, shop)
    const { rows } = await deps.db.query(
      'select type, object_type, object_version from event where merchant_id = $1 and object_id = $2 order by seq',
      [shop.merchantId, id],
    )
    assert.deepEqual(rows, [
      { type: 'promotion.created', object_type: 'promotion', object_version: 1 },
      { type: 'promotion.updated', object_type: 'promotion', object_version: 2 },
    ])
  })

  const refused: [string, Record<string, unknown>, string][] = [
    ['with amounts and no currency', { rule: { kind: 'amount_off', amount: 500, per: 'order' } }, '/currency'],
    ['with a subtotal and no currency', { conditions: { min_subtotal: 5000 } }, '/currency'],
    ['that ends before it starts', { starts_at: '2026-02-01T00:00:00Z', ends_at: '2026-01-01T00:00:00Z' }, '/ends_at'],
    ['that takes three and pays three', { rule: { kind: 'x_for_y', take: 3, pay: 3 } }, '/rule/pay'],
    [
      'with two tiers from one value',
      {
        rule: {
          kind: 'tiers',
          basis: 'quantity',
          tiers: [
            { from: 1, percent_bp: 1 },
            { from: 1, percent_bp: 2 },
          ],
        },
      },
      '/rule/tiers/1/from',
    ],
    [
      'with a tier of an amount and a percentage',
      { currency: 'EUR', rule: { kind: 'tiers', basis: 'quantity', tiers: [{ from: 1, percent_bp: 1, amount: 1 }] } },
      '/rule/tiers/0',
    ],
    ['of more than everything', { rule: { ...HALF, percent_bp: 10_001 } }, '/rule/percent_bp'],
    ['of a kind that does not exist', { rule: { kind: 'luck' } }, '/rule/kind'],
    ['without what its kind needs', { rule: { kind: 'percent_off', percent_bp: 1 } }, '/rule/applies_to'],
    ['with what belongs to another kind', { rule: { ...HALF, take: 3 } }, '/rule/take'],
    ['with fields nobody knows', { rule: { ...HALF, gift: true } }, '/rule/gift'],
    [
      'for a store of somebody else',
      { conditions: { store_ids: ['sto_01KAMR4Z8Q5T6Y7V8J9Z0P1A2S'] } },
      '/conditions/store_ids/0',
    ],
  ]
  for (const [what, body, pointer] of refused) {
    it(`${what} is refused`, async () => {
      const answer = await call('POST', '/v1/promotions', { name: 'Odd', rule: HALF, ...body })
      assert.equal(answer.status, 422, answer.text)
      assert.ok(answer.text.includes(pointer), answer.text)
    })
  }

  it('cannot be limited to less than it was used', async () => {
    const id = await make({ max_uses: 5 })
    await deps.db.query('update promotion set uses = 3 where merchant_id = $1 and id = $2', [mine.merchant_id, id])
    const answer = await call('PATCH', `/v1/promotions/${id}`, { max_uses: 2 })
    assert.deepEqual([answer.status, answer.body['code']], [422, 'validation-error'])
    assert.equal((await call('PATCH', `/v1/promotions/${id}`, { max_uses: 3 })).status, 200)
  })
})

describe('codes', () => {
  it('are taken as they are, once per merchant, whatever their capitals', async () => {
    const id = await make({ needs_code: true })
    const made = await call('POST', `/v1/promotions/${id}/codes`, { codes: ['Summer-20'], max_uses: null })
    assert.equal(made.status, 201, made.text)
    assert.deepEqual(
      made.body.data.map(({ code, max_uses, uses }) => [code, max_uses, uses]),
      [['SUMMER-20', null, 0]],
    )
    const other = await make({ needs_code: true })
    const taken = await call('POST', `/v1/promotions/${other}/codes`, { codes: ['NEW-ONE', 'summer-20'], max_uses: 1 })
    assert.deepEqual([taken.status, taken.body['code']], [409, 'reference-taken'])
    assert.deepEqual(taken.body['errors'], [{ pointer: '/codes/1', detail: 'Is in use.' }])
    // All or none.
    assert.deepEqual((await call('GET', `/v1/promotions/${other}/codes`)).body.data, [])
    const twice = await call('POST', `/v1/promotions/${other}/codes`, { codes: ['Twice', 'TWICE'], max_uses: 1 })
    assert.deepEqual([twice.status, twice.body['code']], [422, 'validation-error'])
    const elsewhere = await make({ needs_code: true }, { key: theirs.secret_key })
    const own = await call(
      'POST',
      `/v1/promotions/${elsewhere}/codes`,
      { codes: ['summer-20'], max_uses: 1 },
      { key: theirs.secret_key },
    )
    assert.equal(own.status, 201)
  })

  it('are made in bulk, all different, and listed page by page', async () => {
    const id = await make({ needs_code: true })
    const made = await call('POST', `/v1/promotions/${id}/codes`, { count: 250, prefix: 'vip-', max_uses: 1 })
    assert.equal(made.status, 201, made.text)
    const codes = made.body.data.map((each) => String(each['code']))
    assert.equal(new Set(codes).size, 250)
    assert.ok(
      codes.every((code) => /^VIP-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/.test(code)),
      codes[0],
    )
    const listed: unknown[] = []
    for (let cursor: unknown = ''; cursor !== null; ) {
      const url = `/v1/promotions/${id}/codes?limit=100${cursor ? `&cursor=${String(cursor)}` : ''}`
      const answer = await call('GET', url)
      listed.push(...answer.body.data.map((each) => each['code']))
      cursor = answer.body['next_cursor']
    }
    assert.deepEqual(listed, codes)
    const found = await call('GET', `/v1/promotions/${id}/codes?code=${String(codes[7]).toLowerCase()}`)
    assert.deepEqual(
      found.body.data.map((each) => each['code']),
      [codes[7]],
    )
    assert.equal((await call('GET', `/v1/promotions/${id}/codes?cursor=${id}`)).status, 422)
  })

  it('are not for a promotion that needs none', async () => {
    const id = await make({ is_active: false })
    const answer = await call('POST', `/v1/promotions/${id}/codes`, { codes: ['NEEDLESS'], max_uses: 1 })
    assert.deepEqual([answer.status, answer.body['code']], [422, 'validation-error'])
  })
})

describe('a preview', () => {
  it('shows what a basket gets, and why it does not get the rest', async () => {
    const shop = await alone()
    const half = await make({ name: 'Half', priority: 1 }, shop)
    const fiver = await make(
      { name: 'Fiver', currency: 'EUR', needs_code: true, rule: { kind: 'amount_off', amount: 500, per: 'order' } },
      shop,
    )
    const big = await make({ name: 'Big', currency: 'EUR', conditions: { min_subtotal: 5000 } }, shop)
    await call('POST', `/v1/promotions/${fiver}/codes`, { codes: ['FIVER'], max_uses: null }, shop)
    const answer = await call('POST', '/v1/promotions/preview', { ...BASKET, codes: ['fiver', 'nonsense'] }, shop)
    assert.equal(answer.status, 200, answer.text)
    // 2 × 10.00: half is 10.00, and five off the rest.
    assert.deepEqual(answer.body, {
      object: 'promotion_preview',
      currency: 'EUR',
      list: 2000,
      discount: 1500,
      lines: [
        {
          list: 2000,
          discount: 1500,
          adjustments: [
            { promotion_id: half, label: 'Half', amount: 1000 },
            { promotion_id: fiver, label: 'Fiver', amount: 500 },
          ],
        },
      ],
      used: [
        { promotion_id: half, code: null, amount: 1000 },
        { promotion_id: fiver, code: 'FIVER', amount: 500 },
      ],
      refused: [
        { promotion_id: null, code: 'NONSENSE', reason: 'code_unknown' },
        { promotion_id: big, code: null, reason: 'below_min_subtotal' },
      ],
    })
  })

  it('of every kind of promotion comes to what the rule says', async () => {
    const amounts: [Record<string, unknown>, number][] = [
      [{ kind: 'percent_off', percent_bp: 1000, applies_to: 'order' }, 200],
      [{ kind: 'amount_off', amount: 150, per: 'unit' }, 300],
      [{ kind: 'x_for_y', take: 2, pay: 1 }, 1000],
      [{ kind: 'bundle_price', quantity: 2, price: 1500 }, 500],
      [
        {
          kind: 'tiers',
          basis: 'spend',
          tiers: [
            { from: 1000, percent_bp: 500 },
            { from: 2000, amount: 333 },
          ],
        },
        333,
      ],
      [{ kind: 'free_shipping', max_amount: 400 }, 400],
      [{ kind: 'free_shipping', max_amount: null }, 495],
    ]
    const shipping = { ...BASKET.lines[0], quantity: 1, unit_price: '4.95', kind: 'shipping' }
    for (const [rule, discount] of amounts) {
      const shop = await alone()
      await make({ rule, currency: 'EUR' }, shop)
      const answer = await call(
        'POST',
        '/v1/promotions/preview',
        { ...BASKET, lines: [...BASKET.lines, shipping] },
        shop,
      )
      assert.equal(answer.body['discount'], discount, JSON.stringify(rule))
    }
  })

  it('takes prices as the catalogue does: in major units, with up to four more decimals than the currency has', async () => {
    const asked = (unit_price: unknown, currency = 'EUR') =>
      call('POST', '/v1/promotions/preview', {
        ...BASKET,
        currency,
        lines: [{ ...BASKET.lines[0], quantity: 10_000, unit_price }],
      })
    // 10,000 × 0.012345 = 123.45
    assert.equal((await asked('0.012345')).body['list'], 12_345)
    const finer = await asked('0.0123456')
    assert.deepEqual([finer.status, finer.body['code']], [422, 'currency-precision'])
    assert.deepEqual(
      (finer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer),
      ['/lines/0/unit_price'],
    )
    for (const wrong of [10_000_000, '1e3', '-1', '01', '1,00', '']) {
      const refused = await asked(wrong)
      assert.deepEqual([refused.status, refused.body['code']], [422, 'validation-error'], JSON.stringify(wrong))
    }
  })

  it('of more than the largest amount is refused', async () => {
    const line = { ...BASKET.lines[0], quantity: 1_000_000_000, unit_price: '9000000000' }
    const answer = await call('POST', '/v1/promotions/preview', { ...BASKET, lines: [line] })
    assert.deepEqual([answer.status, answer.body['code']], [422, 'amount-out-of-range'])
  })
})

describe('what is on offer', () => {
  const offered = async (merchantId: string, codes: string[] = []) =>
    (await activePromotions(deps, merchantId, { at: deps.clock.now(), codes })).map(({ id, is_exhausted }) => [
      id,
      is_exhausted,
    ])

  it('follows a change at once here, and within a second elsewhere', async () => {
    const shop = await alone()
    const id = await make({}, shop)
    const elsewhere = { ...deps, promotionCache: createPromotionCache(deps) }
    const seenThere = async () =>
      (await activePromotions(elsewhere, shop.merchantId, { at: deps.clock.now(), codes: [] })).length
    assert.deepEqual([await offered(shop.merchantId), await seenThere()], [[[id, false]], 1])
    await call('PATCH', `/v1/promotions/${id}`, { is_active: false }, shop)
    assert.deepEqual([await offered(shop.merchantId), await seenThere()], [[], 1])
    world.clock.advance(1000)
    assert.equal(await seenThere(), 0)
  })

  it('is what needs no code, and what the codes open; what is used up is marked', async () => {
    const shop = await alone()
    const open = await make({ priority: 1 }, shop)
    const closed = await make({ needs_code: true }, shop)
    const spent = await make({ needs_code: true, max_uses: 1 }, shop)
    await call('POST', `/v1/promotions/${closed}/codes`, { codes: ['ONE', 'TWO'], max_uses: 1 }, shop)
    await call('POST', `/v1/promotions/${spent}/codes`, { codes: ['GONE'], max_uses: null }, shop)
    await deps.db.query('update promotion set uses = 1 where merchant_id = $1 and id = $2', [shop.merchantId, spent])
    await deps.db.query(`update promotion_code set uses = 1 where merchant_id = $1 and code = 'ONE'`, [shop.merchantId])
    assert.deepEqual(await offered(shop.merchantId), [[open, false]])
    assert.deepEqual(await offered(shop.merchantId, ['one']), [
      [open, false],
      [closed, true],
    ])
    assert.deepEqual(await offered(shop.merchantId, ['one', 'two', 'gone']), [
      [open, false],
      [closed, false],
      [spent, true],
    ])
  })
})
