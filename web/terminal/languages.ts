// The languages the page is written in, by the names they call themselves.

import type { Language } from '../../server/lib/language.ts'

export const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  nl: 'Nederlands',
  sv: 'Svenska',
  pl: 'Polski',
  fr: 'Français',
  de: 'Deutsch',
}
