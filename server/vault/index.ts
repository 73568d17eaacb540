// The vault's public face. Card numbers enter by createToken and leave by ResolvedCard.open, nowhere else.

export type { CardInput } from './card-number.ts'
export { type SealDeps, sealConfig, unsealConfig } from './config-seal.ts'
export {
  getInstrument,
  type InstrumentOwner,
  type InstrumentView,
  listInstruments,
  revokeInstrument,
  revokeOrderInstrument,
  type SaveOutcome,
  saveInstrument,
} from './instruments.ts'
export { keyedHash } from './keyed-hash.ts'
export { KeyFileUnusable, type KeyRing, openKeyFile, type WrappedKey } from './keys.ts'
export { type OpenedCard, type ResolvedCard, resolveCard, takeCvc } from './resolve-card.ts'
export { type RotationStep, rewrapCards, rewrapKeys, rotateDataKey, rotateMasterKey } from './rotate.ts'
export { routes } from './routes.ts'
export { type CardFacts, moveInstruments, revokeAllOf } from './store.ts'
export { createToken, getToken, type TokenView } from './tokens.ts'
export { type OpenVaultOptions, openVault, type Vault, type VaultDeps } from './vault.ts'
