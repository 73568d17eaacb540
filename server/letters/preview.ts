// What each letter looks like, with a customer and an order that do not exist: for `/dev/mail`.

import { amountText, dateText, LANGUAGES, type Language, timeText } from '../lib/language.ts'
import type { MailPreview } from '../mail/index.ts'
import type { Facts } from './facts.ts'
import { letterOf } from './letter.ts'
import { LETTER_KINDS } from './occasion.ts'

const PLACED = new Date('2026-11-21T14:03:00Z')
const UNTIL = new Date('2026-11-28T18:00:00Z')
const ZONE = 'Europe/Amsterdam'

/** Every letter in every language. */
export function letterPreviews(): MailPreview[] {
  return LETTER_KINDS.flatMap((kind) =>
    LANGUAGES.map((language) => ({ kind, language, ...letterOf(kind, sample(language)) })),
  )
}

function sample(language: Language): Facts {
  const show = (amount: bigint) => amountText(language, amount, 'EUR')
  return {
    language,
    merchant: { name: 'Demo Retail', replyTo: null, accent: null },
    number: '10042',
    url: 'http://localhost:4000/o/preview',
    placedOn: dateText(language, PLACED, ZONE),
    lines: [
      { name: '2 × Kimono', amount: show(9_990n) },
      { name: 'Café au lait <b>', amount: show(1_295n) },
    ],
    total: show(11_285n),
    taxes: [{ rate: '21 %', amount: show(1_958n) }],
    paid: show(11_285n),
    due: null,
    amount: show(11_285n),
    store: { name: 'Demo Retail Jordaan', address: ['Prinsengracht 1', '1015 DK Amsterdam'] },
    address: ['Ada Lovelace', 'Keizersgracht 12', '1015 CX Amsterdam'],
    code: '7K3QXR',
    until: timeText(language, UNTIL, ZONE),
    tracking: { carrier: 'PostNL', number: '3SABCD0123456', url: 'https://carrier.example/3SABCD0123456' },
  }
}
