// Addresses that open a chat, mail or text message with the link in it, ready to be sent.

import type { Language } from '../lib/language.ts'
import { fill, TEXTS } from './texts.ts'

export interface ShareOf {
  language: Language
  url: string
  merchant: string
  /** As text; null where the payer says. */
  amount: string | null
  what: string | null
  email: string | null
}

export interface ShareLinks {
  /** The message, with the address at its end. */
  text: string
  whatsapp: string
  telegram: string
  mail: string
  sms: string
}

/** Every part is encoded: a name or description is text in the message, never a parameter of the address. */
export function shareLinks({ language, url, merchant, amount, what, email }: ShareOf): ShareLinks {
  const texts = TEXTS[language]
  const message = (to: string) =>
    fill(amount === null ? texts.shareOpen : texts.share, { amount: amount ?? '', merchant, url: to })
  const text = what === null ? message(url) : `${what}\n${message(url)}`
  // Telegram shows the address by itself, above the text.
  const bare = text.slice(0, text.lastIndexOf(url)).replace(/\s*:\s*$/u, '')
  const subject = fill(amount === null ? texts.subjectOpen : texts.subject, { amount: amount ?? '', merchant })
  const encoded = encodeURIComponent(text)
  return {
    text,
    whatsapp: `https://wa.me/?text=${encoded}`,
    telegram: `https://t.me/share/url?url=${encodeURIComponent(url)}&text=${encodeURIComponent(bare)}`,
    mail: `mailto:${email === null ? '' : encodeURIComponent(email)}?subject=${encodeURIComponent(subject)}&body=${encoded}`,
    sms: `sms:?body=${encoded}`,
  }
}
