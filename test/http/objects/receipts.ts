// Receipts, for the tests that try every route.

import type { ModuleObjects } from '../product.ts'

export const receipts: ModuleObjects = {
  fill: async () => ({}),
  // What was paid on the web has a receipt too.
  collections: (made) => ({ receipts: made['paid'] }),
  bodies: () => ({
    'POST /v1/receipts/{id}/prints': { gift: true, escpos: { columns: 48, language: 'nl', drawer: true } },
    'POST /v1/receipts/{id}/mail': { to: 'ada@example.com', language: 'nl' },
  }),
  queries: (made) => ({ 'GET /v1/receipts': `order_id=${made['order']}` }),
}
