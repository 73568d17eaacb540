// What a letter tells of, read when it is written: texts in the customer's language, amounts and times as they are read there.

import { settingsOf } from '../checkout/index.ts'
import type { Queryable } from '../db/pool.ts'
import { pickupCode, readFulfilment } from '../fulfilments/index.ts'
import { amountText, dateText, type Language, languageOfCountry, languageOfTag, timeText } from '../lib/language.ts'
import { isMailAddress } from '../mail/index.ts'
import { type Order, type OrderView, orderPageUrl, readOrderView } from '../orders/index.ts'
import { operationAmount } from '../payments/index.ts'
import type { LetterDeps } from './deps.ts'
import type { Occasion } from './occasion.ts'

export interface Facts {
  language: Language
  merchant: { name: string; replyTo: string | null; accent: string | null }
  number: string
  /** Where the order is looked at. */
  url: string
  placedOn: string
  lines: { name: string; amount: string }[]
  total: string
  taxes: { rate: string; amount: string }[]
  paid: string | null
  due: string | null
  /** The money of the occasion. */
  amount: string | null
  store: { name: string; address: string[] } | null
  address: string[]
  code: string | null
  until: string | null
  tracking: { carrier: string; number: string; url: string | null } | null
}

/** The facts of one occasion; null where what it is about is no longer there. */
export async function factsOf(
  deps: LetterDeps,
  db: Queryable,
  merchantId: string,
  row: Order,
  occasion: Occasion,
): Promise<Facts | null> {
  const merchant = await deps.merchantCache.get(merchantId)
  const order = await readOrderView({ db: deps.db, taxPrepaid: deps.taxPrepaid }, merchantId, row.id)
  if (!merchant || !order) return null
  const told = row.customer_id === null ? null : await deps.languageOf(db, merchantId, row.customer_id)
  const language = languageOfTag(told) ?? languageOfCountry(row.country)
  const { display_name, accent, support_email } = await settingsOf(deps, merchantId)
  const parcel =
    occasion.fulfilmentId === undefined ? null : await readFulfilment(db, merchantId, occasion.fulfilmentId)
  const store = merchant.stores.get(parcel?.destination_store_id ?? parcel?.store_id ?? row.store_id ?? '')
  const zone = store?.timeZone ?? [...merchant.stores.values()][0]?.timeZone ?? 'UTC'
  const money = occasion.money ? await operationAmount(db, merchantId, occasion.money) : null
  const show = (amount: number | bigint) => amountText(language, BigInt(amount), order.currency)
  return {
    language,
    merchant: {
      name: display_name ?? merchant.name,
      replyTo: support_email !== null && isMailAddress(support_email) ? support_email : null,
      accent,
    },
    number: order.number,
    url: await orderPageUrl(deps, merchantId, row.id),
    placedOn: dateText(language, row.placed_at, zone),
    lines: linesOf(order, show),
    total: show(order.total),
    taxes: order.taxes
      .filter(({ tax }) => tax !== 0)
      .map(({ tax_rate_bp, tax }) => ({ rate: percent(language, tax_rate_bp), amount: show(tax) })),
    paid: order.amount_paid === 0 ? null : show(order.amount_paid),
    due: order.amount_due === 0 ? null : show(order.amount_due),
    amount: money === null ? null : show(money),
    store: store ? { name: store.name, address: addressLines(store.address) } : null,
    address: addressLines(parcel?.address ?? order.shipping_address),
    code: parcel?.code_hash == null ? null : await pickupCode(deps, merchantId, parcel),
    until: parcel?.expires_at == null ? null : timeText(language, parcel.expires_at, zone),
    tracking: parcel?.tracking ? { ...parcel.tracking, url: webUrl(parcel.tracking.url) } : null,
  }
}

/** What was ordered and not cancelled: `2 × Mug`. */
function linesOf(order: OrderView, show: (amount: number) => string): Facts['lines'] {
  return order.lines.flatMap(({ name, unit, quantity, quantity_cancelled, total }) => {
    const left = quantity - quantity_cancelled
    const count = unit === 'gram' ? `${left} g ` : left === 1 ? '' : `${left} × `
    return left === 0 ? [] : [{ name: `${count}${name}`, amount: show(total) }]
  })
}

function percent(language: Language, basisPoints: number): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 }).format(basisPoints / 10_000)
}

function addressLines(address: unknown): string[] {
  if (typeof address !== 'object' || address === null) return []
  const { name, lines, line1, line2, postal_code, city } = address as Record<string, unknown>
  const place = [postal_code, city].filter((part) => typeof part === 'string').join(' ')
  return [name, line1, line2, ...(Array.isArray(lines) ? lines : []), place].filter(
    (part): part is string => typeof part === 'string' && part !== '',
  )
}

/** A carrier's address came with a request: only a web address becomes a button. */
function webUrl(url: string | undefined): string | null {
  return url !== undefined && url.length <= 2_000 && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null
}
