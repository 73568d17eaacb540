// What a mailed receipt says, in the languages people are written to in.

import type { Language } from '../lib/language.ts'

export interface ReceiptTexts {
  /** `{shop}` stands for the merchant. */
  subject: string
  refundSubject: string
  thanks: string
  total: string
  givenBack: string
  number: string
  date: string
  store: string
  cashier: string
  /** `{rate}` stands for the rate. */
  vat: string
  paidWith: string
  change: string
  /** Ways to pay that have a name of their own in the language; all others are called what they call themselves. */
  methods: Readonly<Record<string, string>>
  rounding: string
  /** In large letters on every print after the first. */
  copy: string
  gift: string
  look: string
  footer: string
}

export const TEXTS: Readonly<Record<Language, ReceiptTexts>> = {
  en: {
    subject: 'Your receipt from {shop}',
    refundSubject: 'Your refund from {shop}',
    thanks: 'Thank you for shopping with us.',
    total: 'Total',
    givenBack: 'Given back',
    number: 'Receipt',
    date: 'Date',
    store: 'Store',
    cashier: 'Served by',
    vat: 'VAT {rate}',
    paidWith: 'Paid by',
    change: 'Change',
    methods: { cash: 'Cash', card: 'Card', gift_card: 'Gift card', store_credit: 'Store credit', points: 'Points' },
    rounding: 'Rounding',
    copy: 'COPY',
    gift: 'GIFT RECEIPT',
    look: 'Look at your order',
    footer: 'You asked for this receipt at the till.',
  },
  nl: {
    subject: 'Je kassabon van {shop}',
    refundSubject: 'Je terugbetaling van {shop}',
    thanks: 'Bedankt voor je aankoop.',
    total: 'Totaal',
    givenBack: 'Terugbetaald',
    number: 'Bon',
    date: 'Datum',
    store: 'Winkel',
    cashier: 'Geholpen door',
    vat: 'Btw {rate}',
    paidWith: 'Betaald met',
    change: 'Wisselgeld',
    methods: {
      cash: 'Contant',
      card: 'Kaart',
      gift_card: 'Cadeaukaart',
      store_credit: 'Winkeltegoed',
      points: 'Punten',
    },
    rounding: 'Afronding',
    copy: 'KOPIE',
    gift: 'RUILBON',
    look: 'Bekijk je bestelling',
    footer: 'Je hebt bij de kassa om deze bon gevraagd.',
  },
  sv: {
    subject: 'Ditt kvitto från {shop}',
    refundSubject: 'Din återbetalning från {shop}',
    thanks: 'Tack för ditt köp.',
    total: 'Summa',
    givenBack: 'Återbetalt',
    number: 'Kvitto',
    date: 'Datum',
    store: 'Butik',
    cashier: 'Du betjänades av',
    vat: 'Moms {rate}',
    paidWith: 'Betalat med',
    change: 'Växel',
    methods: { cash: 'Kontant', card: 'Kort', gift_card: 'Presentkort', store_credit: 'Tillgodo', points: 'Poäng' },
    rounding: 'Öresavrundning',
    copy: 'KOPIA',
    gift: 'PRESENTKVITTO',
    look: 'Se din order',
    footer: 'Du bad om det här kvittot i kassan.',
  },
  pl: {
    subject: 'Twój paragon z {shop}',
    refundSubject: 'Twój zwrot z {shop}',
    thanks: 'Dziękujemy za zakupy.',
    total: 'Razem',
    givenBack: 'Zwrócono',
    number: 'Paragon',
    date: 'Data',
    store: 'Sklep',
    cashier: 'Obsługa',
    vat: 'VAT {rate}',
    paidWith: 'Zapłacono',
    change: 'Reszta',
    methods: {
      cash: 'Gotówka',
      card: 'Karta',
      gift_card: 'Karta podarunkowa',
      store_credit: 'Saldo w sklepie',
      points: 'Punkty',
    },
    rounding: 'Zaokrąglenie',
    copy: 'KOPIA',
    gift: 'PARAGON PREZENTOWY',
    look: 'Zobacz zamówienie',
    footer: 'O ten paragon poproszono przy kasie.',
  },
  fr: {
    subject: 'Votre ticket de {shop}',
    refundSubject: 'Votre remboursement de {shop}',
    thanks: 'Merci de votre visite.',
    total: 'Total',
    givenBack: 'Remboursé',
    number: 'Ticket',
    date: 'Date',
    store: 'Magasin',
    cashier: 'Servi par',
    vat: 'TVA {rate}',
    paidWith: 'Payé par',
    change: 'Rendu',
    methods: { cash: 'Espèces', card: 'Carte', gift_card: 'Carte cadeau', store_credit: 'Avoir', points: 'Points' },
    rounding: 'Arrondi',
    copy: 'DUPLICATA',
    gift: 'TICKET CADEAU',
    look: 'Voir votre commande',
    footer: 'Vous avez demandé ce ticket à la caisse.',
  },
  de: {
    subject: 'Ihr Kassenbon von {shop}',
    refundSubject: 'Ihre Erstattung von {shop}',
    thanks: 'Vielen Dank für Ihren Einkauf.',
    total: 'Summe',
    givenBack: 'Erstattet',
    number: 'Bon',
    date: 'Datum',
    store: 'Filiale',
    cashier: 'Es bediente Sie',
    vat: 'MwSt. {rate}',
    paidWith: 'Bezahlt mit',
    change: 'Rückgeld',
    methods: { cash: 'Bar', card: 'Karte', gift_card: 'Geschenkkarte', store_credit: 'Guthaben', points: 'Punkte' },
    rounding: 'Rundung',
    copy: 'KOPIE',
    gift: 'GESCHENKBON',
    look: 'Bestellung ansehen',
    footer: 'Sie haben an der Kasse um diesen Bon gebeten.',
  },
}
