// What Kestrel & Pine sells: outdoor and home goods, some thirty articles with everything that a catalogue can hold. Made
// with the same calls that everybody uses.

import { checkDigit } from './barcode.ts'
import type { CatalogDeps } from './draft.ts'
import { createPriceList, setListPrices } from './price-list.ts'
import { createProduct, type NewProduct } from './product.ts'
import { hasProducts } from './store.ts'
import type { VariantFields } from './variant.ts'
import type { ProductView } from './views.ts'

/** Fills the catalogue of a merchant that has no products; else does nothing. Answers how many it made. */
export async function seedDemoCatalog(deps: CatalogDeps, merchantId: string): Promise<number> {
  if (await hasProducts(deps.db, merchantId)) return 0
  const made: ProductView[] = []
  // One after the other: what is made later sorts later, and kits name what was made before.
  for (const product of plainGoods()) made.push(await createProduct(deps, merchantId, product))
  const idOf = (sku: string) => {
    const id = made.flatMap(({ variants }) => variants).find((variant) => variant.sku === sku)?.id
    if (id === undefined) throw new Error(`the demo catalogue has no ${sku}`)
    return id
  }
  made.push(await createProduct(deps, merchantId, campKitchen(idOf)))
  const members = await createPriceList(deps, merchantId, {
    name: 'Members',
    currency: 'EUR',
    customer_group: 'members',
    lowest_wins: true,
  })
  await setListPrices(
    deps,
    merchantId,
    members.id,
    Object.entries(MEMBER_PRICES).map(([sku, unit_price]) => ({ variant_id: idOf(sku), unit_price })),
  )
  return made.length
}

const MEMBER_PRICES = { 'KP-BLANKET-PINE': '79.00', 'KP-MUG-CREAM': '12.50', 'KP-BOTTLE-1L': '24.95' }

/** Numbers that GS1 leaves to every company for its own use, so that they are nobody else's. */
let barcodes = 0
function barcode(): { code: string; form: 'ean13' } {
  const digits = `040000${String(++barcodes).padStart(6, '0')}`
  return { code: digits + checkDigit(digits), form: 'ean13' }
}

/** Euros with their prices in kronor and złoty, rounded as shops round. */
function prices(eur: number): NonNullable<VariantFields['prices']> {
  return [
    { currency: 'EUR', unit_price: eur.toFixed(2) },
    { currency: 'SEK', unit_price: String(Math.round((eur * 11.5) / 10) * 10 - 1) },
    { currency: 'PLN', unit_price: `${Math.floor(eur * 4.3)}.99` },
  ]
}

interface Plain extends Omit<NewProduct, 'variants'> {
  sku: string
  eur: number
  weight?: number
}

/** An article of one kind. */
function article({ sku, eur, weight, ...product }: Plain): NewProduct {
  return {
    brand: 'Kestrel & Pine',
    reference: sku,
    ...product,
    variants: [
      {
        sku,
        barcodes: [barcode()],
        weight_grams: weight ?? null,
        prices: prices(eur),
        cost: { currency: 'EUR', unit_price: (eur * 0.45).toFixed(2) },
      },
    ],
  }
}

/** One in several sizes and colours. */
function range(product: Plain, options: Record<string, readonly string[]>): NewProduct {
  const whole = article(product)
  const [base] = whole.variants ?? []
  const choices = Object.entries(options).reduce<Record<string, string>[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value }))),
    [{}],
  )
  const short = (choice: Record<string, string>) =>
    Object.values(choice)
      .map((value) => value.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase())
      .join('-')
  return {
    ...whole,
    variants: choices.map((choice) => ({
      ...base,
      sku: `${product.sku}-${short(choice)}`,
      options: choice,
      barcodes: [barcode()],
    })),
  }
}

const SIZES = ['S', 'M', 'L', 'XL']

function plainGoods(): NewProduct[] {
  const outdoor = (more: Plain) => ({ categories: ['outdoor'], ...more })
  const home = (more: Plain) => ({ categories: ['home'], ...more })
  barcodes = 0
  return [
    range(
      {
        sku: 'KP-RAIN',
        name: 'Harrier rain jacket',
        eur: 149,
        weight: 420,
        categories: ['outdoor', 'jackets'],
        description: 'Three layers, taped seams, a hood that turns with the head.',
      },
      { Size: SIZES, Colour: ['Pine', 'Rust'] },
    ),
    range(
      { sku: 'KP-DOWN', name: 'Merlin down jacket', eur: 199, weight: 380, categories: ['outdoor', 'jackets'] },
      { Size: SIZES, Colour: ['Navy'] },
    ),
    range(
      { sku: 'KP-FLEECE', name: 'Moorland fleece', eur: 79.95, weight: 350, categories: ['outdoor'] },
      { Size: SIZES },
    ),
    range(
      { sku: 'KP-TROUSER', name: 'Ridge walking trousers', eur: 89.95, weight: 400, categories: ['outdoor'] },
      { Size: SIZES },
    ),
    range(
      { sku: 'KP-SOCK', name: 'Merino hiking socks', eur: 18.95, weight: 90, categories: ['outdoor'] },
      { Size: ['36–38', '39–41', '42–44', '45–47'] },
    ),
    range(
      { sku: 'KP-BEANIE', name: 'Wool beanie', eur: 24.95, weight: 70, categories: ['outdoor'] },
      { Colour: ['Oat', 'Pine', 'Rust'] },
    ),
    range(
      { sku: 'KP-BOOT', name: 'Fell boots', eur: 179, weight: 1250, categories: ['outdoor', 'shoes'] },
      { Size: ['38', '39', '40', '41', '42', '43', '44', '45'] },
    ),
    range(
      { sku: 'KP-PACK', name: 'Kestrel rucksack', eur: 119, weight: 1100, categories: ['outdoor'] },
      { Volume: ['24 l', '36 l'] },
    ),
    article(outdoor({ sku: 'KP-TENT-2', name: 'Two-person tent', eur: 299, weight: 2300 })),
    article(outdoor({ sku: 'KP-BAG-0', name: 'Down sleeping bag, 0 °C', eur: 229, weight: 950 })),
    article(outdoor({ sku: 'KP-MAT', name: 'Insulated sleeping mat', eur: 99.95, weight: 480 })),
    article(outdoor({ sku: 'KP-STOVE', name: 'Folding gas stove', eur: 49.95, weight: 110 })),
    article(outdoor({ sku: 'KP-POT', name: 'Titanium pot, 900 ml', eur: 59.95, weight: 130 })),
    range(
      { sku: 'KP-BOTTLE', name: 'Steel bottle', eur: 29.95, weight: 310, categories: ['outdoor', 'home'] },
      { Volume: ['0.5 l', '1 l'] },
    ),
    article(outdoor({ sku: 'KP-LAMP', name: 'Head torch, 400 lm', eur: 44.95, weight: 85 })),
    article(outdoor({ sku: 'KP-KNIFE', name: 'Folding knife', eur: 39.95, weight: 95, is_returnable: false })),
    article(outdoor({ sku: 'KP-POLES', name: 'Walking poles, pair', eur: 69.95, weight: 460 })),
    range(
      { sku: 'KP-MUG', name: 'Enamel mug', eur: 14.95, weight: 150, categories: ['home', 'outdoor'] },
      { Colour: ['Cream', 'Pine'] },
    ),
    range(
      { sku: 'KP-BLANKET', name: 'Lambswool blanket', eur: 89, weight: 1200, categories: ['home'] },
      { Colour: ['Pine', 'Oat', 'Rust'] },
    ),
    article(home({ sku: 'KP-CANDLE', name: 'Pine resin candle', eur: 22.5, weight: 300 })),
    article(home({ sku: 'KP-BOARD', name: 'Ash cutting board', eur: 34.95, weight: 900 })),
    article(home({ sku: 'KP-BASKET', name: 'Willow log basket', eur: 64.95, weight: 1800 })),
    article(home({ sku: 'KP-TOWEL', name: 'Linen towel', eur: 19.95, weight: 180 })),
    article(home({ sku: 'KP-SOAP', name: 'Spruce soap', eur: 7.5, weight: 100 })),
    article({
      sku: 'KP-BOOK-FELL',
      name: 'A year on the fell (book)',
      eur: 28,
      weight: 640,
      tax_category: 'books',
      categories: ['books'],
    }),
    article({
      sku: 'KP-MAP',
      name: 'Trail map, 1:25,000',
      eur: 12.5,
      weight: 60,
      tax_category: 'books',
      categories: ['books'],
    }),
    article({
      sku: 'KP-HONEY',
      name: 'Heather honey, 250 g',
      eur: 8.95,
      weight: 400,
      tax_category: 'food',
      categories: ['food'],
      is_returnable: false,
    }),
    {
      name: 'Trail mix, loose',
      reference: 'KP-MIX',
      brand: 'Kestrel & Pine',
      unit: 'gram',
      tax_category: 'food',
      categories: ['food'],
      is_returnable: false,
      // The number that scales print: 6 digits, as codes with a weight hold it.
      variants: [
        {
          sku: '100017',
          prices: [
            { currency: 'EUR', unit_price: '0.0189' },
            { currency: 'SEK', unit_price: '0.219' },
            { currency: 'PLN', unit_price: '0.0819' },
          ],
        },
      ],
    },
    {
      name: 'Filter coffee',
      reference: 'KP-COFFEE',
      tax_category: 'restaurant',
      categories: ['café'],
      is_returnable: false,
      variants: [{ sku: 'KP-COFFEE', track: 'none', prices: prices(2.95) }],
    },
    {
      name: 'Gift card',
      reference: 'KP-GIFT',
      kind: 'gift_card',
      tax_category: 'exempt',
      variants: [25, 50, 100].map((value) => ({
        sku: `KP-GIFT-${value}`,
        options: { Value: `€ ${value}` },
        prices: [{ currency: 'EUR', unit_price: String(value) }],
      })),
    },
    {
      name: 'Delivery',
      reference: 'KP-SHIP',
      kind: 'shipping',
      variants: [
        { sku: 'KP-SHIP-STANDARD', options: { Speed: 'Standard' }, prices: prices(4.95) },
        { sku: 'KP-SHIP-EXPRESS', options: { Speed: 'Next day' }, prices: prices(9.95) },
      ],
    },
  ]
}

/** A kit: its stock is that of stove, pot and mugs. */
function campKitchen(idOf: (sku: string) => string): NewProduct {
  return {
    name: 'Camp kitchen',
    reference: 'KP-KITCHEN',
    brand: 'Kestrel & Pine',
    description: 'Stove, pot and two mugs.',
    categories: ['outdoor'],
    variants: [
      {
        sku: 'KP-KITCHEN',
        barcodes: [barcode()],
        prices: prices(119),
        components: [
          { variant_id: idOf('KP-STOVE'), quantity: 1 },
          { variant_id: idOf('KP-POT'), quantity: 1 },
          { variant_id: idOf('KP-MUG-PINE'), quantity: 2 },
        ],
      },
    ],
  }
}
