// The words of a link's own page; those it shares with the checkout are there.

import type { Language } from '../../server/lib/language.ts'
import type { AmountProblem } from '../../server/links/page-view.ts'

export interface LinkTexts {
  title: string
  howMuch: string
  howMuchNow: string
  between: string
  atLeast: string
  atMost: string
  later: string
  goOn: string
  paidSoFar: string
  inAll: string
  usedUpTitle: string
  usedUpLead: string
  busyTitle: string
  busyLead: string
  problems: Record<AmountProblem, string>
}

export const TEXTS: Record<Language, LinkTexts> = {
  en: {
    title: 'Pay {merchant}',
    howMuch: 'How much would you like to pay?',
    howMuchNow: 'How much are you paying now?',
    between: 'From {least} to {most}.',
    atLeast: 'At least {least}.',
    atMost: 'At most {most}.',
    later: 'You can pay the rest later with the same link.',
    goOn: 'Choose how to pay',
    paidSoFar: 'Paid so far',
    inAll: 'In all',
    usedUpTitle: 'This link has been used up',
    usedUpLead: 'Nothing was charged. Ask {merchant} for a new link.',
    busyTitle: 'Very many people are paying here just now',
    busyLead: 'Nothing was charged. Please try again in a minute.',
    problems: {
      missing: 'Type an amount in figures.',
      too_little: 'That is less than can be paid here.',
      too_much: 'That is more than can be paid here.',
    },
  },
  nl: {
    title: 'Betalen aan {merchant}',
    howMuch: 'Hoeveel wil je betalen?',
    howMuchNow: 'Hoeveel betaal je nu?',
    between: 'Van {least} tot {most}.',
    atLeast: 'Minstens {least}.',
    atMost: 'Hoogstens {most}.',
    later: 'De rest kun je later met dezelfde link betalen.',
    goOn: 'Kies hoe je betaalt',
    paidSoFar: 'Tot nu toe betaald',
    inAll: 'In totaal',
    usedUpTitle: 'Deze link is opgebruikt',
    usedUpLead: 'Er is niets afgeschreven. Vraag {merchant} om een nieuwe link.',
    busyTitle: 'Er betalen hier nu heel veel mensen',
    busyLead: 'Er is niets afgeschreven. Probeer het over een minuut opnieuw.',
    problems: {
      missing: 'Vul een bedrag in cijfers in.',
      too_little: 'Dat is minder dan hier betaald kan worden.',
      too_much: 'Dat is meer dan hier betaald kan worden.',
    },
  },
  sv: {
    title: 'Betala till {merchant}',
    howMuch: 'Hur mycket vill du betala?',
    howMuchNow: 'Hur mycket betalar du nu?',
    between: 'Från {least} till {most}.',
    atLeast: 'Minst {least}.',
    atMost: 'Högst {most}.',
    later: 'Resten kan du betala senare med samma länk.',
    goOn: 'Välj hur du betalar',
    paidSoFar: 'Betalt hittills',
    inAll: 'Totalt',
    usedUpTitle: 'Länken är förbrukad',
    usedUpLead: 'Inget drogs. Be {merchant} om en ny länk.',
    busyTitle: 'Väldigt många betalar här just nu',
    busyLead: 'Inget drogs. Försök igen om en minut.',
    problems: {
      missing: 'Skriv ett belopp med siffror.',
      too_little: 'Det är mindre än vad som kan betalas här.',
      too_much: 'Det är mer än vad som kan betalas här.',
    },
  },
  pl: {
    title: 'Zapłać: {merchant}',
    howMuch: 'Ile chcesz zapłacić?',
    howMuchNow: 'Ile płacisz teraz?',
    between: 'Od {least} do {most}.',
    atLeast: 'Co najmniej {least}.',
    atMost: 'Najwyżej {most}.',
    later: 'Resztę możesz zapłacić później, korzystając z tego samego linku.',
    goOn: 'Wybierz sposób płatności',
    paidSoFar: 'Dotychczas zapłacono',
    inAll: 'Razem',
    usedUpTitle: 'Ten link został już wykorzystany',
    usedUpLead: 'Nic nie pobrano. Poproś {merchant} o nowy link.',
    busyTitle: 'W tej chwili płaci tu bardzo wiele osób',
    busyLead: 'Nic nie pobrano. Spróbuj ponownie za minutę.',
    problems: {
      missing: 'Wpisz kwotę cyframi.',
      too_little: 'To mniej, niż można tu zapłacić.',
      too_much: 'To więcej, niż można tu zapłacić.',
    },
  },
  fr: {
    title: 'Payer {merchant}',
    howMuch: 'Combien souhaitez-vous payer ?',
    howMuchNow: 'Combien payez-vous maintenant ?',
    between: 'De {least} à {most}.',
    atLeast: 'Au moins {least}.',
    atMost: 'Au plus {most}.',
    later: 'Vous pourrez payer le reste plus tard avec le même lien.',
    goOn: 'Choisir comment payer',
    paidSoFar: 'Déjà payé',
    inAll: 'En tout',
    usedUpTitle: 'Ce lien a déjà servi',
    usedUpLead: 'Rien n’a été débité. Demandez un nouveau lien à {merchant}.',
    busyTitle: 'Beaucoup de personnes paient ici en ce moment',
    busyLead: 'Rien n’a été débité. Réessayez dans une minute.',
    problems: {
      missing: 'Saisissez un montant en chiffres.',
      too_little: 'C’est moins que ce qui peut être payé ici.',
      too_much: 'C’est plus que ce qui peut être payé ici.',
    },
  },
  de: {
    title: 'An {merchant} zahlen',
    howMuch: 'Wie viel möchten Sie zahlen?',
    howMuchNow: 'Wie viel zahlen Sie jetzt?',
    between: 'Von {least} bis {most}.',
    atLeast: 'Mindestens {least}.',
    atMost: 'Höchstens {most}.',
    later: 'Den Rest können Sie später mit demselben Link zahlen.',
    goOn: 'Zahlungsart wählen',
    paidSoFar: 'Bisher bezahlt',
    inAll: 'Insgesamt',
    usedUpTitle: 'Dieser Link ist aufgebraucht',
    usedUpLead: 'Es wurde nichts abgebucht. Bitten Sie {merchant} um einen neuen Link.',
    busyTitle: 'Hier zahlen gerade sehr viele',
    busyLead: 'Es wurde nichts abgebucht. Bitte versuchen Sie es in einer Minute noch einmal.',
    problems: {
      missing: 'Bitte geben Sie einen Betrag in Ziffern ein.',
      too_little: 'Das ist weniger, als hier gezahlt werden kann.',
      too_much: 'Das ist mehr, als hier gezahlt werden kann.',
    },
  },
}
