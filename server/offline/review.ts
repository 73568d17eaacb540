// Where a sale is not what the server would have said at that moment. Reads only; the sale is booked as it is, whatever is found here.

import { type ForSale, forSaleAt } from '../catalog/index.ts'
import { currentProfile, hasCustomer } from '../customers/index.ts'
import type { Store } from '../merchants/index.ts'
import { readStaff, worksIn } from '../staff/index.ts'
import { CLOCK_FREE_MS, capsOf } from './caps.ts'
import type { OfflineDeps } from './deps.ts'
import { type SaleDocument, unitPriceOf } from './document.ts'
import { type Review, type SaleRow, soldBefore } from './sale-store.ts'

/** What was found, and what booking needs of it. */
export interface Looked {
  reviews: Review[]
  articles: Map<string, ForSale>
  /** Whose sale it is today; null for nobody we know. */
  customerId: string | null
}

export async function lookAt(
  deps: OfflineDeps,
  merchantId: string,
  { sale, document, store }: { sale: SaleRow; document: SaleDocument; store: Store },
): Promise<Looked> {
  const at = new Date(document.sold_at)
  const variantIds = [...new Set(document.lines.map(({ variant_id }) => variant_id))]
  const articles = await forSaleAt(deps.catalog, merchantId, { store, variantIds, at })
  const customer = await customerOf(deps, merchantId, document.customer_id)
  const found = [
    ...articlesDiffer(document, articles),
    ...(await promotionsMissed(deps, merchantId, { document, articles, store, at })),
    ...customer.reviews,
    ...(await staffDiffers(deps, merchantId, document, store)),
    ...(await clockDiffers(deps, merchantId, sale, at)),
    ...beyondCaps(document),
  ]
  return { reviews: found, articles, customerId: customer.id }
}

/** One review for all lines: `code` and what is said of each of them. */
function ofLines(code: Review['code'], said: readonly (string | null)[]): Review[] {
  const found = said.filter((each) => each !== null)
  return found.length === 0 ? [] : [{ code, detail: found.join(' ') }]
}

function articlesDiffer({ lines, currency }: SaleDocument, articles: ReadonlyMap<string, ForSale>): Review[] {
  return [
    ...ofLines(
      'article_gone',
      lines.map(({ name, variant_id }) => (articles.get(variant_id)?.is_sold ? null : `${name} is not for sale.`)),
    ),
    ...ofLines(
      'price_changed',
      lines.map(({ name, variant_id, unit_price, list_price, reason }) => {
        const now = articles.get(variant_id)?.price
        // A price that staff set for a reason is theirs; what they set it from is compared.
        const said = reason === null ? unit_price : list_price
        if (now == null || said === null || unitPriceOf(said, currency) === unitPriceOf(now, currency)) return null
        return `${name} costs ${now} and not ${said}.`
      }),
    ),
    ...ofLines(
      'tax_changed',
      lines.map(({ name, variant_id, tax_rate_bp }) => {
        const article = articles.get(variant_id)
        if (!article || article.tax_rate_bp === tax_rate_bp) return null
        return `${name} bears ${article.tax_rate_bp} basis points and not ${tax_rate_bp}.`
      }),
    ),
  ]
}

async function promotionsMissed(
  deps: OfflineDeps,
  merchantId: string,
  of: { document: SaleDocument; articles: ReadonlyMap<string, ForSale>; store: Store; at: Date },
): Promise<Review[]> {
  const { document, articles, store, at } = of
  const lines = document.lines.flatMap(({ variant_id, quantity, unit_price }, seq) => {
    const article = articles.get(variant_id)
    if (!article) return []
    const { product_id, categories, kind, unit } = article
    const unit_price_e4 = unitPriceOf(unit_price, document.currency)
    const is_weighed = unit !== 'piece'
    return [{ seq, variant_id, product_id, categories, kind, quantity: BigInt(quantity), unit_price_e4, is_weighed }]
  })
  const missed = await deps.promotionsOn(merchantId, { lines, currency: document.currency, storeId: store.id, at })
  return missed.length === 0 ? [] : [{ code: 'promotion_missed', detail: `${missed.join(', ')} would have applied.` }]
}

async function customerOf(
  deps: OfflineDeps,
  merchantId: string,
  id: string | null,
): Promise<{ id: string | null; reviews: Review[] }> {
  if (id === null) return { id, reviews: [] }
  if (!(await hasCustomer(deps.db, merchantId, id)))
    return { id: null, reviews: [{ code: 'customer_merged', detail: `There is no customer ${id} any more.` }] }
  const now = await currentProfile(deps.db, merchantId, id)
  if (now === id) return { id, reviews: [] }
  return { id: now, reviews: [{ code: 'customer_merged', detail: `${id} is ${now} now.` }] }
}

async function staffDiffers(
  deps: OfflineDeps,
  merchantId: string,
  { staff_id }: SaleDocument,
  store: Store,
): Promise<Review[]> {
  const staff = await readStaff(deps.db, merchantId, staff_id)
  if (staff && worksIn(staff, store.id)) return []
  return [{ code: 'staff_inactive', detail: `${staff?.name ?? staff_id} does not work there.` }]
}

/** Ahead of ours, or back behind the sale before it. */
async function clockDiffers(deps: OfflineDeps, merchantId: string, sale: SaleRow, at: Date): Promise<Review[]> {
  const ahead = at.getTime() - sale.received_at.getTime()
  if (ahead > CLOCK_FREE_MS) return [{ code: 'clock_off', detail: `Its clock is ahead: it says ${at.toISOString()}.` }]
  const before = await soldBefore(deps.db, merchantId, sale)
  if (before === null || before.getTime() - at.getTime() <= CLOCK_FREE_MS) return []
  return [{ code: 'clock_off', detail: `Its clock was set back: the sale before says ${before.toISOString()}.` }]
}

function beyondCaps({ total, currency }: SaleDocument): Review[] {
  const { per_sale } = capsOf(currency)
  if (BigInt(total) <= per_sale) return []
  return [{ code: 'over_cap', detail: `${total} is more than ${per_sale}, the most of one sale.` }]
}
