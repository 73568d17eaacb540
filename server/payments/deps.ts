// What the payment core needs. server/wiring.ts gives it; tests build it around a fake clock and the simulator.

import type { CallDeps } from '../connectors/call.ts'
import type { Connector } from '../connectors/connector.ts'
import type { Lanes } from '../db/lanes.ts'
import type { Db } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Log } from '../lib/log.ts'
import type { MerchantCache } from '../merchants/index.ts'
import type { Vault } from '../vault/index.ts'
import type { OrderBook } from './orders.ts'
import type { StoredValueBooks } from './stored-value.ts'

export interface PaymentDeps {
  db: Db
  lanes: Lanes
  clock: Clock
  newId: NewId
  log: Log
  vault: Vault
  merchantCache: MerchantCache
  connectors: { get(name: string): Connector | undefined; methodsOf(name: string): readonly string[] }
  call: CallDeps
  /** Base of the URLs providers send webhooks to, without a slash at the end. */
  publicUrl: string
  /** False when the database could lose an acknowledged commit: live merchants are refused. */
  isDurable(): boolean
  /** Milliseconds a connector may take; terminals wait for a person and get longer. */
  timeouts: { call_ms: number; terminal_ms: number }
  /** Origins that a merchant's customers may be sent back to, as the checkout's settings name them. */
  allowedOrigins?(merchantId: string): Promise<readonly string[]>
  /** Orders of ours, which say what is due for them. Without it every order id is the caller's own. */
  orders?: OrderBook
  /** Finds gift cards, store credit and points. Without it their methods cannot be used. */
  storedValue?: StoredValueBooks
  /** Who asks, where wrong guesses of a code are counted per caller. */
  callerId?: string
  /** The register that is asked at, where it is a till: what is done is written down as done there. */
  registerId?: string | undefined
  /** Tells the background worker that an inbound event is waiting. Only a hint: the worker also looks by itself. */
  wake?(work: 'inbound'): void
}
