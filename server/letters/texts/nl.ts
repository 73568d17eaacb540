// The words of letters in Dutch.

import type { LetterTexts } from './index.ts'

export const NL: LetterTexts = {
  order: 'Bestelling',
  placed: 'Besteld op',
  total: 'Totaal',
  vat: 'Btw {rate}',
  paid: 'Betaald',
  due: 'Nog te betalen',
  deliverTo: 'Bezorgadres',
  store: 'Winkel',
  place: 'Adres',
  code: 'Je code',
  until: 'Tot',
  carrier: 'Vervoerder',
  tracking: 'Pakketnummer',
  look: 'Bekijk je bestelling',
  receipt: 'Bekijk je kassabon',
  follow: 'Volg je pakket',
  why: 'Je krijgt dit omdat je iets kocht bij {merchant}.',
  thanks: 'We hebben je betaling ontvangen. Dank je wel.',
  reference: 'Kenmerk',
  invoice: 'Factuur',
  lookPayment: 'Bekijk je betaling',
  whyPaid: 'Je krijgt dit omdat je aan {merchant} hebt betaald.',
  letters: {
    order_confirmed: {
      subject: '{merchant}: bestelling {number} bevestigd',
      title: 'Bedankt voor je bestelling',
      lead: 'We hebben alles wat we nodig hebben. Je hoort van ons als je bestelling onderweg is of klaarligt.',
    },
    receipt: {
      subject: '{merchant}: kassabon {number}',
      title: 'Je kassabon',
      lead: 'Bedankt voor je aankoop. Dit is je kassabon.',
    },
    payment_received: {
      subject: '{merchant}: betaling van {amount} ontvangen',
      title: 'Je betaling is binnen',
      lead: 'We hebben je betaling voor bestelling {number} ontvangen. Dank je wel.',
    },
    refund: {
      subject: '{merchant}: je krijgt {amount} terug',
      title: 'Je terugbetaling',
      lead: 'We hebben dit bedrag teruggestort. Bij sommige banken duurt het een paar dagen voor je het ziet.',
    },
    pickup_ready: {
      subject: '{merchant}: bestelling {number} ligt klaar',
      title: 'Klaar om af te halen',
      lead: 'Laat deze code zien aan de balie. Wie de code heeft, mag afhalen: houd hem dus voor jezelf.',
    },
    pickup_reminder: {
      subject: '{merchant}: bestelling {number} wacht nog op je',
      title: 'Nog één dag om af te halen',
      lead: 'Je bestelling ligt nog één dag klaar. Laat deze code zien aan de balie.',
    },
    pickup_expired: {
      subject: '{merchant}: bestelling {number} is niet afgehaald',
      title: 'De afhaaltijd is voorbij',
      lead: 'De artikelen zijn weer te koop. Je betaalt er niets voor: wat je al betaald hebt, krijg je terug.',
    },
    shipped: {
      subject: '{merchant}: bestelling {number} is onderweg',
      title: 'Je pakket is onderweg',
      lead: 'We hebben je pakket aan de vervoerder gegeven.',
    },
  },
}
