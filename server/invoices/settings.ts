// Who sells, how it is paid and how it asks: what every invoice of a merchant needs, and a merchant says once.

import { type Db, type Queryable, type Tx, transact } from '../db/pool.ts'
import type { Clock } from '../lib/clock.ts'
import { readIban } from '../lib/iban.ts'
import { oneLine } from '../lib/inert-text.ts'
import { type Language, languageOfCountry } from '../lib/language.ts'
import { type FieldProblem, Problem } from '../lib/problem.ts'
import { isTimeZone, timeZoneOf } from '../merchants/index.ts'
import { addressFault } from './electronic-address.ts'
import type { Seller } from './invoice.ts'
import { luhnDigit, type ReferenceKind } from './reference.ts'
import { readSettings, writeSettings } from './settings-store.ts'

export interface InvoiceSettings {
  seller: Seller
  /** Language of an invoice that names none; default: that of the buyer's country. */
  language?: Language
  /** Default: by the seller's country and the currency. */
  reference_kind?: ReferenceKind
  due_days: number
  terms?: string
  /** Before the number: `2026-00001` with none. Each prefix counts by itself. */
  invoice_prefix: string
  credit_prefix: string
  time_zone: string
  /** Days after the due day, below 0 before it; none: nobody is reminded. */
  reminder_days: number[]
}

/** As a merchant gives it: what is left out is as usual. */
export type SettingsInput = Pick<InvoiceSettings, 'seller' | 'language' | 'reference_kind' | 'terms'> &
  Partial<InvoiceSettings>

/** Thirty days are the longest the law lets a consumer's or small company's invoice take without an agreement. */
const DUE_DAYS = 30
const REMINDER_DAYS = [-3, 0, 7, 14]

export interface SettingsView {
  object: 'invoice_settings'
  /** Null: nothing was said yet, and nothing can be issued. */
  settings: InvoiceSettings | null
  version: number
}

export async function settingsOf(deps: { db: Queryable }, merchantId: string): Promise<SettingsView> {
  const row = await readSettings(deps.db, merchantId)
  return { object: 'invoice_settings', settings: row?.settings ?? null, version: row?.version ?? 0 }
}

/** Replaces the settings; invoices that were issued keep theirs. Throws validation-error, version-conflict. */
export function setSettings(
  deps: { db: Db; clock: Pick<Clock, 'now'> },
  merchantId: string,
  input: { settings: SettingsInput; ifVersion: number | undefined },
): Promise<SettingsView> {
  const settings = whole(input.settings)
  return transact(deps.db, async (tx: Tx) => {
    const at = deps.clock.now()
    const version = await writeSettings(tx, merchantId, { settings, ifVersion: input.ifVersion, at })
    if (version === null) throw new Problem('version-conflict')
    return { object: 'invoice_settings' as const, settings, version }
  })
}

/** Which scheme an invoice prints: the one that banks of the seller's country know, where the currency is theirs. */
export function referenceKindFor(settings: InvoiceSettings, currency: string): ReferenceKind {
  if (settings.reference_kind) return settings.reference_kind
  const usual: Record<string, ReferenceKind> = { 'NL EUR': 'nl', 'SE SEK': 'se', 'BE EUR': 'be' }
  return usual[`${settings.seller.address.country} ${currency}`] ?? 'rf'
}

/** The language of an invoice: the one asked for, the merchant's, the buyer's country's. */
export function languageFor(asked: Language | undefined, settings: InvoiceSettings | null, country: string): Language {
  return asked ?? settings?.language ?? languageOfCountry(country)
}

function whole(input: SettingsInput): InvoiceSettings {
  const settings: InvoiceSettings = {
    ...input,
    seller: checkedSeller(input.seller),
    due_days: input.due_days ?? DUE_DAYS,
    invoice_prefix: input.invoice_prefix ?? '',
    credit_prefix: input.credit_prefix ?? 'C',
    time_zone: input.time_zone ?? timeZoneOf(input.seller.address.country),
    reminder_days: [...new Set(input.reminder_days ?? REMINDER_DAYS)].sort((a, b) => a - b),
  }
  if (settings.terms !== undefined) settings.terms = oneLine(settings.terms, 500)
  if (!isTimeZone(settings.time_zone)) refuse([{ pointer: '/time_zone', detail: 'is not a time zone' }])
  if (settings.invoice_prefix === settings.credit_prefix)
    refuse([{ pointer: '/credit_prefix', detail: 'must differ from invoice_prefix, or two documents get one number' }])
  return settings
}

function checkedSeller(given: Seller): Seller {
  const seller: Seller = cleaned(given)
  const errors: FieldProblem[] = []
  if (seller.name === '') errors.push({ pointer: '/seller/name', detail: 'shows nothing' })
  if (seller.iban !== undefined) {
    const read = readIban(seller.iban)
    if ('iban' in read) seller.iban = read.iban
    else errors.push({ pointer: '/seller/iban', detail: read.fault })
  }
  if (seller.bankgiro !== undefined) {
    const digits = seller.bankgiro.replaceAll(/[ -]/g, '')
    if (!/^\d{7,8}$/.test(digits) || luhnDigit(digits.slice(0, -1)) !== digits.at(-1))
      errors.push({ pointer: '/seller/bankgiro', detail: 'has a wrong check digit' })
    else seller.bankgiro = `${digits.slice(0, -4)}-${digits.slice(-4)}`
  }
  if (seller.vat_id !== undefined) {
    seller.vat_id = compactVatId(seller.vat_id)
    // Greece writes EL, where ISO has GR.
    const country = seller.address.country === 'GR' ? 'EL' : seller.address.country
    if (!/^[A-Z]{2}[A-Z0-9+*]{2,13}$/.test(seller.vat_id) || !seller.vat_id.startsWith(country))
      errors.push({
        pointer: '/seller/vat_id',
        detail: `must begin with ${country}, as the VAT number of the country does`,
      })
  }
  const fault = seller.peppol === undefined ? null : addressFault(seller.peppol)
  if (fault !== null) errors.push({ pointer: '/seller/peppol', detail: fault })
  if (errors.length > 0) refuse(errors)
  return seller
}

/** VAT numbers are written with points and blanks; on an invoice they stand without. */
export function compactVatId(text: string): string {
  return text.replaceAll(/[ .-]/g, '').toUpperCase()
}

/** Texts of one line without marks of direction, in a party and its address. */
export function cleaned<T extends object>(of: T): T {
  return Object.fromEntries(
    Object.entries(of).map(([name, value]) => {
      if (typeof value === 'string') return [name, oneLine(value, 500)]
      return [name, typeof value === 'object' && value !== null ? cleaned(value) : value]
    }),
  ) as T
}

function refuse(errors: FieldProblem[]): never {
  throw new Problem('validation-error', { errors })
}
