// The public face of the merchants module: who sells, where, through which accounts and with which methods.

export { cashRuleOf } from './cash-rule.ts'
export { CATALOGUE } from './catalogue.ts'
export {
  type ConfigSeal,
  createMerchantCache,
  type MerchantAccount,
  type MerchantCache,
  type MerchantCacheDeps,
  type MerchantConfig,
  merchantConfig,
} from './config.ts'
export { type CreateMerchantDeps, createMerchant, type NewMerchant, type NewMerchantKeys } from './create.ts'
export { type SeedDemoDeps, seedDemo } from './demo.ts'
export { seedDemoTerminals } from './demo-terminals.ts'
export {
  availableMethods,
  CHANNELS,
  type Channel,
  carries,
  flowIn,
  groupOf,
  METHOD_GROUPS,
  type Method,
  type MethodAbilities,
  type MethodFlow,
  type MethodKind,
  type MethodNeed,
  needOf,
  type Purchase,
  takes,
  whyNot,
} from './method.ts'
export { isTimeZone, timeZoneOf } from './place.ts'
export type { MerchantRouteDeps } from './request.ts'
export { routes, showTerminal, TerminalShape } from './routes.ts'
export { type Register, readTerminal, type Store, type Terminal } from './store.ts'
export type { Capability } from './store-place.ts'
