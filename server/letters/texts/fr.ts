// The words of letters in French.

import type { LetterTexts } from './index.ts'

export const FR: LetterTexts = {
  order: 'Commande',
  placed: 'Commandé le',
  total: 'Total',
  vat: 'TVA {rate}',
  paid: 'Payé',
  due: 'Reste à payer',
  deliverTo: 'Adresse de livraison',
  store: 'Magasin',
  place: 'Adresse',
  code: 'Votre code',
  until: 'Jusqu’au',
  carrier: 'Transporteur',
  tracking: 'Numéro de colis',
  look: 'Voir votre commande',
  receipt: 'Voir votre ticket',
  follow: 'Suivre votre colis',
  why: 'Vous recevez ce message parce que vous avez acheté chez {merchant}.',
  thanks: 'Nous avons reçu votre paiement. Merci.',
  reference: 'Référence',
  invoice: 'Facture',
  lookPayment: 'Voir votre paiement',
  whyPaid: 'Vous recevez ce message parce que vous avez payé {merchant}.',
  letters: {
    order_confirmed: {
      subject: '{merchant} : commande {number} confirmée',
      title: 'Merci pour votre commande',
      lead: 'Nous avons tout ce qu’il nous faut. Nous vous écrirons quand elle partira ou sera prête.',
    },
    receipt: {
      subject: '{merchant} : ticket {number}',
      title: 'Votre ticket',
      lead: 'Merci pour votre achat. Voici votre ticket.',
    },
    payment_received: {
      subject: '{merchant} : paiement de {amount} reçu',
      title: 'Votre paiement est arrivé',
      lead: 'Nous avons reçu votre paiement pour la commande {number}. Merci.',
    },
    refund: {
      subject: '{merchant} : {amount} vous sont rendus',
      title: 'Votre remboursement',
      lead: 'Nous avons rendu ce montant. Selon la banque, il faut quelques jours avant de le voir.',
    },
    pickup_ready: {
      subject: '{merchant} : la commande {number} est prête',
      title: 'Prête à être retirée',
      lead: 'Montrez ce code au comptoir. Qui a le code peut retirer la commande : gardez-le pour vous.',
    },
    pickup_reminder: {
      subject: '{merchant} : la commande {number} vous attend encore',
      title: 'Plus qu’un jour pour la retirer',
      lead: 'Votre commande reste prête un jour encore. Montrez ce code au comptoir.',
    },
    pickup_expired: {
      subject: '{merchant} : la commande {number} n’a pas été retirée',
      title: 'Le délai de retrait est passé',
      lead: 'Les articles sont de nouveau en vente. Vous ne payez rien : ce que vous avez déjà payé vous est rendu.',
    },
    shipped: {
      subject: '{merchant} : la commande {number} est en route',
      title: 'Votre colis est en route',
      lead: 'Nous avons remis votre colis au transporteur.',
    },
  },
}
