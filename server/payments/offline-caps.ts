// Store and forward: which sales a terminal may approve without the issuer, by the caps in its account, and what became of them. Who
// sets no caps takes no such risk: every sale is forced on line.

import type { Connector } from '../connectors/connector.ts'
import type { MerchantAccount } from '../merchants/index.ts'
import type { PaymentDeps } from './deps.ts'
import { type OfflineSale, takeOfflineLeave } from './offline-store.ts'

export interface OfflineCaps {
  currency: string
  /** Minor units of one sale, and of all at one device that are not known yet. */
  perSale: bigint
  perDevice: bigint
  /** Seconds; what is older and not known yet bars the device. */
  maxAgeS: bigint
}

/** The caps in an account's config; undefined where there are none. */
export function offlineCapsOf(config: Readonly<Record<string, string>>): OfflineCaps | undefined {
  const { offline_currency, offline_per_sale, offline_per_device, offline_max_age_h } = config
  if (!offline_currency || !offline_per_sale || !offline_per_device || !offline_max_age_h) return undefined
  return {
    currency: offline_currency,
    perSale: BigInt(offline_per_sale),
    perDevice: BigInt(offline_per_device),
    maxAgeS: BigInt(offline_max_age_h) * 3_600n,
  }
}

/** Whether the terminal may approve this sale by itself; asked once, before the terminal is. The guard is in SQL. */
export async function allowOffline(
  deps: PaymentDeps,
  { account, connector }: { account: MerchantAccount; connector: Connector },
  sale: OfflineSale,
): Promise<boolean> {
  const caps = connector.facts.may_approve_offline ? offlineCapsOf(account.config) : undefined
  if (!caps || caps.currency !== sale.currency) return false
  return takeOfflineLeave(deps.db, sale, caps, deps.clock.now())
}
