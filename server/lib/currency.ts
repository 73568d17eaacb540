// Active ISO 4217 currencies and how many decimals their minor unit has, as data of ours. `Intl` is never asked: it gives
// HUF 0 decimals where ISO has 2, and accepts codes that do not exist. Left out on purpose: precious metals, bond-market
// units, XDR and SUR-like units of account, XTS, XXX and fund codes, since nobody pays with them. Connectors keep tables of
// their own beside this one, because providers disagree with ISO. Source: ISO 4217 list one, amendments to 2025.

export interface Currency {
  /** Three capital letters. */
  code: string
  /** Decimals of the minor unit: 100 is 1.00 EUR, 100 JPY, 0.100 KWD. */
  exponent: number
}

const CODES_BY_EXPONENT: Record<number, string> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF',
  2:
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP ' +
    'CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES ' +
    'KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK ' +
    'NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB ' +
    'TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG',
  3: 'BHD IQD JOD KWD LYD OMR TND',
}

const CURRENCIES: ReadonlyMap<string, Currency> = new Map(
  Object.entries(CODES_BY_EXPONENT).flatMap(([exponent, codes]) =>
    codes.split(' ').map((code): [string, Currency] => [code, { code, exponent: Number(exponent) }]),
  ),
)

/**
 * The currency of an exact upper-case code, or undefined. Never folds case: `'uſd'.toUpperCase()` is `'USD'`, and a
 * code that needed folding came from somewhere that should be looked at.
 */
export function currencyOf(code: string): Currency | undefined {
  return CURRENCIES.get(code)
}

/** Every code, sorted. For menus and tests. */
export function currencyCodes(): string[] {
  return [...CURRENCIES.keys()].sort()
}
