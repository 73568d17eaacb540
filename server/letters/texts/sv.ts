// The words of letters in Swedish.

import type { LetterTexts } from './index.ts'

export const SV: LetterTexts = {
  order: 'Beställning',
  placed: 'Beställd',
  total: 'Totalt',
  vat: 'Moms {rate}',
  paid: 'Betalt',
  due: 'Kvar att betala',
  deliverTo: 'Leveransadress',
  store: 'Butik',
  place: 'Adress',
  code: 'Din kod',
  until: 'Till',
  carrier: 'Transportör',
  tracking: 'Paketnummer',
  look: 'Se din beställning',
  receipt: 'Se ditt kvitto',
  follow: 'Följ ditt paket',
  why: 'Du får det här för att du har handlat hos {merchant}.',
  thanks: 'Vi har fått din betalning. Tack.',
  reference: 'Referens',
  invoice: 'Faktura',
  lookPayment: 'Se din betalning',
  whyPaid: 'Du får det här för att du har betalat till {merchant}.',
  letters: {
    order_confirmed: {
      subject: '{merchant}: beställning {number} bekräftad',
      title: 'Tack för din beställning',
      lead: 'Vi har allt vi behöver. Vi hör av oss när den skickas eller ligger klar.',
    },
    receipt: {
      subject: '{merchant}: kvitto {number}',
      title: 'Ditt kvitto',
      lead: 'Tack för ditt köp. Här är ditt kvitto.',
    },
    payment_received: {
      subject: '{merchant}: betalning på {amount} mottagen',
      title: 'Din betalning har kommit',
      lead: 'Vi har fått din betalning för beställning {number}. Tack.',
    },
    refund: {
      subject: '{merchant}: du får tillbaka {amount}',
      title: 'Din återbetalning',
      lead: 'Vi har betalat tillbaka beloppet. Hos vissa banker tar det några dagar innan du ser det.',
    },
    pickup_ready: {
      subject: '{merchant}: beställning {number} är klar att hämta',
      title: 'Klar att hämta',
      lead: 'Visa koden i kassan. Den som har koden får hämta, så behåll den för dig själv.',
    },
    pickup_reminder: {
      subject: '{merchant}: beställning {number} väntar på dig',
      title: 'En dag kvar att hämta',
      lead: 'Din beställning ligger kvar en dag till. Visa koden i kassan.',
    },
    pickup_expired: {
      subject: '{merchant}: beställning {number} hämtades inte',
      title: 'Tiden att hämta är slut',
      lead: 'Varorna säljs igen. Du betalar ingenting för dem: det du redan har betalat får du tillbaka.',
    },
    shipped: {
      subject: '{merchant}: beställning {number} är på väg',
      title: 'Ditt paket är på väg',
      lead: 'Vi har lämnat ditt paket till transportören.',
    },
  },
}
