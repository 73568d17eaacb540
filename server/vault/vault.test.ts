import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { inspect } from 'node:util'
import { openPool } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import { sealConfig, unsealConfig } from './config-seal.ts'
import { keyedHash } from './keyed-hash.ts'
import type { KeyRing } from './keys.ts'
import { resolveCard } from './resolve-card.ts'
import { createToken, getToken } from './tokens.ts'
import { cardNumber, type VaultFixture, vaultFixture } from './vault.fixture.ts'
import { openVault } from './vault.ts'

let fixture: VaultFixture
const card = (n: number, more: object = {}) => ({ number: cardNumber(n), exp_month: 12, exp_year: 2030, ...more })

before(async () => {
  fixture = await vaultFixture()
})
after(() => fixture.close())

async function resolved(tokenId: string, merchantId: string, deps = fixture.deps) {
  const found = await resolveCard(deps, merchantId, { token_id: tokenId })
  assert.ok(found)
  return found
}

test('the same card at one merchant has one fingerprint and one sealed row, at another merchant a different one', async () => {
  const { deps, merchants } = fixture
  const [ours, again, theirs] = [
    await createToken(deps, merchants[0], card(1)),
    await createToken(deps, merchants[0], card(1)),
    await createToken(deps, merchants[1], card(1)),
  ]
  assert.notEqual(ours.id, again.id)
  assert.equal(ours.card.fingerprint, again.card.fingerprint)
  assert.notEqual(ours.card.fingerprint, theirs.card.fingerprint)
  assert.match(ours.card.fingerprint, /^fp_[\w-]{24}$/)
  assert.equal((await resolved(ours.id, merchants[0])).card_id, (await resolved(again.id, merchants[0])).card_id)
  assert.equal(await resolveCard(deps, merchants[1], { token_id: ours.id }), null)
  assert.equal(await getToken(deps, merchants[1], ours.id), null)
})

test('a keyed hash is the same for the same text of one merchant and purpose, and for nothing else', async () => {
  const { deps, merchants } = fixture
  const hash = (merchant: string, purpose: string, text: string) => keyedHash(deps, merchant, { purpose, text })
  const ours = await hash(merchants[0], 'gift_card', 'ABCD')
  assert.equal(await hash(merchants[0], 'gift_card', 'ABCD'), ours)
  const others = [
    await hash(merchants[1], 'gift_card', 'ABCD'),
    await hash(merchants[0], 'email', 'ABCD'),
    await hash(merchants[0], 'gift_card', 'ABCE'),
  ]
  assert.equal(new Set([ours, ...others]).size, 4)
})

test('a renewed card keeps its fingerprint and gets a row of its own', async () => {
  const { deps, merchants } = fixture
  const old = await createToken(deps, merchants[0], card(2))
  const renewed = await createToken(deps, merchants[0], { ...card(2), exp_year: 2034 })
  assert.equal(old.card.fingerprint, renewed.card.fingerprint)
  assert.notEqual((await resolved(old.id, merchants[0])).card_id, (await resolved(renewed.id, merchants[0])).card_id)
})

test('the same new card tokenised 20 times at once is one sealed row, and every token opens', async () => {
  const { deps, merchants } = fixture
  const tokens = await Promise.all(Array.from({ length: 20 }, () => createToken(deps, merchants[0], card(3))))
  const cards = await Promise.all(tokens.map((token) => resolved(token.id, merchants[0])))
  assert.equal(new Set(cards.map((found) => found.card_id)).size, 1)
  for (const found of cards) assert.equal(found.open().number.reveal(), cardNumber(3))
})

test('a token opens to its card, with the holder, and with the CVC exactly once', async () => {
  const { deps, merchants } = fixture
  const token = await createToken(deps, merchants[0], card(4, { cvc: '737', holder: 'A. Émile' }))
  const found = await resolved(token.id, merchants[0])
  const first = found.open()
  assert.deepEqual([first.number.reveal(), first.cvc?.reveal(), first.holder], [cardNumber(4), '737', 'A. Émile'])
  assert.equal(found.open().cvc, undefined)
  assert.equal((await resolved(token.id, merchants[0])).open().cvc, undefined)
})

test('a CVC is forgotten after 15 minutes and is unknown to another process', async () => {
  const { deps, merchants, clock } = fixture
  const late = await createToken(deps, merchants[0], card(5, { cvc: '737' }))
  const other = await fixture.secondProcess()
  assert.equal((await resolved(late.id, merchants[0], other)).open().cvc, undefined)
  clock.advance(15 * 60_000)
  deps.vault.cvcs.sweep()
  assert.equal(deps.vault.cvcs.size, 0)
  assert.equal((await resolved(late.id, merchants[0])).open().cvc, undefined)
})

test('the newer holder name replaces the older, and none given leaves it', async () => {
  const { deps, merchants } = fixture
  await createToken(deps, merchants[0], card(6, { holder: 'Old Name' }))
  await createToken(deps, merchants[0], card(6, { holder: 'New Name' }))
  const token = await createToken(deps, merchants[0], card(6))
  assert.equal((await resolved(token.id, merchants[0])).open().holder, 'New Name')
})

test('50 uses of one token in parallel over two connections: exactly one wins', async () => {
  const { deps, merchants, url, clock } = fixture
  const token = await createToken(deps, merchants[0], card(7))
  const pools = [openPool(url, { max: 1 }), openPool(url, { max: 1 })]
  const refusals = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const pool = pools[i % 2] as (typeof pools)[0]
      const { rows } = await pool.query('select * from vault_use_tokens($1, $2, $3, $4)', [
        merchants[0],
        [token.id],
        [`opn_${i}`],
        clock.now(),
      ])
      return rows.length
    }),
  )
  for (const pool of pools) await pool.end()
  assert.equal(refusals.filter((refused) => refused === 0).length, 1)
  assert.equal((await resolved(token.id, merchants[0])).is_used, true)
})

test('of two rows with one token in one call the earlier place wins, and a repeat by the winner is accepted', async () => {
  const { deps, merchants, clock } = fixture
  const token = await createToken(deps, merchants[0], card(8))
  const use = (operations: string[]) =>
    deps.db.query('select * from vault_use_tokens($1, $2, $3, $4)', [
      merchants[0],
      operations.map(() => token.id),
      operations,
      clock.now(),
    ])
  const refused = (operation: string) => ({ refused_token_id: token.id, refused_operation_id: operation })
  assert.deepEqual((await use(['opn_Z', 'opn_A'])).rows, [refused('opn_A')])
  assert.deepEqual((await use(['opn_Z'])).rows, [])
  assert.deepEqual((await use(['opn_B'])).rows, [refused('opn_B')])
})

test('an unknown, a foreign and an expired token are refused', async () => {
  const { deps, merchants, clock } = fixture
  const [foreign, old] = [
    await createToken(deps, merchants[1], card(9)),
    await createToken(deps, merchants[0], card(9)),
  ]
  clock.advance(60 * 60_000)
  const ids = [foreign.id, old.id, deps.newId('tok')]
  const { rows } = await deps.db.query<{ refused_token_id: string }>(
    'select refused_token_id from vault_use_tokens($1, $2, $3, $4)',
    [merchants[0], ids, ['opn_1', 'opn_2', 'opn_3'], clock.now()],
  )
  assert.deepEqual(rows.map((row) => row.refused_token_id).sort(), ids.sort())
  assert.equal((await resolved(old.id, merchants[0])).is_used, true)
})

test('a sealed card moved to another id or merchant does not open', async () => {
  const { deps, merchants } = fixture
  const [source, sameMerchant, otherMerchant] = [
    await createToken(deps, merchants[0], card(10)),
    await createToken(deps, merchants[0], card(11)),
    await createToken(deps, merchants[1], card(11)),
  ]
  const from = (await resolved(source.id, merchants[0])).card_id
  for (const [token, merchantId] of [
    [sameMerchant, merchants[0]],
    [otherMerchant, merchants[1]],
  ] as const) {
    const to = (await resolved(token.id, merchantId)).card_id
    await deps.db.query(
      `update vault_card set ciphertext = (select ciphertext from vault_card where merchant_id = $1 and id = $2)
       where merchant_id = $3 and id = $4`,
      [merchants[0], from, merchantId, to],
    )
    const moved = await resolved(token.id, merchantId)
    assert.throws(() => moved.open(), { code: 'vault-unavailable' })
  }
})

test('sealed credentials open for their merchant and row only', async () => {
  const { deps, merchants } = fixture
  const sealed = await sealConfig(deps, merchants[0], 'cac_A', { api_key: 'sk_very_secret' })
  assert.equal(sealed.includes('sk_very_secret'), false)
  assert.deepEqual(await unsealConfig(deps, merchants[0], 'cac_A', sealed), { api_key: 'sk_very_secret' })
  await assert.rejects(unsealConfig(deps, merchants[0], 'cac_B', sealed), { code: 'vault-unavailable' })
  await assert.rejects(unsealConfig(deps, merchants[1], 'cac_A', sealed), { code: 'vault-unavailable' })
  await assert.rejects(unsealConfig(deps, merchants[0], 'cac_A', sealed.subarray(0, 20)), { code: 'vault-unavailable' })
})

test('no column of any vault table holds a number or CVC in plain, spaced, hex, base64 or UTF-16 form', async () => {
  const { deps, merchants } = fixture
  const marked = cardNumber(5_555_566)
  await createToken(deps, merchants[0], {
    number: marked,
    exp_month: 1,
    exp_year: 2031,
    cvc: '973',
    holder: 'Marked Holder',
  })
  const dump: Buffer[] = []
  for (const table of ['vault_key', 'vault_card', 'token', 'instrument']) {
    const { rows } = await deps.db.query<Record<string, unknown>>(`select * from ${table}`)
    for (const value of rows.flatMap((row) => Object.values(row))) {
      dump.push(Buffer.isBuffer(value) ? value : Buffer.from(String(value)))
    }
    const { rows: texts } = await deps.db.query<{ line: string }>(`select t::text as line from ${table} t`)
    dump.push(...texts.map(({ line }) => Buffer.from(line)))
  }
  const bytes = Buffer.concat(dump)
  for (const secret of [marked, 'Marked Holder']) {
    const plain = Buffer.from(secret)
    const forms = [
      secret,
      secret.replace(/(.{4})/g, '$1 ').trim(),
      plain.toString('hex'),
      plain.toString('base64').replace(/=+$/, ''),
      plain.toString('base64url'),
      Buffer.from(secret, 'utf16le'),
      Buffer.from(secret, 'utf16le').swap16(),
    ]
    for (const form of forms) assert.equal(bytes.indexOf(form), -1, String(form))
  }
  const { rows: columns } = await deps.db.query(
    `select 1 from information_schema.columns where column_name ~* 'cvc|cvv|csc|security_code'`,
  )
  assert.equal(columns.length, 0)
})

test('a resolved and an opened card print as nothing secret', async () => {
  const { deps, merchants } = fixture
  const token = await createToken(deps, merchants[0], card(12, { cvc: '973' }))
  const found = await resolved(token.id, merchants[0])
  const opened = found.open()
  for (const value of [token, found, opened, deps.vault]) {
    const text = `${JSON.stringify(value)} ${inspect(value, { depth: 9, showHidden: true })} ${String(value)}`
    assert.doesNotMatch(text, new RegExp(`${cardNumber(12)}|'973'|"973"`))
  }
})

test('a key ring that does not answer is vault-unavailable, with no other key in its place, and heals by itself', async () => {
  const { deps, merchants } = fixture
  let isDown = true
  const ring: KeyRing = {
    ...deps.vault.ring,
    unwrap: (wrapped, place) =>
      isDown ? Promise.reject(new Error('KMS timeout')) : deps.vault.ring.unwrap(wrapped, place),
  }
  const vault = await openVault({ ...deps, keysFolder: fixture.keysFolder, ring })
  const tokenising = () => createToken({ ...deps, vault }, merchants[0], card(13))
  await assert.rejects(tokenising(), (error) => error instanceof Problem && error.code === 'vault-unavailable')
  isDown = false
  assert.equal((await tokenising()).object, 'token')
})

test('a lost key file stops the start instead of being made anew', async () => {
  const other = await vaultFixture()
  try {
    await createToken(other.deps, other.merchants[0], card(14))
    await rm(other.keysFolder, { recursive: true })
    await assert.rejects(other.secondProcess(), /Restore it from its backup/)
  } finally {
    await other.close()
  }
})
