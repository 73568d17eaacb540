// What a till is told of itself: where it stands, whose it is, who may sign in.

import { type LANGUAGES, languageOfCountry } from '../lib/language.ts'
import { cashRuleOf, type MerchantConfig, type Store } from '../merchants/index.ts'
import { initialsOf, type StaffRow } from '../staff/index.ts'
import type { DeviceRow } from './store.ts'

export function deviceView(merchant: MerchantConfig | null, device: DeviceRow) {
  return {
    ...{ id: device.id, object: 'till_device' as const, register_id: device.register_id },
    store_id: merchant?.registers.get(device.register_id)?.storeId ?? null,
    name: device.name,
    paired_at: device.paired_at.toISOString(),
    revoked_at: device.revoked_at?.toISOString() ?? null,
  }
}

export function personView({ id, name, role, language }: StaffRow) {
  return { id, name, initials: initialsOf(name), role, language: language as (typeof LANGUAGES)[number] | null }
}

/** The register and its surroundings, as of `at`. */
export function placeView(merchant: MerchantConfig, registerId: string, at: Date) {
  const register = merchant.registers.get(registerId)
  const store = merchant.stores.get(register?.storeId ?? '')
  if (!register || !store) throw new Error('a till without its register')
  const terminals = [...merchant.terminals.values()]
    .filter((terminal) => terminal.storeId === store.id && [null, register.id].includes(terminal.registerId))
    // The register's own first, and of those the one that was set up last: it is the one in use.
    .sort((a, b) => Number(a.registerId === null) - Number(b.registerId === null) || (a.id < b.id ? 1 : -1))
  return {
    register: { id: register.id, name: register.name, store_id: store.id },
    store: storeView(store, at),
    merchant: { id: merchant.id, name: merchant.name, mode: merchant.mode },
    terminals: terminals.map(({ id, name, serial, registerId: at }) => ({ id, name, serial, register_id: at })),
  }
}

function storeView(store: Store, at: Date) {
  const rule = cashRuleOf(store, store.currency, at)
  const { id, name, country, currency, address } = store
  return {
    ...{ id, name, country, currency, language: languageOfCountry(country), time_zone: store.timeZone, address },
    capabilities: [...store.capabilities],
    cash_rounding: rule && {
      increment: Number(rule.increment_minor),
      mode: rule.mode,
      is_optional: rule.is_optional,
    },
  }
}
