import type { SignInTexts } from './texts.ts'

export const signInSv: SignInTexts = {
  email: 'E-post',
  sendCode: 'Mejla mig en kod',
  usePasskey: 'Logga in med en nyckel (passkey)',
  or: 'eller',
  codeSent: 'Vi har skickat en kod till {email}. Den gäller i tio minuter.',
  code: 'Koden från mejlet',
  codeHint: 'Sex siffror',
  signIn: 'Logga in',
  again: 'Skicka en ny kod',
  otherAddress: 'Använd en annan adress',
  wrongCode: 'Det är inte koden, eller så har den gått ut. Titta i det senaste mejlet eller be om en ny kod.',
  tooOften: 'För många koder har begärts. Vänta en kvart och försök igen.',
  passkeyFailed: 'Nyckeln fungerade inte. Försök igen eller använd en kod.',
  signOut: 'Logga ut',
}
