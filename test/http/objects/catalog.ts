// What the catalogue adds to the ground of the tests of every route.

import assert from 'node:assert/strict'
import type { ModuleObjects } from '../product.ts'

export const catalog: ModuleObjects = {
  async fill(shop, api, made) {
    const mark = String(made['merchant']).slice(-8)
    const product = await api.call<{ id: string; variants: { id: string }[] }>('POST', '/v1/products', {
      name: `Rope of ${mark}`,
      reference: `rope-${mark}`,
      variants: [
        {
          sku: `ROPE-${mark}`,
          prices: [{ currency: 'EUR', unit_price: '24.95' }],
          cost: { currency: 'EUR', unit_price: '10' },
        },
        { sku: `ROPE-L-${mark}`, options: { Length: '20 m' }, prices: [{ currency: 'EUR', unit_price: '39.95' }] },
      ],
    })
    assert.equal(product.status, 201, product.text)
    const list = await api.call<{ id: string }>('POST', '/v1/price_lists', {
      name: `Winter of ${mark}`,
      currency: 'EUR',
      valid_from: '2099-01-01T00:00:00Z',
    })
    assert.equal(list.status, 201, list.text)
    // Made by hand: files do not travel as JSON, as all that these tests send does.
    const file = shop.payments.newId('imp')
    await shop.database.db.query(
      `insert into catalog_import (merchant_id, id, state, rows, last_turn, last_row, decimal, version, created_at)
      values ($1, $2, 'done', 0, 1, 1, 'point', 1, $3)`,
      [made['merchant'], file, shop.clock.now()],
    )
    return {
      import: file,
      product: product.body.id,
      variant: product.body.variants[0]?.id as string,
      otherVariant: product.body.variants[1]?.id as string,
      priceList: list.body.id,
      sku: `ROPE-${mark}`,
    }
  },

  collections: (made) => ({
    products: made['product'],
    variants: made['variant'],
    price_lists: made['priceList'],
    imports: made['import'],
  }),

  queries: (made) => ({
    'GET /v1/catalog/scan': `code=${made['sku']}`,
    'GET /v1/catalog/prices': `variant_ids=${made['variant']}`,
  }),

  bodies: (made) => {
    const variant = {
      sku: 'AXE-1',
      track: 'quantity',
      weight_grams: 900,
      is_active: true,
      options: { Handle: 'Ash' },
      cost: { currency: 'EUR', unit_price: '21.5' },
      barcodes: [{ code: '5901234123457', form: 'ean13', quantity: 1 }],
      prices: [{ currency: 'EUR', unit_price: '49.95', tax_included: true, min_qty: 1 }],
    }
    const product = {
      name: 'Axe',
      reference: 'axe',
      description: 'For kindling.',
      brand: 'Kestrel',
      state: 'active',
      image_url: 'https://shop.example/axe.jpg',
      tax_category: 'standard',
      categories: ['tools'],
      is_returnable: true,
    }
    return {
      'POST /v1/products': { ...product, kind: 'goods', unit: 'piece', variants: [variant] },
      'PATCH /v1/products/{id}': product,
      'POST /v1/products/{id}/variants': variant,
      'PATCH /v1/variants/{id}': variant,
      'POST /v1/price_lists': {
        name: 'Spring',
        currency: 'EUR',
        tax_included: true,
        channel: 'web',
        store_id: made['store'],
        customer_group: 'members',
        valid_from: '2099-03-01T00:00:00Z',
        valid_to: '2099-04-01T00:00:00Z',
        priority: 10,
        lowest_wins: true,
      },
      'PATCH /v1/price_lists/{id}': {
        name: 'Late winter',
        customer_group: 'members',
        valid_from: '2099-01-02T00:00:00Z',
        valid_to: '2099-02-01T00:00:00Z',
        priority: 20,
        lowest_wins: true,
      },
      'PUT /v1/price_lists/{id}/prices': {
        prices: [{ variant_id: made['variant'], unit_price: '19.95', min_qty: 1 }],
      },
      'PUT /v1/catalog/barcode_rules': {
        data: [{ prefix: '28', kind: 'price', item_digits: 4, value_digits: 5, decimals: 2, has_inner_check: true }],
      },
    }
  },
}
