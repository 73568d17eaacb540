// The words of links outside their page: what is shared in chats, and what mails say.

import type { Language } from '../lib/language.ts'

export interface LinkTexts {
  /** `{what}` is what it is for, or empty. */
  share: string
  shareOpen: string
  subject: string
  subjectOpen: string
  lead: string
  reminderSubject: string
  reminderSubjectOpen: string
  reminderLead: string
  button: string
  amount: string
  reference: string
  until: string
  ignore: string
  preview: string
}

export const TEXTS: Record<Language, LinkTexts> = {
  en: {
    share: 'Pay {amount} to {merchant}: {url}',
    shareOpen: 'Pay {merchant}: {url}',
    subject: '{merchant}: {amount} to pay',
    subjectOpen: '{merchant}: your payment link',
    lead: '{merchant} asks you to pay. The page opens in your browser, and you choose how.',
    reminderSubject: 'Reminder from {merchant}: {amount} to pay',
    reminderSubjectOpen: 'Reminder from {merchant}: your payment link',
    reminderLead: 'This has not been paid yet. If you paid today, the two have crossed and there is nothing to do.',
    button: 'Go to the payment page',
    amount: 'To pay',
    reference: 'Reference',
    until: 'Can be paid until',
    ignore: 'You do not know this shop? Then you need not do anything: without you nothing is charged.',
    preview: 'Pay safely on this page. You choose how.',
  },
  nl: {
    share: 'Betaal {amount} aan {merchant}: {url}',
    shareOpen: 'Betaal aan {merchant}: {url}',
    subject: '{merchant}: {amount} te betalen',
    subjectOpen: '{merchant}: je betaallink',
    lead: '{merchant} vraagt je te betalen. De pagina opent in je browser en je kiest zelf hoe.',
    reminderSubject: 'Herinnering van {merchant}: {amount} te betalen',
    reminderSubjectOpen: 'Herinnering van {merchant}: je betaallink',
    reminderLead:
      'Dit is nog niet betaald. Heb je vandaag betaald, dan heeft dit elkaar gekruist en hoef je niets te doen.',
    button: 'Naar de betaalpagina',
    amount: 'Te betalen',
    reference: 'Kenmerk',
    until: 'Te betalen tot',
    ignore: 'Ken je deze winkel niet? Dan hoef je niets te doen: zonder jou wordt er niets afgeschreven.',
    preview: 'Betaal veilig op deze pagina. Je kiest zelf hoe.',
  },
  sv: {
    share: 'Betala {amount} till {merchant}: {url}',
    shareOpen: 'Betala till {merchant}: {url}',
    subject: '{merchant}: {amount} att betala',
    subjectOpen: '{merchant}: din betallänk',
    lead: '{merchant} ber dig betala. Sidan öppnas i webbläsaren och du väljer själv hur.',
    reminderSubject: 'Påminnelse från {merchant}: {amount} att betala',
    reminderSubjectOpen: 'Påminnelse från {merchant}: din betallänk',
    reminderLead: 'Det här är inte betalt än. Har du betalat i dag har breven korsats och du behöver inte göra något.',
    button: 'Till betalsidan',
    amount: 'Att betala',
    reference: 'Referens',
    until: 'Kan betalas till',
    ignore: 'Känner du inte till butiken? Då behöver du inte göra något: utan dig dras inga pengar.',
    preview: 'Betala tryggt på den här sidan. Du väljer själv hur.',
  },
  pl: {
    share: 'Zapłać {amount} – {merchant}: {url}',
    shareOpen: 'Zapłać – {merchant}: {url}',
    subject: '{merchant}: {amount} do zapłaty',
    subjectOpen: '{merchant}: link do płatności',
    lead: '{merchant} prosi o zapłatę. Strona otworzy się w przeglądarce, a sposób płatności wybierzesz samodzielnie.',
    reminderSubject: 'Przypomnienie – {merchant}: {amount} do zapłaty',
    reminderSubjectOpen: 'Przypomnienie – {merchant}: link do płatności',
    reminderLead: 'Ta kwota nie została jeszcze zapłacona. Jeśli płatność była dzisiaj, nie trzeba nic robić.',
    button: 'Przejdź do płatności',
    amount: 'Do zapłaty',
    reference: 'Numer',
    until: 'Można zapłacić do',
    ignore: 'Nie znasz tego sklepu? Nie musisz nic robić: bez Ciebie nic nie zostanie pobrane.',
    preview: 'Zapłać bezpiecznie na tej stronie. Sposób wybierzesz samodzielnie.',
  },
  fr: {
    share: 'Payez {amount} à {merchant} : {url}',
    shareOpen: 'Payez {merchant} : {url}',
    subject: '{merchant} : {amount} à payer',
    subjectOpen: '{merchant} : votre lien de paiement',
    lead: '{merchant} vous demande un paiement. La page s’ouvre dans votre navigateur et vous choisissez comment payer.',
    reminderSubject: 'Rappel de {merchant} : {amount} à payer',
    reminderSubjectOpen: 'Rappel de {merchant} : votre lien de paiement',
    reminderLead: 'Ce montant n’est pas encore payé. Si vous avez payé aujourd’hui, vous n’avez rien à faire.',
    button: 'Aller à la page de paiement',
    amount: 'À payer',
    reference: 'Référence',
    until: 'Payable jusqu’au',
    ignore: 'Vous ne connaissez pas ce magasin ? Vous n’avez rien à faire : sans vous, rien n’est débité.',
    preview: 'Payez en toute sécurité sur cette page. Vous choisissez comment.',
  },
  de: {
    share: '{amount} an {merchant} bezahlen: {url}',
    shareOpen: 'An {merchant} bezahlen: {url}',
    subject: '{merchant}: {amount} zu bezahlen',
    subjectOpen: '{merchant}: Ihr Zahlungslink',
    lead: '{merchant} bittet Sie um Zahlung. Die Seite öffnet sich in Ihrem Browser, und Sie wählen, wie Sie bezahlen.',
    reminderSubject: 'Erinnerung von {merchant}: {amount} zu bezahlen',
    reminderSubjectOpen: 'Erinnerung von {merchant}: Ihr Zahlungslink',
    reminderLead:
      'Das ist noch nicht bezahlt. Haben Sie heute bezahlt, hat es sich überschnitten und Sie müssen nichts tun.',
    button: 'Zur Zahlungsseite',
    amount: 'Zu bezahlen',
    reference: 'Referenz',
    until: 'Zahlbar bis',
    ignore: 'Sie kennen dieses Geschäft nicht? Dann müssen Sie nichts tun: Ohne Sie wird nichts abgebucht.',
    preview: 'Bezahlen Sie sicher auf dieser Seite. Sie wählen, wie.',
  },
}

/** `{name}` in a text replaced; what stands in the values is not looked at again. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all)
}
