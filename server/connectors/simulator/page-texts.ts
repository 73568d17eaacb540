// The words on the hosted pages, in the languages of the demo stores. Sentence case, short, and never a word that could be
// taken for a real bank's.

export const LANGUAGES = { en: 'English', nl: 'Nederlands', sv: 'Svenska', pl: 'Polski', fr: 'Français' } as const

export type Language = keyof typeof LANGUAGES

/** What a page stands for. */
export type PageKind = 'card' | 'bank' | 'wallet' | 'pay_later' | 'app' | 'other'

export interface Texts {
  badge: string
  badgeHint: string
  title: Record<PageKind, string>
  lead: Record<PageKind, string>
  amount: string
  method: string
  reference: string
  bank: string
  code: string
  codeHint: string
  codeMissing: string
  approve: string
  decline: string
  abandon: string
  expires: string
  approved: string
  approvedLead: string
  declined: string
  declinedLead: string
  expired: string
  expiredLead: string
  unknown: string
  unknownLead: string
  back: string
  close: string
  language: string
}

export const TEXTS: Record<Language, Texts> = {
  en: {
    badge: 'Simulator',
    badgeHint: 'No real money moves on this page.',
    title: {
      card: 'Your bank’s page',
      bank: 'Your bank’s page',
      wallet: 'Your wallet’s page',
      pay_later: 'Your pay-later page',
      app: 'Your phone’s app',
      other: 'The payment page',
    },
    lead: {
      card: 'Your bank wants to know that it is you (3-D Secure).',
      bank: 'Choose a bank and confirm the payment.',
      wallet: 'Confirm the payment from your wallet.',
      pay_later: 'Agree to pay later.',
      app: 'This page stands for the app on the customer’s phone.',
      other: 'Confirm the payment.',
    },
    amount: 'Amount',
    method: 'Method',
    reference: 'Reference',
    bank: 'Bank',
    code: 'Code from your bank',
    codeHint: 'Any six digits pass. 000000 fails.',
    codeMissing: 'Enter six digits. Nothing has been charged.',
    approve: 'Approve {amount}',
    decline: 'Decline',
    abandon: 'Cancel and go back',
    expires: 'Open until {time}.',
    approved: 'Approved',
    approvedLead: 'The shop will hear of it from us.',
    declined: 'Not paid',
    declinedLead: 'Nothing was charged. You can choose another way to pay in the shop.',
    expired: 'This page has expired',
    expiredLead: 'Nothing was charged. Start again in the shop.',
    unknown: 'There is no such page',
    unknownLead: 'The address is incomplete or was never given out. Nothing was charged.',
    back: 'Back to the shop',
    close: 'You can close this page.',
    language: 'Language',
  },
  nl: {
    badge: 'Simulator',
    badgeHint: 'Op deze pagina gaat geen echt geld om.',
    title: {
      card: 'De pagina van je bank',
      bank: 'De pagina van je bank',
      wallet: 'De pagina van je wallet',
      pay_later: 'Je pagina voor achteraf betalen',
      app: 'De app op je telefoon',
      other: 'De betaalpagina',
    },
    lead: {
      card: 'Je bank wil zeker weten dat jij het bent (3-D Secure).',
      bank: 'Kies een bank en bevestig de betaling.',
      wallet: 'Bevestig de betaling uit je wallet.',
      pay_later: 'Ga akkoord met achteraf betalen.',
      app: 'Deze pagina staat voor de app op de telefoon van de klant.',
      other: 'Bevestig de betaling.',
    },
    amount: 'Bedrag',
    method: 'Betaalmethode',
    reference: 'Kenmerk',
    bank: 'Bank',
    code: 'Code van je bank',
    codeHint: 'Elke zes cijfers zijn goed. 000000 mislukt.',
    codeMissing: 'Vul zes cijfers in. Er is niets afgeschreven.',
    approve: '{amount} goedkeuren',
    decline: 'Weigeren',
    abandon: 'Annuleren en terug',
    expires: 'Open tot {time}.',
    approved: 'Goedgekeurd',
    approvedLead: 'De winkel hoort het van ons.',
    declined: 'Niet betaald',
    declinedLead: 'Er is niets afgeschreven. In de winkel kun je een andere betaalmethode kiezen.',
    expired: 'Deze pagina is verlopen',
    expiredLead: 'Er is niets afgeschreven. Begin opnieuw in de winkel.',
    unknown: 'Deze pagina bestaat niet',
    unknownLead: 'Het adres is onvolledig of nooit uitgegeven. Er is niets afgeschreven.',
    back: 'Terug naar de winkel',
    close: 'Je kunt deze pagina sluiten.',
    language: 'Taal',
  },
  sv: {
    badge: 'Simulator',
    badgeHint: 'Inga riktiga pengar flyttas på den här sidan.',
    title: {
      card: 'Din banks sida',
      bank: 'Din banks sida',
      wallet: 'Din plånboks sida',
      pay_later: 'Din sida för att betala senare',
      app: 'Appen i din telefon',
      other: 'Betalsidan',
    },
    lead: {
      card: 'Din bank vill veta att det är du (3-D Secure).',
      bank: 'Välj en bank och bekräfta betalningen.',
      wallet: 'Bekräfta betalningen från din plånbok.',
      pay_later: 'Godkänn att betala senare.',
      app: 'Den här sidan står för appen i kundens telefon.',
      other: 'Bekräfta betalningen.',
    },
    amount: 'Belopp',
    method: 'Betalsätt',
    reference: 'Referens',
    bank: 'Bank',
    code: 'Kod från din bank',
    codeHint: 'Vilka sex siffror som helst godtas. 000000 misslyckas.',
    codeMissing: 'Ange sex siffror. Inget har dragits.',
    approve: 'Godkänn {amount}',
    decline: 'Neka',
    abandon: 'Avbryt och gå tillbaka',
    expires: 'Öppen till {time}.',
    approved: 'Godkänt',
    approvedLead: 'Butiken får veta det av oss.',
    declined: 'Inte betalt',
    declinedLead: 'Inget har dragits. Du kan välja ett annat betalsätt i butiken.',
    expired: 'Sidan har gått ut',
    expiredLead: 'Inget har dragits. Börja om i butiken.',
    unknown: 'Sidan finns inte',
    unknownLead: 'Adressen är ofullständig eller har aldrig delats ut. Inget har dragits.',
    back: 'Tillbaka till butiken',
    close: 'Du kan stänga sidan.',
    language: 'Språk',
  },
  pl: {
    badge: 'Symulator',
    badgeHint: 'Na tej stronie nie przepływają prawdziwe pieniądze.',
    title: {
      card: 'Strona Twojego banku',
      bank: 'Strona Twojego banku',
      wallet: 'Strona Twojego portfela',
      pay_later: 'Strona płatności odroczonej',
      app: 'Aplikacja w Twoim telefonie',
      other: 'Strona płatności',
    },
    lead: {
      card: 'Bank chce się upewnić, że to Ty (3-D Secure).',
      bank: 'Wybierz bank i potwierdź płatność.',
      wallet: 'Potwierdź płatność z portfela.',
      pay_later: 'Zgódź się zapłacić później.',
      app: 'Ta strona zastępuje aplikację w telefonie klienta.',
      other: 'Potwierdź płatność.',
    },
    amount: 'Kwota',
    method: 'Metoda',
    reference: 'Numer referencyjny',
    bank: 'Bank',
    code: 'Kod z banku',
    codeHint: 'Dowolne sześć cyfr przejdzie. 000000 nie przejdzie.',
    codeMissing: 'Wpisz sześć cyfr. Nic nie zostało pobrane.',
    approve: 'Zatwierdź {amount}',
    decline: 'Odrzuć',
    abandon: 'Anuluj i wróć',
    expires: 'Strona jest otwarta do {time}.',
    approved: 'Zatwierdzono',
    approvedLead: 'Sklep dowie się o tym od nas.',
    declined: 'Nie zapłacono',
    declinedLead: 'Nic nie zostało pobrane. W sklepie możesz wybrać inny sposób płatności.',
    expired: 'Ta strona wygasła',
    expiredLead: 'Nic nie zostało pobrane. Zacznij od nowa w sklepie.',
    unknown: 'Nie ma takiej strony',
    unknownLead: 'Adres jest niepełny albo nigdy nie został wydany. Nic nie zostało pobrane.',
    back: 'Wróć do sklepu',
    close: 'Możesz zamknąć tę stronę.',
    language: 'Język',
  },
  fr: {
    badge: 'Simulateur',
    badgeHint: 'Aucun argent réel ne circule sur cette page.',
    title: {
      card: 'La page de votre banque',
      bank: 'La page de votre banque',
      wallet: 'La page de votre portefeuille',
      pay_later: 'Votre page de paiement différé',
      app: 'L’application de votre téléphone',
      other: 'La page de paiement',
    },
    lead: {
      card: 'Votre banque veut s’assurer que c’est bien vous (3-D Secure).',
      bank: 'Choisissez une banque et confirmez le paiement.',
      wallet: 'Confirmez le paiement depuis votre portefeuille.',
      pay_later: 'Acceptez de payer plus tard.',
      app: 'Cette page remplace l’application du téléphone du client.',
      other: 'Confirmez le paiement.',
    },
    amount: 'Montant',
    method: 'Moyen de paiement',
    reference: 'Référence',
    bank: 'Banque',
    code: 'Code de votre banque',
    codeHint: 'Six chiffres quelconques conviennent. 000000 échoue.',
    codeMissing: 'Saisissez six chiffres. Rien n’a été débité.',
    approve: 'Approuver {amount}',
    decline: 'Refuser',
    abandon: 'Annuler et revenir',
    expires: 'Ouverte jusqu’à {time}.',
    approved: 'Approuvé',
    approvedLead: 'Nous en informons la boutique.',
    declined: 'Non payé',
    declinedLead: 'Rien n’a été débité. Vous pouvez choisir un autre moyen de paiement dans la boutique.',
    expired: 'Cette page a expiré',
    expiredLead: 'Rien n’a été débité. Recommencez dans la boutique.',
    unknown: 'Cette page n’existe pas',
    unknownLead: 'L’adresse est incomplète ou n’a jamais été donnée. Rien n’a été débité.',
    back: 'Retour à la boutique',
    close: 'Vous pouvez fermer cette page.',
    language: 'Langue',
  },
}

/** The language to use: the one asked for, else the first of Accept-Language that we have, else English. */
export function languageOf(asked: string | undefined, acceptLanguage: string | undefined): Language {
  const wanted = [asked ?? '', ...weighed(acceptLanguage ?? '')]
  for (const tag of wanted) {
    const language = tag.slice(0, 2).toLowerCase()
    if (Object.hasOwn(LANGUAGES, language)) return language as Language
  }
  return 'en'
}

/** Tags of an Accept-Language header, most wanted first. */
function weighed(header: string): string[] {
  return header
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [tag = '', q] = part.trim().split(';q=')
      return { tag, weight: q === undefined ? 1 : Number(q) }
    })
    .filter((one) => one.weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map((one) => one.tag)
}
