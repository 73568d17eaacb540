// The words and figures of one language.

import type { Language } from '../../server/lib/language.ts'
import type { Money } from '../../server/virtual-terminal/view.ts'
import { TEXTS, type Texts } from './texts/texts.ts'

export interface Words {
  texts: Texts
  language: Language
  /** An amount as the reader writes it. */
  amount(money: Money): string
}

export function wordsOf(language: Language): Words {
  return {
    texts: TEXTS[language],
    language,
    amount({ amount, currency, exponent }) {
      return new Intl.NumberFormat(language === 'en' ? 'en-GB' : language, {
        style: 'currency',
        currency,
        minimumFractionDigits: exponent,
        maximumFractionDigits: exponent,
      }).format(amount / 10 ** exponent)
    },
  }
}
