// The words of letters in Polish.

import type { LetterTexts } from './index.ts'

export const PL: LetterTexts = {
  order: 'Zamówienie',
  placed: 'Data zamówienia',
  total: 'Razem',
  vat: 'VAT {rate}',
  paid: 'Zapłacono',
  due: 'Pozostało do zapłaty',
  deliverTo: 'Adres dostawy',
  store: 'Sklep',
  place: 'Adres',
  code: 'Twój kod',
  until: 'Do',
  carrier: 'Przewoźnik',
  tracking: 'Numer przesyłki',
  look: 'Zobacz zamówienie',
  receipt: 'Zobacz paragon',
  follow: 'Śledź przesyłkę',
  why: 'Ta wiadomość dotyczy zakupów w {merchant}.',
  thanks: 'Otrzymaliśmy płatność. Dziękujemy.',
  reference: 'Tytuł',
  invoice: 'Faktura',
  lookPayment: 'Zobacz płatność',
  whyPaid: 'Ta wiadomość dotyczy płatności dla {merchant}.',
  letters: {
    order_confirmed: {
      subject: '{merchant}: zamówienie {number} potwierdzone',
      title: 'Dziękujemy za zamówienie',
      lead: 'Mamy wszystko, czego potrzebujemy. Napiszemy, gdy zamówienie zostanie wysłane lub będzie gotowe do odbioru.',
    },
    receipt: {
      subject: '{merchant}: potwierdzenie zakupu {number}',
      title: 'Potwierdzenie zakupu',
      lead: 'Dziękujemy za zakupy. Oto potwierdzenie.',
    },
    payment_received: {
      subject: '{merchant}: otrzymaliśmy {amount}',
      title: 'Płatność dotarła',
      lead: 'Otrzymaliśmy płatność za zamówienie {number}. Dziękujemy.',
    },
    refund: {
      subject: '{merchant}: zwracamy {amount}',
      title: 'Zwrot pieniędzy',
      lead: 'Zwróciliśmy tę kwotę. W niektórych bankach widać ją dopiero po kilku dniach.',
    },
    pickup_ready: {
      subject: '{merchant}: zamówienie {number} czeka na odbiór',
      title: 'Gotowe do odbioru',
      lead: 'Pokaż ten kod przy kasie. Zamówienie odbierze każdy, kto ma kod, więc zachowaj go dla siebie.',
    },
    pickup_reminder: {
      subject: '{merchant}: zamówienie {number} wciąż czeka',
      title: 'Został jeden dzień na odbiór',
      lead: 'Zamówienie czeka jeszcze jeden dzień. Pokaż ten kod przy kasie.',
    },
    pickup_expired: {
      subject: '{merchant}: zamówienie {number} nie zostało odebrane',
      title: 'Czas na odbiór minął',
      lead: 'Towar wrócił do sprzedaży. Nic za niego nie płacisz: to, co już zapłacono, wraca do Ciebie.',
    },
    shipped: {
      subject: '{merchant}: zamówienie {number} jest w drodze',
      title: 'Paczka jest w drodze',
      lead: 'Przekazaliśmy paczkę przewoźnikowi.',
    },
  },
}
