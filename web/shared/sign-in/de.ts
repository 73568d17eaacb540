import type { SignInTexts } from './texts.ts'

export const signInDe: SignInTexts = {
  email: 'E-Mail',
  sendCode: 'Code per E-Mail senden',
  usePasskey: 'Mit Passkey anmelden',
  or: 'oder',
  codeSent: 'Wir haben einen Code an {email} gesendet. Er gilt zehn Minuten.',
  code: 'Code aus der E-Mail',
  codeHint: 'Sechs Ziffern',
  signIn: 'Anmelden',
  again: 'Neuen Code senden',
  otherAddress: 'Andere Adresse verwenden',
  wrongCode:
    'Das ist nicht der Code, oder er ist abgelaufen. Sehen Sie in die neueste E-Mail oder fordern Sie einen neuen an.',
  tooOften: 'Es wurden zu viele Codes angefordert. Warten Sie eine Viertelstunde und versuchen Sie es erneut.',
  passkeyFailed: 'Der Passkey hat nicht funktioniert. Versuchen Sie es erneut oder nehmen Sie einen Code.',
  signOut: 'Abmelden',
}
