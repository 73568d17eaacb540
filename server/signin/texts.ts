// The words of the mail with a code.

import type { Language } from '../lib/language.ts'

export interface SignInTexts {
  subject: string
  title: string
  lead: string
  valid: string
  ignore: string
}

export const TEXTS: Record<Language, SignInTexts> = {
  en: {
    subject: '{code} is your sign-in code for {merchant}',
    title: 'Sign in to {merchant}',
    lead: 'Type this code on the page where you asked for it.',
    valid: 'Valid for 10 minutes, and once',
    ignore:
      'You did not ask for a code? Then do nothing: without it nobody gets in. Nobody from the shop will ever ask you for it.',
  },
  nl: {
    subject: '{code} is je inlogcode voor {merchant}',
    title: 'Inloggen bij {merchant}',
    lead: 'Typ deze code op de pagina waar je erom hebt gevraagd.',
    valid: '10 minuten geldig, eenmalig',
    ignore:
      'Heb je niet om een code gevraagd? Dan hoef je niets te doen: zonder de code komt niemand binnen. Niemand van de winkel zal je er ooit om vragen.',
  },
  sv: {
    subject: '{code} är din inloggningskod till {merchant}',
    title: 'Logga in hos {merchant}',
    lead: 'Skriv koden på sidan där du bad om den.',
    valid: 'Gäller i 10 minuter, en gång',
    ignore:
      'Har du inte bett om någon kod? Då behöver du inte göra något: utan den kommer ingen in. Ingen från butiken kommer någonsin att be dig om den.',
  },
  pl: {
    subject: '{code} to Twój kod logowania do {merchant}',
    title: 'Logowanie do {merchant}',
    lead: 'Wpisz ten kod na stronie, na której o niego poproszono.',
    valid: 'Ważny 10 minut, jednorazowo',
    ignore:
      'To nie Twoja prośba? Nic nie musisz robić: bez kodu nikt nie wejdzie. Nikt ze sklepu nigdy Cię o niego nie zapyta.',
  },
  fr: {
    subject: '{code} est votre code de connexion à {merchant}',
    title: 'Connexion à {merchant}',
    lead: 'Saisissez ce code sur la page où vous l’avez demandé.',
    valid: 'Valable 10 minutes, une seule fois',
    ignore:
      'Vous n’avez pas demandé de code ? Vous n’avez rien à faire : sans lui, personne n’entre. Personne de la boutique ne vous le demandera jamais.',
  },
  de: {
    subject: '{code} ist Ihr Anmeldecode für {merchant}',
    title: 'Anmelden bei {merchant}',
    lead: 'Geben Sie diesen Code auf der Seite ein, auf der Sie ihn angefordert haben.',
    valid: '10 Minuten gültig, einmalig',
    ignore:
      'Sie haben keinen Code angefordert? Dann müssen Sie nichts tun: ohne ihn kommt niemand hinein. Niemand vom Geschäft wird Sie je danach fragen.',
  },
}
