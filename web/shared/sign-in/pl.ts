import type { SignInTexts } from './texts.ts'

export const signInPl: SignInTexts = {
  email: 'E-mail',
  sendCode: 'Wyślij mi kod',
  usePasskey: 'Zaloguj się kluczem dostępu',
  or: 'lub',
  codeSent: 'Wysłaliśmy kod na {email}. Jest ważny dziesięć minut.',
  code: 'Kod z wiadomości',
  codeHint: 'Sześć cyfr',
  signIn: 'Zaloguj się',
  again: 'Wyślij nowy kod',
  otherAddress: 'Użyj innego adresu',
  wrongCode: 'To nie ten kod albo już wygasł. Sprawdź najnowszą wiadomość lub poproś o nowy kod.',
  tooOften: 'Za dużo próśb o kod. Odczekaj kwadrans i spróbuj ponownie.',
  passkeyFailed: 'Klucz dostępu nie zadziałał. Spróbuj ponownie lub użyj kodu.',
  signOut: 'Wyloguj się',
}
