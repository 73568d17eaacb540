import type { SignInTexts } from './texts.ts'

export const signInNl: SignInTexts = {
  email: 'E-mail',
  sendCode: 'Mail me een code',
  usePasskey: 'Inloggen met een passkey',
  or: 'of',
  codeSent: 'We hebben een code gestuurd naar {email}. Die is tien minuten geldig.',
  code: 'Code uit de mail',
  codeHint: 'Zes cijfers',
  signIn: 'Inloggen',
  again: 'Stuur nog een code',
  otherAddress: 'Ander adres gebruiken',
  wrongCode: 'Dat is niet de code, of hij is verlopen. Kijk in de nieuwste mail of vraag een nieuwe code.',
  tooOften: 'Er zijn te veel codes gevraagd. Wacht een kwartier en probeer het opnieuw.',
  passkeyFailed: 'De passkey werkte niet. Probeer het opnieuw of gebruik een code.',
  signOut: 'Uitloggen',
}
