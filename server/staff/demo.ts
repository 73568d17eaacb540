// The people of the demo retailer, three to each shop, with PINs that are no secret: the demo's till shows them.

import type { MerchantConfig } from '../merchants/index.ts'
import { ROLES, type Role } from './rights.ts'
import { createStaff, type StaffDeps } from './staff.ts'
import { listStaff } from './store.ts'

/** By country: a cashier, a supervisor, a manager. */
const NAMES: Readonly<Record<string, readonly [string, string, string]>> = {
  NL: ['Sanne de Vries', 'Daan Bakker', 'Noor el Amrani'],
  SE: ['Elsa Lindqvist', 'Oskar Berg', 'Amina Nyström'],
  PL: ['Zofia Kowalczyk', 'Jakub Wójcik', 'Maja Zielińska'],
  FR: ['Camille Moreau', 'Hugo Lefèvre', 'Inès Benali'],
}

/** The same in every shop, so that nobody has to look them up twice. */
export const DEMO_PINS: Readonly<Record<Role, string>> = { cashier: '1111', supervisor: '2222', manager: '3333' }

/** Gives each shop of the demo retailer its staff; nothing when the retailer has any. */
export async function seedDemoStaff(deps: StaffDeps, merchant: MerchantConfig): Promise<void> {
  if ((await listStaff(deps.db, merchant.id, { limit: 1 })).length > 0) return
  const shops = [...merchant.stores.values()].filter(({ kind }) => kind === 'shop')
  for (const { id, country } of shops) {
    for (const [i, role] of ROLES.entries()) {
      const name = (NAMES[country] ?? NAMES['NL'])?.[i] as string
      await createStaff(deps, merchant.id, { name, role, pin: DEMO_PINS[role], store_ids: [id] })
    }
  }
}
