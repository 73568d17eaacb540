// The demo's tills get a terminal that people can use: one on a page. The simulator's terminals stay for scripts, because they
// answer at once.

import { transact } from '../db/pool.ts'
import type { CreateMerchantDeps, NewMerchantKeys } from './create.ts'
import * as rows from './store.ts'

/** After every account that a script may have named. */
const LAST_PRIORITY = 900

/** Gives each register of the demo a virtual terminal, once. Answers all of them, as they are found at /terminal. */
export async function seedDemoTerminals(
  deps: CreateMerchantDeps,
  demo: Pick<NewMerchantKeys, 'merchant_id' | 'registers' | 'stores'>,
): Promise<{ serial: string; name: string }[]> {
  const { merchant_id, registers, stores } = demo
  const accounts = await rows.listAccounts(deps.db, merchant_id, { limit: 100 })
  const known = accounts.find(({ connector }) => connector === 'nexo')
  if (known) {
    const terminals = await rows.listTerminals(deps.db, merchant_id, { limit: 100 })
    return terminals.filter(({ connector_account_id }) => connector_account_id === known.id)
  }
  const made: { serial: string; name: string }[] = []
  const at = deps.clock.now()
  const account = { id: deps.newId('cac'), connector: 'nexo', name: 'Virtual terminals', methods: [] }
  const sealedConfig = await deps.configSeal.seal(merchant_id, account.id, { transport: 'virtual' })
  await transact(deps.db, async (tx) => {
    await rows.insertAccount(
      tx,
      merchant_id,
      { ...account, priority: LAST_PRIORITY, is_enabled: true, sealedConfig },
      at,
    )
    for (const [i, register] of registers.entries()) {
      const store = stores.find(({ id }) => id === register.store_id)
      const place = { storeId: register.store_id, registerId: register.id, connectorAccountId: account.id }
      const serial = `V400m-${String(400_000_001 + i)}`
      const terminal = { id: deps.newId('ter'), ...place, name: `${store?.name ?? 'Shop'} ${i + 1}`, serial }
      await rows.insertTerminal(tx, merchant_id, terminal, at)
      made.push({ serial, name: terminal.name })
    }
  })
  return made
}
