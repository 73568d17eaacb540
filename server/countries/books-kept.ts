// For how many years the law of a seller's country wants its books kept, counted from the end of the year: what is bought and paid cannot
// be forgotten sooner. The longest term where it differs by kind of paper.

const YEARS: Readonly<Record<string, number>> = {
  // Wetboek btw art. 60, since 2023.
  BE: 10,
  // Abgabenordnung § 147: books ten, vouchers eight.
  DE: 10,
  // Code de commerce L123-22.
  FR: 10,
  // Companies Act, Finance Act 1998 sch. 18: six from the end of the period.
  GB: 6,
  // Algemene wet inzake rijksbelastingen art. 52.
  NL: 7,
  // Ustawa o rachunkowości art. 74.
  PL: 5,
  // Bokföringslagen 7 kap. 2 §.
  SE: 7,
}

/** Null for a country whose term we do not know. */
export function booksKeptYears(country: string): number | null {
  return YEARS[country] ?? null
}
