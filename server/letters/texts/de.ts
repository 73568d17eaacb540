// The words of letters in German.

import type { LetterTexts } from './index.ts'

export const DE: LetterTexts = {
  order: 'Bestellung',
  placed: 'Bestellt am',
  total: 'Summe',
  vat: 'MwSt. {rate}',
  paid: 'Bezahlt',
  due: 'Noch zu bezahlen',
  deliverTo: 'Lieferadresse',
  store: 'Filiale',
  place: 'Adresse',
  code: 'Ihr Code',
  until: 'Bis',
  carrier: 'Versand mit',
  tracking: 'Sendungsnummer',
  look: 'Bestellung ansehen',
  receipt: 'Beleg ansehen',
  follow: 'Sendung verfolgen',
  why: 'Sie erhalten diese Nachricht, weil Sie bei {merchant} eingekauft haben.',
  thanks: 'Wir haben Ihre Zahlung erhalten. Vielen Dank.',
  reference: 'Verwendungszweck',
  invoice: 'Rechnung',
  lookPayment: 'Zahlung ansehen',
  whyPaid: 'Sie erhalten diese Nachricht, weil Sie an {merchant} bezahlt haben.',
  letters: {
    order_confirmed: {
      subject: '{merchant}: Bestellung {number} bestätigt',
      title: 'Danke für Ihre Bestellung',
      lead: 'Wir haben alles, was wir brauchen. Wir schreiben Ihnen wieder, wenn sie unterwegs ist oder bereitliegt.',
    },
    receipt: {
      subject: '{merchant}: Beleg {number}',
      title: 'Ihr Beleg',
      lead: 'Danke für Ihren Einkauf. Dies ist Ihr Beleg.',
    },
    payment_received: {
      subject: '{merchant}: Zahlung von {amount} erhalten',
      title: 'Ihre Zahlung ist da',
      lead: 'Wir haben Ihre Zahlung für Bestellung {number} erhalten. Vielen Dank.',
    },
    refund: {
      subject: '{merchant}: Sie erhalten {amount} zurück',
      title: 'Ihre Rückzahlung',
      lead: 'Wir haben diesen Betrag zurückgezahlt. Bei manchen Banken dauert es einige Tage, bis Sie ihn sehen.',
    },
    pickup_ready: {
      subject: '{merchant}: Bestellung {number} liegt bereit',
      title: 'Bereit zur Abholung',
      lead: 'Zeigen Sie diesen Code an der Kasse. Wer ihn hat, darf abholen: Behalten Sie ihn für sich.',
    },
    pickup_reminder: {
      subject: '{merchant}: Bestellung {number} wartet noch auf Sie',
      title: 'Noch ein Tag zum Abholen',
      lead: 'Ihre Bestellung liegt noch einen Tag bereit. Zeigen Sie diesen Code an der Kasse.',
    },
    pickup_expired: {
      subject: '{merchant}: Bestellung {number} wurde nicht abgeholt',
      title: 'Die Zeit zum Abholen ist vorbei',
      lead: 'Die Ware ist wieder im Verkauf. Sie bezahlen nichts dafür: Was Sie schon bezahlt haben, erhalten Sie zurück.',
    },
    shipped: {
      subject: '{merchant}: Bestellung {number} ist unterwegs',
      title: 'Ihre Sendung ist unterwegs',
      lead: 'Wir haben Ihre Sendung dem Versand übergeben.',
    },
  },
}
