// The demo's tills: open with one click and PINs that are shown, so that a newcomer needs no manual. In development only, and
// for a test merchant only: nothing here opens a till that takes real money.

import { Problem } from '../lib/problem.ts'
import type { MerchantConfig } from '../merchants/index.ts'
import { DEMO_PINS, staffOfStore } from '../staff/index.ts'
import type { TillDeps, TillDoor } from './deps.ts'
import { makePairingCode, type Paired, pair } from './pair.ts'
import { personView } from './view.ts'

export interface DemoDeps extends TillDeps {
  door: TillDoor
}

/** The registers that can be opened, with who works there. Throws not-found where there is no demo. */
export async function demoTills(deps: DemoDeps) {
  const merchant = await demoMerchant(deps)
  const registers = await Promise.all(
    [...merchant.registers.values()].map(async ({ id, name, storeId }) => {
      const store = merchant.stores.get(storeId)
      if (!store) throw new Error('a register without its store')
      const staff = await staffOfStore(deps.db, merchant.id, store.id)
      return {
        register: { id, name },
        store: { id: store.id, name: store.name, country: store.country, currency: store.currency },
        // Whoever was changed may have another PIN, which nobody can tell.
        staff: staff
          .filter(({ version }) => version === 1)
          .map((person) => ({ ...personView(person), pin: DEMO_PINS[person.role] })),
      }
    }),
  )
  return { object: 'demo_tills' as const, merchant: merchant.name, registers }
}

/** Makes the caller a till of the demo. Throws not-found where there is no demo, reference-not-found for another register. */
export async function openDemoTill(deps: DemoDeps, registerId: string, from: string): Promise<Paired> {
  const merchant = await demoMerchant(deps)
  if (!merchant.registers.has(registerId))
    throw new Problem('reference-not-found', { errors: [{ pointer: '/register_id', detail: 'is none of the demo' }] })
  const { code } = await makePairingCode(deps, merchant.id, registerId)
  return pair(deps, { code, name: undefined, from })
}

async function demoMerchant({ door, merchantCache }: DemoDeps): Promise<MerchantConfig> {
  const merchant = door.open && (await merchantCache.get(door.open.merchantId))
  if (merchant?.mode !== 'test') throw new Problem('not-found')
  return merchant
}
