// An invoice or credit note as XML that accounting programs read: UBL 2.1 by EN 16931, in the form of Peppol BIS Billing 3.
// The library writes the markup; texts go in as texts. Source: docs.peppol.eu/poacc/billing/3.0, read 2026-11.

import { currencyOf } from '../lib/currency.ts'
import { divideHalfUp, toMajor } from '../lib/money.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import { addressFault, electronicAddress, registration } from './electronic-address.ts'
import {
  type Buyer,
  type Invoice,
  type InvoiceLine,
  type Party,
  type Seller,
  UNITS,
  type VatCategory,
  vatRows,
} from './invoice.ts'
import { quantityText } from './view.ts'

const CUSTOMIZATION = 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0'
const PROFILE = 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0'
const SPACES = {
  '@xmlns:cac': 'urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2',
  '@xmlns:cbc': 'urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2',
}
const VAT = { 'cac:TaxScheme': { 'cbc:ID': 'VAT' } }
/** Why there is no VAT, by code of the VATEX list. */
const REASONS: Partial<Record<VatCategory, string>> = {
  AE: 'VATEX-EU-AE',
  K: 'VATEX-EU-IC',
  G: 'VATEX-EU-G',
  O: 'VATEX-EU-O',
}
/** Decimals of a price for one unit; a price with VAT in it has no end without it. */
const PRICE_DECIMALS = 8

type Xml = { [name: string]: Xml | Xml[] | string | undefined }

/**
 * The XML of a document that was issued. `rounding`: what cash that paid it came to beyond its part, or less, because the smallest coin
 * is not the smallest amount. Throws invalid-state for a draft, invoice-incomplete where the network needs more than the
 * invoice says.
 */
export async function renderUbl(invoice: Invoice, lines: readonly InvoiceLine[], rounding = 0n): Promise<string> {
  const { seller } = invoice
  if (invoice.state !== 'issued' || !seller) throw new Problem('invalid-state', { detail: 'Issue the invoice first.' })
  mustBeComplete(invoice, seller)
  const isBill = invoice.kind === 'invoice'
  const name = isBill ? 'Invoice' : 'CreditNote'
  const isOutside = lines.some(({ vat_category }) => vat_category === 'O')
  const money = moneyOf(invoice.currency)
  const root: Xml = {
    '@xmlns': `urn:oasis:names:specification:ubl:schema:xsd:${name}-2`,
    ...SPACES,
    'cbc:CustomizationID': CUSTOMIZATION,
    'cbc:ProfileID': PROFILE,
    'cbc:ID': invoice.number ?? '',
    'cbc:IssueDate': invoice.issued_on ?? '',
    'cbc:DueDate': isBill ? (invoice.due_on ?? '') : undefined,
    [`cbc:${name}TypeCode`]: isBill ? '380' : '381',
    'cbc:Note': invoice.note ?? undefined,
    'cbc:DocumentCurrencyCode': invoice.currency,
    'cbc:BuyerReference': invoice.buyer_reference ?? invoice.number ?? '',
    'cac:BillingReference': billingReference(invoice),
    'cac:AccountingSupplierParty': { 'cac:Party': partyOf(seller, isOutside, contactOf(seller.name, seller)) },
    'cac:AccountingCustomerParty': { 'cac:Party': partyOf(invoice.buyer, isOutside, buyerContact(invoice.buyer)) },
    'cac:Delivery': deliveryOf(invoice, lines),
    'cac:PaymentMeans': isBill ? paymentMeans(invoice, seller) : undefined,
    'cac:PaymentTerms': invoice.terms === null ? undefined : { 'cbc:Note': invoice.terms },
    'cac:TaxTotal': taxTotal(invoice, lines, money),
    'cac:LegalMonetaryTotal': {
      'cbc:LineExtensionAmount': money(invoice.net),
      'cbc:TaxExclusiveAmount': money(invoice.net),
      'cbc:TaxInclusiveAmount': money(invoice.total),
      ...payable(invoice, rounding, money),
    },
    [`cac:${name}Line`]: lines.map((line) => lineOf(line, invoice, money)),
  }
  // Loaded at its first use, which most starts never come to.
  const { create } = await import('xmlbuilder2')
  return create({ version: '1.0', encoding: 'UTF-8' }, { [name]: present(root) }).end({ prettyPrint: true })
}

type Money = (amount: bigint) => Xml

function moneyOf(currency: string): Money {
  const exponent = currencyOf(currency)?.exponent ?? 2
  return (amount) => ({ '@currencyID': currency, '#': toMajor(amount, exponent) })
}

/**
 * What was paid before the document was read is not to be paid again: as on the PDF, what is left is what is due. Where cash was rounded,
 * what was paid is what the drawer took, and the rest is no debt.
 */
function payable({ kind, total, amount_paid }: Invoice, rounding: bigint, money: Money): Xml {
  if (kind === 'credit_note' || amount_paid === 0n) return { 'cbc:PayableAmount': money(total) }
  const prepaid = amount_paid < total ? amount_paid : total
  return {
    'cbc:PrepaidAmount': money(prepaid + rounding),
    'cbc:PayableRoundingAmount': rounding === 0n ? undefined : money(rounding),
    'cbc:PayableAmount': money(total - prepaid),
  }
}

function mustBeComplete(invoice: Invoice, seller: Seller): void {
  const errors: FieldProblem[] = [
    ...partyFaults('seller', seller),
    ...partyFaults('buyer', invoice.buyer),
    ...nationalFaults(invoice, seller),
  ]
  if ((currencyOf(invoice.currency)?.exponent ?? 2) > 2)
    errors.push({ pointer: '/currency', detail: 'has more than the two decimals that EN 16931 carries' })
  if (errors.length > 0) throw new Problem('invoice-incomplete', { errors })
}

/** The network needs an address of each, in a scheme it knows. */
function partyFaults(role: 'seller' | 'buyer', party: Party): FieldProblem[] {
  const address = electronicAddress(party)
  const pointer = `/${role}/peppol`
  if (address === null)
    return [{ pointer, detail: `The ${role} has no electronic address, and none follows from company_id or vat_id.` }]
  const fault = addressFault(address)
  return fault === null ? [] : [{ pointer, detail: fault }]
}

/** Rules NL-R, SE-R and DE-R of Peppol BIS, as far as an invoice that may be issued can break them. */
function nationalFaults({ kind, buyer, currency }: Invoice, seller: Seller): FieldProblem[] {
  const errors: FieldProblem[] = []
  const need = (is: boolean | undefined, pointer: string, detail: string) => {
    if (is) errors.push({ pointer, detail })
  }
  const from = seller.address.country
  const isDomestic = from === buyer.address.country
  const isUnregistered = (party: Party) =>
    party.company_id !== undefined && registration(party).scheme === undefined && ['NL', 'SE'].includes(from)
  need(isUnregistered(seller), '/seller/company_id', 'is no number of the register of companies')
  need(isDomestic && from === 'NL' && isUnregistered(buyer), '/buyer/company_id', 'is no KvK number')
  if (isDomestic && (from === 'NL' || from === 'DE')) {
    need(!seller.address.postal_code, '/seller/address/postal_code', 'is needed between parties of this country')
    need(!buyer.address.postal_code, '/buyer/address/postal_code', 'is needed between parties of this country')
  }
  need(from === 'NL' && !isDomestic && !seller.address.postal_code, '/seller/address/postal_code', 'is needed')
  need(isDomestic && from === 'NL' && kind === 'invoice' && !accountOf(seller, currency), '/seller/iban', 'is needed')
  need(isDomestic && from === 'DE' && !seller.phone, '/seller/phone', 'is needed between German parties')
  need(isDomestic && from === 'DE' && !seller.email, '/seller/email', 'is needed between German parties')
  need(from === 'SE' && !/^SE\d{12}$/.test(seller.vat_id ?? ''), '/seller/vat_id', 'must be SE and twelve digits')
  return errors
}

function billingReference({ corrects_number, corrects_issued_on }: Invoice): Xml | undefined {
  if (corrects_number === null) return undefined
  return {
    'cac:InvoiceDocumentReference': { 'cbc:ID': corrects_number, 'cbc:IssueDate': corrects_issued_on ?? undefined },
  }
}

function partyOf(party: Party, isOutside: boolean, contact: Xml | undefined): Xml {
  const { address, vat_id, company_id } = party
  const endpoint = electronicAddress(party)
  const registered = registration(party)
  return {
    'cbc:EndpointID': endpoint === null ? undefined : { '@schemeID': endpoint.scheme, '#': endpoint.id },
    'cac:PostalAddress': {
      'cbc:StreetName': address.line1,
      'cbc:AdditionalStreetName': address.line2,
      'cbc:CityName': address.city,
      'cbc:PostalZone': address.postal_code,
      'cbc:CountrySubentity': address.region,
      'cac:Country': { 'cbc:IdentificationCode': address.country },
    },
    // What is outside the scope of VAT names no VAT numbers (BR-O-02).
    'cac:PartyTaxScheme': vat_id === undefined || isOutside ? undefined : { 'cbc:CompanyID': vat_id, ...VAT },
    'cac:PartyLegalEntity': {
      'cbc:RegistrationName': party.name,
      'cbc:CompanyID': company_id === undefined ? undefined : { '@schemeID': registered.scheme, '#': registered.id },
    },
    'cac:Contact': contact,
  }
}

function contactOf(name: string, { phone, email }: { phone?: string; email?: string }): Xml | undefined {
  return { 'cbc:Name': name, 'cbc:Telephone': phone, 'cbc:ElectronicMail': email }
}

function buyerContact({ contact, email }: Buyer): Xml | undefined {
  return contact === undefined ? undefined : contactOf(contact, email === undefined ? {} : { email })
}

/** Goods that leave for another member state say where they go (BR-IC-11 and 12). */
function deliveryOf({ supplied_on, buyer }: Invoice, lines: readonly InvoiceLine[]): Xml {
  const isAbroad = lines.some(({ vat_category }) => vat_category === 'K')
  const place = { 'cac:Address': { 'cac:Country': { 'cbc:IdentificationCode': buyer.address.country } } }
  return {
    'cbc:ActualDeliveryDate': supplied_on ?? undefined,
    'cac:DeliveryLocation': isAbroad ? place : undefined,
  }
}

/** Where a transfer goes: krona to a bankgiro in the form that Swedish rule SE-R-011 wants, everything else to the IBAN. */
function accountOf({ iban, bic, bankgiro, name }: Seller, currency: string): Xml | undefined {
  const isGiro = currency === 'SEK' && bankgiro !== undefined
  if (!isGiro && iban === undefined) return undefined
  const branch = isGiro ? 'SE:BANKGIRO' : bic
  return {
    'cbc:ID': isGiro ? bankgiro.replace('-', '') : iban,
    'cbc:Name': name,
    'cac:FinancialInstitutionBranch': branch === undefined ? undefined : { 'cbc:ID': branch },
  }
}

/** 58 is a SEPA credit transfer, 30 any other; 1 says that no means was agreed on. UNCL4461. */
function paymentMeans({ currency, reference }: Invoice, seller: Seller): Xml {
  const account = accountOf(seller, currency)
  if (account === undefined) return { 'cbc:PaymentMeansCode': '1' }
  return {
    'cbc:PaymentMeansCode': currency === 'EUR' ? '58' : '30',
    'cbc:PaymentID': reference ?? undefined,
    'cac:PayeeFinancialAccount': account,
  }
}

function taxTotal(invoice: Invoice, lines: readonly InvoiceLine[], money: Money): Xml {
  return {
    'cbc:TaxAmount': money(invoice.tax),
    'cac:TaxSubtotal': vatRows(lines).map(
      (row): Xml => ({
        'cbc:TaxableAmount': money(row.net),
        'cbc:TaxAmount': money(row.tax),
        'cac:TaxCategory': {
          'cbc:ID': row.vat_category,
          'cbc:Percent': row.vat_category === 'O' ? undefined : toMajor(BigInt(row.vat_rate_bp), 2),
          'cbc:TaxExemptionReasonCode': REASONS[row.vat_category],
          'cbc:TaxExemptionReason':
            row.vat_category === 'S' || row.vat_category === 'Z' ? undefined : (row.vat_reason ?? undefined),
          ...VAT,
        },
      }),
    ),
  }
}

function lineOf(line: InvoiceLine, { kind, currency, prices_include_tax }: Invoice, money: Money): Xml {
  const exponent = currencyOf(currency)?.exponent ?? 2
  // Net of VAT, for one unit: quantity × price less the allowance is the line (PEPPOL-EN16931-R120).
  const allowance = netDiscount(line, prices_include_tax)
  const scale = 10n ** BigInt(PRICE_DECIMALS - exponent)
  const price = toMajor(divideHalfUp((line.net + allowance) * scale * 1_000n, line.quantity_e3), PRICE_DECIMALS)
  return {
    'cbc:ID': String(line.no),
    [kind === 'invoice' ? 'cbc:InvoicedQuantity' : 'cbc:CreditedQuantity']: {
      '@unitCode': UNITS[line.unit],
      '#': quantityText(line.quantity_e3),
    },
    'cbc:LineExtensionAmount': money(line.net),
    'cac:AllowanceCharge': allowance === 0n ? undefined : allowanceOf(allowance, money),
    'cac:Item': {
      'cbc:Description': line.detail ?? undefined,
      'cbc:Name': line.name,
      'cac:SellersItemIdentification': line.sku === null ? undefined : { 'cbc:ID': line.sku },
      'cac:ClassifiedTaxCategory': {
        'cbc:ID': line.vat_category,
        'cbc:Percent': line.vat_category === 'O' ? undefined : toMajor(BigInt(line.vat_rate_bp), 2),
        ...VAT,
      },
    },
    'cac:Price': { 'cbc:PriceAmount': { '@currencyID': currency, '#': price } },
  }
}

/** What a discount takes from the net of a line: it is kept as the price is, with tax where prices include it. */
function netDiscount({ discount, vat_rate_bp }: InvoiceLine, pricesIncludeTax: boolean): bigint {
  return pricesIncludeTax ? divideHalfUp(discount * 10_000n, 10_000n + BigInt(vat_rate_bp)) : discount
}

function allowanceOf(amount: bigint, money: Money): Xml {
  // 95 of UNCL5189: a discount.
  return { 'cbc:ChargeIndicator': 'false', 'cbc:AllowanceChargeReasonCode': '95', 'cbc:Amount': money(amount) }
}

/** Without members that are not there: an empty element is forbidden (PEPPOL-EN16931-R008). */
function present(of: Xml): Xml {
  const kept = Object.entries(of).flatMap(([name, value]): [string, Xml | Xml[] | string][] => {
    if (value === undefined || value === '') return []
    if (typeof value === 'string') return [[name, value]]
    if (Array.isArray(value)) return [[name, value.map(present)]]
    const inner = present(value)
    return Object.keys(inner).length === 0 ? [] : [[name, inner]]
  })
  return Object.fromEntries(kept)
}
