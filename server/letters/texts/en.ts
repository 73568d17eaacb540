// The words of letters in English.

import type { LetterTexts } from './index.ts'

export const EN: LetterTexts = {
  order: 'Order',
  placed: 'Ordered on',
  total: 'Total',
  vat: 'VAT {rate}',
  paid: 'Paid',
  due: 'Still to pay',
  deliverTo: 'Delivery to',
  store: 'Store',
  place: 'Address',
  code: 'Your code',
  until: 'Until',
  carrier: 'Carrier',
  tracking: 'Parcel number',
  look: 'Look at your order',
  receipt: 'Look at your receipt',
  follow: 'Follow your parcel',
  why: 'You get this because you bought something at {merchant}.',
  thanks: 'We have received your payment. Thank you.',
  reference: 'Reference',
  invoice: 'Invoice',
  lookPayment: 'Look at your payment',
  whyPaid: 'You get this because you paid {merchant}.',
  letters: {
    order_confirmed: {
      subject: '{merchant}: order {number} confirmed',
      title: 'Thank you for your order',
      lead: 'We have everything we need. We write to you again when it leaves or lies ready.',
    },
    receipt: {
      subject: '{merchant}: receipt for {number}',
      title: 'Your receipt',
      lead: 'Thank you for your purchase. This is your receipt.',
    },
    payment_received: {
      subject: '{merchant}: payment of {amount} received',
      title: 'Your payment has arrived',
      lead: 'We have received your payment for order {number}. Thank you.',
    },
    refund: {
      subject: '{merchant}: {amount} comes back to you',
      title: 'Your refund',
      lead: 'We have given this amount back. With some banks it takes a few days until you see it.',
    },
    pickup_ready: {
      subject: '{merchant}: order {number} is ready for you',
      title: 'Ready to be collected',
      lead: 'Show this code at the counter. Whoever has it may collect, so keep it to yourself.',
    },
    pickup_reminder: {
      subject: '{merchant}: order {number} still waits for you',
      title: 'One day left to collect',
      lead: 'Your order lies ready for one more day. Show this code at the counter.',
    },
    pickup_expired: {
      subject: '{merchant}: order {number} was not collected',
      title: 'Time to collect is over',
      lead: 'The goods are back on sale. You pay nothing for them: what you paid already comes back to you.',
    },
    shipped: {
      subject: '{merchant}: order {number} is on its way',
      title: 'Your parcel is on its way',
      lead: 'We have handed your parcel to the carrier.',
    },
  },
}
