import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CATALOGUE } from './catalogue.ts'
import {
  availableMethods,
  CHANNELS,
  effectiveMethods,
  flowIn,
  type MethodChoice,
  needOf,
  type Purchase,
} from './method.ts'

const everything = CATALOGUE.map((method) => method.code)
const methodsOf = (connector: string): readonly string[] =>
  connector === 'psp'
    ? everything.filter((code) => code !== 'cash' && code !== 'gift_card')
    : connector === 'cash'
      ? ['cash']
      : []

const merchant: MethodChoice = {
  country: 'NL',
  channels: new Set(CHANNELS),
  methods: effectiveMethods([]),
  accounts: [
    { connector: 'psp', methods: [], isEnabled: true },
    { connector: 'cash', methods: [], isEnabled: true },
  ],
}

const purchase: Purchase = { amount: 10_00n, currency: 'EUR', channel: 'web', country: 'NL' }
const codes = (changes: Partial<Purchase>, of: MethodChoice = merchant) =>
  availableMethods(of, methodsOf, { ...purchase, ...changes }).map((method) => method.code)

describe('the catalogue', () => {
  it('has at least 45 methods, each code once', () => {
    assert.ok(CATALOGUE.length >= 45, `${CATALOGUE.length} methods`)
    assert.equal(new Set(everything).size, CATALOGUE.length)
  })

  it('promises no partial capture, several captures or partial refund without the whole of it', () => {
    for (const { code, can } of CATALOGUE) {
      assert.ok(can.authorize || !(can.partial_capture || can.multi_capture), code)
      assert.ok(can.refund || !can.partial_refund, code)
      assert.ok(can.refund || can.refund_window_days === null, code)
    }
  })

  it('ranks a method first only where it can be used', () => {
    for (const { code, countries, home_countries } of CATALOGUE) {
      for (const country of home_countries) assert.ok(countries.includes(country), `${code} in ${country}`)
    }
  })

  it('gives iDEAL as a sale only and a card as several captures', () => {
    assert.equal(merchant.methods.get('ideal')?.can.authorize, false)
    assert.equal(merchant.methods.get('card')?.can.multi_capture, true)
    assert.equal(merchant.methods.get('klarna_pay_later')?.can.multi_capture, true)
  })
})

describe('the methods of a purchase', () => {
  const table: [says: string, changes: Partial<Purchase>, has: string, hasNot: string][] = [
    ['a Dutch web purchase in euro', {}, 'ideal card klarna_pay_later', 'swish blik bancontact cash'],
    ['a Swedish one in kronor', { country: 'SE', currency: 'SEK' }, 'swish card klarna_pay_later', 'ideal blik'],
    ['a Swede who pays in euro', { country: 'SE' }, 'card klarna_pay_later', 'swish ideal'],
    ['a Polish one in zloty', { country: 'PL', currency: 'PLN' }, 'blik przelewy24 card', 'ideal swish'],
    ['a Polish one in euro', { country: 'PL' }, 'przelewy24 card', 'blik'],
    ['a Belgian one', { country: 'BE' }, 'bancontact card', 'ideal'],
    ['the counter', { channel: 'pos' }, 'cash card apple_pay ideal', 'klarna_pay_later paypal sepa_debit'],
    ['the phone', { channel: 'phone' }, 'card', 'ideal cash apple_pay'],
    ['a subscription', { channel: 'subscription' }, 'card sepa_debit paypal', 'ideal cash'],
    ['a connected device', { channel: 'iot' }, 'iot_token card', 'ideal cash'],
    ['in3 at its smallest', { amount: 50_00n }, 'in3', ''],
    ['in3 one cent below', { amount: 49_99n }, '', 'in3'],
    ['in3 at its largest', { amount: 5_000_00n }, 'in3', ''],
    ['in3 one cent above', { amount: 5_000_01n }, '', 'in3'],
    ['nobody says where', { country: undefined }, 'ideal bancontact card', 'swish'],
    ['a method without account', {}, '', 'gift_card'],
  ]
  for (const [says, changes, has, hasNot] of table) {
    it(`${says}: ${has || 'no method'} and not ${hasNot || 'anything else of note'}`, () => {
      const found = codes(changes)
      for (const code of has.split(' ').filter(Boolean)) assert.ok(found.includes(code), `${code} is missing`)
      for (const code of hasNot.split(' ').filter(Boolean)) assert.ok(!found.includes(code), `${code} is there`)
    })
  }

  it('ranks what the country expects before what works everywhere', () => {
    assert.equal(codes({})[0], 'ideal')
    assert.equal(codes({ country: 'SE', currency: 'SEK' })[0], 'swish')
    assert.ok(codes({ country: 'FR' }).indexOf('cartes_bancaires') < codes({ country: 'FR' }).indexOf('card'))
  })

  it('ranks what the customer has used before that', () => {
    assert.deepEqual(codes({ familiar: ['paypal', 'card'] }).slice(0, 3), ['paypal', 'card', 'ideal'])
  })

  it('is empty in a channel that is switched off', () => {
    assert.deepEqual(codes({}, { ...merchant, channels: new Set(['pos']) }), [])
  })

  it('leaves out what only a disabled account carries', () => {
    const accounts = merchant.accounts.map((account) => ({ ...account, isEnabled: account.connector === 'cash' }))
    assert.deepEqual(codes({ channel: 'pos' }, { ...merchant, accounts }), ['cash'])
  })

  it('leaves out what an account has been narrowed away from', () => {
    const accounts = [{ connector: 'psp', methods: ['card'], isEnabled: true }]
    assert.deepEqual(codes({}, { ...merchant, accounts }), ['card'])
  })
})

describe("a merchant's own word", () => {
  it('switches a method off', () => {
    const methods = effectiveMethods([{ code: 'ideal', is_enabled: false, override: {} }])
    assert.ok(!methods.has('ideal'))
  })

  it('changes single fields and keeps the others', () => {
    const override = { can: { refund_window_days: 30 }, limits: { EUR: { max: 500_00 } } }
    const card = effectiveMethods([{ code: 'card', is_enabled: true, override }]).get('card')
    assert.equal(card?.can.refund_window_days, 30)
    assert.equal(card?.can.multi_capture, true)
    assert.deepEqual(card?.limits, { EUR: { max: 50_000n } })
  })

  it('adds a method that promises nothing it was not told', () => {
    const override = { name: 'Tikkie', kind: 'bank', flow: 'redirect' } as const
    const tikkie = effectiveMethods([{ code: 'tikkie', is_enabled: true, override }]).get('tikkie')
    assert.equal(tikkie?.name, 'Tikkie')
    assert.equal(tikkie?.can.refund, false)
  })

  it('cannot add one that nobody described', () => {
    assert.ok(!effectiveMethods([{ code: 'tikkie', is_enabled: true, override: {} }]).has('tikkie'))
  })
})

describe('what a tender needs', () => {
  const needs: [code: string, channel: 'web' | 'pos', need: string | undefined][] = [
    ['card', 'web', 'token'],
    ['card', 'pos', 'terminal_id'],
    ['apple_pay', 'web', 'token'],
    ['apple_pay', 'pos', 'terminal_id'],
    ['paypal', 'web', undefined],
    ['ideal', 'web', undefined],
    ['sepa_debit', 'web', 'bank_account'],
    ['vvv_gift_card', 'web', 'voucher'],
    ['cash', 'pos', 'cash'],
    ['gift_card', 'web', 'gift_card'],
    ['store_credit', 'web', 'customer'],
  ]
  for (const [code, channel, need] of needs) {
    it(`${code} in ${channel}: ${need ?? 'nothing'}`, () => {
      const method = merchant.methods.get(code)
      assert.ok(method)
      assert.equal(needOf(method, flowIn(method, channel)), need)
    })
  }

  it('is known of every method that is charged at once', () => {
    for (const method of merchant.methods.values())
      if (method.flow === 'direct') assert.ok(needOf(method, 'direct'), method.code)
  })
})

describe('the flow of a card', () => {
  it('is direct on the web and by terminal at the counter', () => {
    const card = merchant.methods.get('card')
    assert.ok(card)
    assert.equal(flowIn(card, 'web'), 'direct')
    assert.equal(flowIn(card, 'pos'), 'terminal')
  })
})
