import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { resolveCard } from './resolve-card.ts'
import { rewrapCards, rewrapKeys, rotateDataKey, rotateMasterKey } from './rotate.ts'
import { createToken } from './tokens.ts'
import { cardNumber, type VaultFixture, vaultFixture } from './vault.fixture.ts'

let fixture: VaultFixture

before(async () => {
  fixture = await vaultFixture()
})
after(() => fixture.close())

async function tokens(from: number, count: number): Promise<string[]> {
  const made: string[] = []
  for (let n = from; n < from + count; n++) {
    const input = { number: cardNumber(n), exp_month: 12, exp_year: 2030 }
    made.push((await createToken(fixture.deps, fixture.merchants[0], input)).id)
  }
  return made
}

async function assertOpen(tokenIds: string[], from: number, deps = fixture.deps): Promise<void> {
  for (const [i, id] of tokenIds.entries()) {
    const found = await resolveCard(deps, fixture.merchants[0], { token_id: id })
    assert.equal(found?.open().number.reveal(), cardNumber(from + i))
  }
}

async function keyVersions(): Promise<number[]> {
  const { rows } = await fixture.deps.db.query<{ key_version: number }>(
    'select distinct key_version from vault_card where merchant_id = $1 order by 1',
    [fixture.merchants[0]],
  )
  return rows.map((row) => row.key_version)
}

test('cards under an older data key open, and re-sealing goes on where it was stopped', async () => {
  const { deps, merchants } = fixture
  const ids = await tokens(100, 5)
  const other = await fixture.secondProcess()
  await assertOpen(ids, 100, other)
  assert.equal(await rotateDataKey(deps, merchants[0]), 2)
  const fresh = await tokens(200, 1)
  assert.deepEqual(await keyVersions(), [1, 2])
  await assertOpen(ids, 100)

  assert.deepEqual(await rewrapCards(deps, merchants[0], 2), { changed: 2, is_done: false })
  // Another process, whose memory knows nothing of the new key yet, opens both kinds and finishes the work.
  await assertOpen(fresh, 200, other)
  assert.deepEqual(await rewrapCards(other, merchants[0], 10), { changed: 3, is_done: true })
  assert.deepEqual(await rewrapCards(deps, merchants[0], 10), { changed: 0, is_done: true })
  assert.deepEqual(await keyVersions(), [2])
  await assertOpen(ids, 100)
  await assertOpen(fresh, 200)
})

test('re-sealing by two processes at once loses no card', async () => {
  const { deps, merchants } = fixture
  const ids = await tokens(300, 20)
  const other = await fixture.secondProcess()
  await rotateDataKey(deps, merchants[0])
  const work = async (process: typeof deps) => {
    while (!(await rewrapCards(process, merchants[0], 3)).is_done);
  }
  await Promise.all([work(deps), work(other)])
  await assertOpen(ids, 300)
  assert.equal((await keyVersions()).length, 1)
})

test('a new master key wraps every merchant’s keys again, in pieces, and fingerprints stay', async () => {
  const { deps, merchants } = fixture
  const ids = await tokens(400, 2)
  const before = await resolveCard(deps, merchants[0], { token_id: ids[0] as string })
  assert.equal(await rotateMasterKey(deps), 2)
  const steps = [await rewrapKeys(deps, 1)]
  while (!steps.at(-1)?.is_done) steps.push(await rewrapKeys(deps, 1))
  const { rows } = await deps.db.query<{ master_version: number }>('select distinct master_version from vault_key')
  assert.deepEqual(rows, [{ master_version: 2 }])

  const restarted = await fixture.secondProcess()
  await assertOpen(ids, 400, restarted)
  const after = await resolveCard(restarted, merchants[0], { token_id: (await tokens(400, 1))[0] as string })
  assert.equal(after?.facts.fingerprint, before?.facts.fingerprint)
})
