// The words of invoices: on paper, and in the mails that bring and follow them. `{name}` is filled in.

import type { Language } from '../lib/language.ts'
import type { Unit } from './invoice.ts'
import type { Reasons } from './lines.ts'

export interface Texts {
  invoice: string
  creditNote: string
  draft: string
  number: string
  issued: string
  due: string
  supplied: string
  yourReference: string
  billedTo: string
  corrects: string
  description: string
  quantity: string
  unitPrice: string
  vat: string
  amount: string
  discount: string
  net: string
  total: string
  totalCredited: string
  inclusive: string
  exclusive: string
  vatTable: readonly [rate: string, net: string, vat: string, total: string]
  payTitle: string
  toPay: string
  toAccount: string
  holder: string
  withReference: string
  before: string
  scan: string
  payOnline: string
  nothingDue: string
  page: string
  vatId: string
  companyId: string
  reasons: Reasons
  reverseCharge: string
  intraCommunity: string
  outsideScope: string
  units: Record<Exclude<Unit, 'piece'>, string>
  mail: {
    subject: string
    lead: string
    creditSubject: string
    creditLead: string
    soonSubject: string
    soonLead: string
    todaySubject: string
    todayLead: string
    lateSubject: string
    lateLead: string
    lastSubject: string
    lastLead: string
    paidAlready: string
    attached: string
    pay: string
  }
}

const METRIC = {
  kilogram: 'kg',
  gram: 'g',
  litre: 'l',
  millilitre: 'ml',
  metre: 'm',
  centimetre: 'cm',
  kilometre: 'km',
}

export const TEXTS: Record<Language, Texts> = {
  en: {
    ...{ invoice: 'Invoice', creditNote: 'Credit note', draft: 'Draft', number: 'Number', issued: 'Date', due: 'Due' },
    ...{
      supplied: 'Supplied',
      yourReference: 'Your reference',
      billedTo: 'Billed to',
      corrects: 'Corrects {number} of {day}',
    },
    ...{ description: 'Description', quantity: 'Quantity', unitPrice: 'Price', vat: 'VAT', amount: 'Amount' },
    ...{ discount: 'Discount {amount}', net: 'Net', total: 'Total', totalCredited: 'Total credited' },
    inclusive: 'Prices include VAT.',
    exclusive: 'Prices do not include VAT.',
    vatTable: ['VAT rate', 'Net', 'VAT', 'Total'],
    ...{ payTitle: 'How to pay', toPay: 'To pay', toAccount: 'To account', holder: 'In the name of' },
    ...{
      withReference: 'With reference',
      before: 'Before',
      scan: 'Scan with your banking app',
      payOnline: 'Pay online',
    },
    nothingDue: 'Paid. Nothing is due.',
    ...{ page: 'Page {page} of {pages}', vatId: 'VAT no.', companyId: 'Company no.' },
    reasons: {
      exempt: 'Exempt from VAT',
      outside: 'Voucher, deposit or tip: no VAT',
      export: 'Export outside the EU: no VAT',
    },
    reverseCharge: 'Reverse charge: the customer accounts for the VAT.',
    intraCommunity: 'Intra-community supply, exempt from VAT.',
    outsideScope: 'Outside the scope of VAT.',
    units: { hour: 'h', day: 'days', month: 'months', ...METRIC },
    mail: {
      subject: 'Invoice {number} from {seller}',
      lead: 'Here is your invoice {number}. Please pay it by {day}.',
      creditSubject: 'Credit note {number} from {seller}',
      creditLead: 'Here is credit note {number}, which corrects invoice {corrects}.',
      soonSubject: 'Invoice {number} is due on {day}',
      soonLead: 'This is a friendly note that invoice {number} is due on {day}.',
      todaySubject: 'Invoice {number} is due today',
      todayLead: 'Invoice {number} is due today.',
      lateSubject: 'Reminder: invoice {number}',
      lateLead: 'Invoice {number} was due on {day}, and we have not seen your payment yet.',
      lastSubject: 'Last reminder: invoice {number}',
      lastLead: 'Invoice {number} was due on {day} and is still not paid. Please pay it now, or tell us what is wrong.',
      paidAlready: 'Have you paid in the last days? Then please disregard this message.',
      attached: 'The document is attached as a PDF.',
      pay: 'Pay {amount}',
    },
  },
  nl: {
    ...{ invoice: 'Factuur', creditNote: 'Creditfactuur', draft: 'Concept', number: 'Nummer', issued: 'Datum' },
    ...{ due: 'Vervaldatum', supplied: 'Geleverd', yourReference: 'Uw referentie', billedTo: 'Factuur aan' },
    corrects: 'Correctie op {number} van {day}',
    ...{ description: 'Omschrijving', quantity: 'Aantal', unitPrice: 'Prijs', vat: 'Btw', amount: 'Bedrag' },
    ...{ discount: 'Korting {amount}', net: 'Netto', total: 'Totaal', totalCredited: 'Totaal gecrediteerd' },
    inclusive: 'Prijzen zijn inclusief btw.',
    exclusive: 'Prijzen zijn exclusief btw.',
    vatTable: ['Btw-tarief', 'Netto', 'Btw', 'Totaal'],
    ...{ payTitle: 'Zo betaalt u', toPay: 'Te betalen', toAccount: 'Op rekening', holder: 'Ten name van' },
    ...{
      withReference: 'Onder vermelding van',
      before: 'Uiterlijk',
      scan: 'Scan met uw bankapp',
      payOnline: 'Online betalen',
    },
    nothingDue: 'Betaald. Er staat niets meer open.',
    ...{ page: 'Pagina {page} van {pages}', vatId: 'Btw-nr.', companyId: 'KvK-nr.' },
    reasons: {
      exempt: 'Vrijgesteld van btw',
      outside: 'Bon, statiegeld of fooi: geen btw',
      export: 'Uitvoer buiten de EU: geen btw',
    },
    reverseCharge: 'Btw verlegd.',
    intraCommunity: 'Intracommunautaire levering, vrijgesteld van btw.',
    outsideScope: 'Buiten de reikwijdte van de btw.',
    units: { hour: 'uur', day: 'dagen', month: 'maanden', ...METRIC },
    mail: {
      subject: 'Factuur {number} van {seller}',
      lead: 'Hierbij ontvangt u factuur {number}. Wilt u deze uiterlijk {day} betalen?',
      creditSubject: 'Creditfactuur {number} van {seller}',
      creditLead: 'Hierbij ontvangt u creditfactuur {number} bij factuur {corrects}.',
      soonSubject: 'Factuur {number} vervalt op {day}',
      soonLead: 'Een vriendelijke herinnering: factuur {number} vervalt op {day}.',
      todaySubject: 'Factuur {number} vervalt vandaag',
      todayLead: 'Factuur {number} vervalt vandaag.',
      lateSubject: 'Herinnering: factuur {number}',
      lateLead: 'Factuur {number} verviel op {day} en we hebben uw betaling nog niet gezien.',
      lastSubject: 'Laatste herinnering: factuur {number}',
      lastLead:
        'Factuur {number} verviel op {day} en is nog niet betaald. Betaal alstublieft nu, of laat ons weten wat er niet klopt.',
      paidAlready: 'Hebt u de afgelopen dagen betaald? Dan kunt u dit bericht negeren.',
      attached: 'Het document is als pdf bijgevoegd.',
      pay: '{amount} betalen',
    },
  },
  sv: {
    ...{ invoice: 'Faktura', creditNote: 'Kreditfaktura', draft: 'Utkast', number: 'Nummer', issued: 'Datum' },
    ...{ due: 'Förfaller', supplied: 'Levererat', yourReference: 'Er referens', billedTo: 'Faktura till' },
    corrects: 'Avser {number} av den {day}',
    ...{ description: 'Beskrivning', quantity: 'Antal', unitPrice: 'Pris', vat: 'Moms', amount: 'Belopp' },
    ...{ discount: 'Rabatt {amount}', net: 'Netto', total: 'Totalt', totalCredited: 'Totalt krediterat' },
    inclusive: 'Priserna är inklusive moms.',
    exclusive: 'Priserna är exklusive moms.',
    vatTable: ['Momssats', 'Netto', 'Moms', 'Totalt'],
    ...{ payTitle: 'Så betalar du', toPay: 'Att betala', toAccount: 'Till konto', holder: 'Mottagare' },
    ...{ withReference: 'OCR/referens', before: 'Senast', scan: 'Skanna med din bankapp', payOnline: 'Betala online' },
    nothingDue: 'Betald. Inget återstår att betala.',
    ...{ page: 'Sida {page} av {pages}', vatId: 'Momsreg.nr', companyId: 'Org.nr' },
    reasons: {
      exempt: 'Undantaget från moms',
      outside: 'Presentkort, pant eller dricks: ingen moms',
      export: 'Export utanför EU: ingen moms',
    },
    reverseCharge: 'Omvänd betalningsskyldighet.',
    intraCommunity: 'Unionsintern leverans, undantagen från moms.',
    outsideScope: 'Utanför momsens tillämpningsområde.',
    units: { hour: 'h', day: 'dagar', month: 'månader', ...METRIC },
    mail: {
      subject: 'Faktura {number} från {seller}',
      lead: 'Här kommer faktura {number}. Betala den senast {day}.',
      creditSubject: 'Kreditfaktura {number} från {seller}',
      creditLead: 'Här kommer kreditfaktura {number}, som avser faktura {corrects}.',
      soonSubject: 'Faktura {number} förfaller {day}',
      soonLead: 'En vänlig påminnelse om att faktura {number} förfaller {day}.',
      todaySubject: 'Faktura {number} förfaller i dag',
      todayLead: 'Faktura {number} förfaller i dag.',
      lateSubject: 'Påminnelse: faktura {number}',
      lateLead: 'Faktura {number} förföll {day} och vi har inte sett din betalning ännu.',
      lastSubject: 'Sista påminnelsen: faktura {number}',
      lastLead:
        'Faktura {number} förföll {day} och är fortfarande obetald. Betala den nu, eller berätta vad som är fel.',
      paidAlready: 'Har du betalat de senaste dagarna? Då kan du bortse från det här meddelandet.',
      attached: 'Dokumentet är bifogat som pdf.',
      pay: 'Betala {amount}',
    },
  },
  pl: {
    ...{ invoice: 'Faktura', creditNote: 'Faktura korygująca', draft: 'Szkic', number: 'Numer', issued: 'Data' },
    ...{ due: 'Termin płatności', supplied: 'Data dostawy', yourReference: 'Państwa numer', billedTo: 'Nabywca' },
    corrects: 'Korekta do {number} z dnia {day}',
    ...{ description: 'Nazwa', quantity: 'Ilość', unitPrice: 'Cena', vat: 'VAT', amount: 'Wartość' },
    ...{ discount: 'Rabat {amount}', net: 'Netto', total: 'Razem', totalCredited: 'Razem korekta' },
    inclusive: 'Ceny zawierają VAT.',
    exclusive: 'Ceny nie zawierają VAT.',
    vatTable: ['Stawka VAT', 'Netto', 'VAT', 'Brutto'],
    ...{ payTitle: 'Jak zapłacić', toPay: 'Do zapłaty', toAccount: 'Na konto', holder: 'Odbiorca' },
    ...{
      withReference: 'Tytuł przelewu',
      before: 'Do dnia',
      scan: 'Zeskanuj aplikacją banku',
      payOnline: 'Zapłać online',
    },
    nothingDue: 'Zapłacono. Nic nie pozostało do zapłaty.',
    ...{ page: 'Strona {page} z {pages}', vatId: 'NIP', companyId: 'Nr rejestrowy' },
    reasons: {
      exempt: 'Zwolnione z VAT',
      outside: 'Bon, kaucja lub napiwek: bez VAT',
      export: 'Eksport poza UE: bez VAT',
    },
    reverseCharge: 'Odwrotne obciążenie.',
    intraCommunity: 'Wewnątrzwspólnotowa dostawa towarów, zwolniona z VAT.',
    outsideScope: 'Nie podlega VAT.',
    units: { hour: 'godz.', day: 'dni', month: 'mies.', ...METRIC },
    mail: {
      subject: 'Faktura {number} od {seller}',
      lead: 'Przesyłamy fakturę {number}. Prosimy o zapłatę do {day}.',
      creditSubject: 'Faktura korygująca {number} od {seller}',
      creditLead: 'Przesyłamy fakturę korygującą {number} do faktury {corrects}.',
      soonSubject: 'Termin płatności faktury {number}: {day}',
      soonLead: 'Przypominamy, że termin płatności faktury {number} upływa {day}.',
      todaySubject: 'Dziś upływa termin płatności faktury {number}',
      todayLead: 'Dziś upływa termin płatności faktury {number}.',
      lateSubject: 'Przypomnienie: faktura {number}',
      lateLead: 'Termin płatności faktury {number} upłynął {day}, a nie widzimy jeszcze wpłaty.',
      lastSubject: 'Ostatnie przypomnienie: faktura {number}',
      lastLead:
        'Termin płatności faktury {number} upłynął {day}, a faktura nadal nie jest zapłacona. Prosimy o zapłatę lub o kontakt.',
      paidAlready: 'Jeśli wpłaty dokonano w ostatnich dniach, prosimy zignorować tę wiadomość.',
      attached: 'Dokument jest załączony w formacie PDF.',
      pay: 'Zapłać {amount}',
    },
  },
  fr: {
    ...{ invoice: 'Facture', creditNote: 'Avoir', draft: 'Brouillon', number: 'Numéro', issued: 'Date' },
    ...{ due: 'Échéance', supplied: 'Livraison', yourReference: 'Votre référence', billedTo: 'Facturé à' },
    corrects: 'Rectifie {number} du {day}',
    ...{ description: 'Désignation', quantity: 'Quantité', unitPrice: 'Prix', vat: 'TVA', amount: 'Montant' },
    ...{ discount: 'Remise {amount}', net: 'Net', total: 'Total', totalCredited: 'Total de l’avoir' },
    inclusive: 'Les prix sont toutes taxes comprises.',
    exclusive: 'Les prix sont hors taxes.',
    vatTable: ['Taux de TVA', 'Hors taxes', 'TVA', 'Total'],
    ...{ payTitle: 'Pour payer', toPay: 'À payer', toAccount: 'Sur le compte', holder: 'Au nom de' },
    ...{
      withReference: 'Avec la référence',
      before: 'Avant le',
      scan: 'Scannez avec votre appli bancaire',
      payOnline: 'Payer en ligne',
    },
    nothingDue: 'Payée. Il ne reste rien à payer.',
    ...{ page: 'Page {page} sur {pages}', vatId: 'N° TVA', companyId: 'SIREN' },
    reasons: {
      exempt: 'Exonéré de TVA',
      outside: 'Bon, consigne ou pourboire : sans TVA',
      export: 'Exportation hors UE : sans TVA',
    },
    reverseCharge: 'Autoliquidation.',
    intraCommunity: 'Livraison intracommunautaire, exonérée de TVA.',
    outsideScope: 'Hors champ d’application de la TVA.',
    units: { hour: 'h', day: 'jours', month: 'mois', ...METRIC },
    mail: {
      subject: 'Facture {number} de {seller}',
      lead: 'Voici votre facture {number}. Merci de la régler avant le {day}.',
      creditSubject: 'Avoir {number} de {seller}',
      creditLead: 'Voici l’avoir {number}, relatif à la facture {corrects}.',
      soonSubject: 'La facture {number} arrive à échéance le {day}',
      soonLead: 'Un simple rappel : la facture {number} arrive à échéance le {day}.',
      todaySubject: 'La facture {number} arrive à échéance aujourd’hui',
      todayLead: 'La facture {number} arrive à échéance aujourd’hui.',
      lateSubject: 'Rappel : facture {number}',
      lateLead: 'La facture {number} était due le {day} et nous n’avons pas encore vu votre paiement.',
      lastSubject: 'Dernier rappel : facture {number}',
      lastLead:
        'La facture {number} était due le {day} et n’est toujours pas réglée. Merci de la payer, ou de nous dire ce qui ne va pas.',
      paidAlready: 'Vous avez payé ces derniers jours ? Ne tenez pas compte de ce message.',
      attached: 'Le document est joint en PDF.',
      pay: 'Payer {amount}',
    },
  },
  de: {
    ...{ invoice: 'Rechnung', creditNote: 'Rechnungskorrektur', draft: 'Entwurf', number: 'Nummer', issued: 'Datum' },
    ...{ due: 'Fällig', supplied: 'Geliefert', yourReference: 'Ihr Zeichen', billedTo: 'Rechnung an' },
    corrects: 'Korrektur zu {number} vom {day}',
    ...{ description: 'Bezeichnung', quantity: 'Menge', unitPrice: 'Preis', vat: 'USt.', amount: 'Betrag' },
    ...{ discount: 'Rabatt {amount}', net: 'Netto', total: 'Gesamt', totalCredited: 'Gutschrift gesamt' },
    inclusive: 'Preise enthalten die Umsatzsteuer.',
    exclusive: 'Preise ohne Umsatzsteuer.',
    vatTable: ['Steuersatz', 'Netto', 'USt.', 'Brutto'],
    ...{ payTitle: 'So zahlen Sie', toPay: 'Zu zahlen', toAccount: 'Auf das Konto', holder: 'Empfänger' },
    ...{
      withReference: 'Verwendungszweck',
      before: 'Bis zum',
      scan: 'Mit der Banking-App scannen',
      payOnline: 'Online bezahlen',
    },
    nothingDue: 'Bezahlt. Es ist nichts mehr offen.',
    ...{ page: 'Seite {page} von {pages}', vatId: 'USt-IdNr.', companyId: 'Registernr.' },
    reasons: {
      exempt: 'Steuerfrei',
      outside: 'Gutschein, Pfand oder Trinkgeld: ohne USt.',
      export: 'Ausfuhr außerhalb der EU: steuerfrei',
    },
    reverseCharge: 'Steuerschuldnerschaft des Leistungsempfängers.',
    intraCommunity: 'Steuerfreie innergemeinschaftliche Lieferung.',
    outsideScope: 'Nicht steuerbar.',
    units: { hour: 'Std.', day: 'Tage', month: 'Monate', ...METRIC },
    mail: {
      subject: 'Rechnung {number} von {seller}',
      lead: 'Hier ist Ihre Rechnung {number}. Bitte zahlen Sie sie bis zum {day}.',
      creditSubject: 'Rechnungskorrektur {number} von {seller}',
      creditLead: 'Hier ist die Rechnungskorrektur {number} zur Rechnung {corrects}.',
      soonSubject: 'Rechnung {number} ist am {day} fällig',
      soonLead: 'Ein freundlicher Hinweis: Rechnung {number} ist am {day} fällig.',
      todaySubject: 'Rechnung {number} ist heute fällig',
      todayLead: 'Rechnung {number} ist heute fällig.',
      lateSubject: 'Erinnerung: Rechnung {number}',
      lateLead: 'Rechnung {number} war am {day} fällig, und wir haben Ihre Zahlung noch nicht gesehen.',
      lastSubject: 'Letzte Erinnerung: Rechnung {number}',
      lastLead:
        'Rechnung {number} war am {day} fällig und ist noch nicht bezahlt. Bitte zahlen Sie jetzt, oder sagen Sie uns, was nicht stimmt.',
      paidAlready: 'Haben Sie in den letzten Tagen gezahlt? Dann ist diese Nachricht gegenstandslos.',
      attached: 'Das Dokument ist als PDF angehängt.',
      pay: '{amount} bezahlen',
    },
  },
}

/** Fills the `{names}` of a text. */
export function fill(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole)
}
