// What is being paid and what has been paid of it, beside the keys.

import { fill } from '../shared/fill.ts'
import type { Tender } from './answers.ts'
import type { SaleState } from './sale.ts'
import { methodIcon } from './tender-screen.tsx'
import { quantityText, useTill } from './till.tsx'

export function TenderList({ state }: { state: SaleState }) {
  const { texts, money, language } = useTill()
  const paid = (state.payment?.tenders ?? []).filter(({ amount_captured }) => amount_captured > 0)
  const total = state.order?.total ?? state.cart?.total ?? 0
  return (
    <section className="ticket paying" aria-label={texts.ticket.heading}>
      <ul className="brief">
        {(state.cart?.lines ?? [])
          .filter(({ is_gone }) => !is_gone)
          .map((line) => (
            <li key={line.id}>
              <span className="figure">{quantityText(line.quantity, line.unit ?? 'piece', language)} ×</span>
              <span className="own">{line.name}</span>
              <span className="figure">{money(line.total)}</span>
            </li>
          ))}
      </ul>
      <dl className="sums">
        <div className="sum-total">
          <dt>{texts.ticket.total}</dt>
          <dd className="figure">{money(total)}</dd>
        </div>
        {paid.map((tender) => (
          <div key={tender.id} className="paid-by">
            <dt>
              {methodIcon(tender.method)}
              {tenderName(texts, tender)}
            </dt>
            <dd className="figure">{money(-tender.amount_captured)}</dd>
          </div>
        ))}
        {paid.length === 0 ? null : (
          <div className="sum-total rest">
            <dt>{texts.tender.rest}</dt>
            <dd className="figure">{money(state.due)}</dd>
          </div>
        )}
      </dl>
    </section>
  )
}

/** `Visa …4242`, `Cash`. */
export function tenderName(
  texts: { methods: Readonly<Record<string, string>>; cardEnding: string },
  { method, instrument }: Pick<Tender, 'method' | 'instrument'>,
): string {
  const name = texts.methods[method] ?? method
  if (!instrument?.last4) return name
  return fill(texts.cardEnding, { brand: brandName(instrument.brand) ?? name, last4: instrument.last4 })
}

const BRANDS: Readonly<Record<string, string>> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  mc: 'Mastercard',
  maestro: 'Maestro',
  vpay: 'V PAY',
  amex: 'American Express',
  bancontact: 'Bancontact',
  cartes_bancaires: 'CB',
  cartebancaire: 'CB',
  bcmc: 'Bancontact',
  girocard: 'Girocard',
}
const brandName = (brand: string | undefined): string | undefined =>
  brand === undefined ? undefined : (BRANDS[brand] ?? brand)
