// The programs in examples/, run as a reader would run them: as processes of their own, against a server.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { type ServedShop, servedShop } from './served-shop.ts'

const FOLDER = join(import.meta.dirname, '..', 'examples')
/** An example that takes longer waits for something that does not come. */
const TIMEOUT_MS = 60_000

const SAYS: Record<string, string[]> = {
  'first-payment.ts': ['failed: insufficient_funds', 'captured: €49.95'],
  'capture-later.ts': ['authorized: €49.95 held', 'partially_captured: €32.90 charged, €0.00 held'],
  'refund.ts': [
    'after one return, sent twice: €20.00 refunded',
    'after two returns: €35.00 refunded, €25.00 left',
    'a third of €30.00: 422 amount-exceeds-refundable',
  ],
  'split-cash-and-card.ts': ['partially_captured: change €30.00', 'captured: cash €20.00, card €15.00'],
  'web-order.ts': ['in the cart: €29.90', 'placed, to pay €29.90; sent twice: one order', 'confirmed, paid'],
  'cart-from-phone-to-till.ts': [
    'the till has the same cart: €39.00',
    'the phone shows 2 lines: €48.00',
    'paid: €48.00',
  ],
  'click-and-collect.ts': ['confirmed: €134.00 ordered', 'ready: €0.00 charged', 'collected: €14.00 charged'],
  'return-in-store.ts': ['settled: €6.66 of €9.99 back on the card', 'in the shop now: 2'],
  'gift-card-and-card.ts': [
    'captured: gift_card €25.00, card €39.00',
    'cancelled: €64.00 back, €25.00 of it on the gift card',
  ],
  'redirect-with-ideal.ts': ['requires_action: redirect', 'captured'],
}

let shop: ServedShop
before(async () => {
  shop = await servedShop()
})
after(() => shop.close())

for (const [program, lines] of Object.entries(SAYS)) {
  test(`examples/${program} ends well and says what its readers are told`, async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', join(FOLDER, program)],
      { env: { ...process.env, ONETILL_URL: shop.url, ONETILL_DATA: shop.dataDir }, timeout: TIMEOUT_MS },
    )
    assert.deepEqual(stdout.trimEnd().split('\n'), lines)
  })
}

test('every example is run here', () => {
  const programs = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && name !== 'client.ts')
  assert.deepEqual(programs.sort(), Object.keys(SAYS).sort())
})
