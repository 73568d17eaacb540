import type { SignInTexts } from './texts.ts'

export const signInEn: SignInTexts = {
  email: 'E-mail',
  sendCode: 'Mail me a code',
  usePasskey: 'Sign in with a passkey',
  or: 'or',
  codeSent: 'We have sent a code to {email}. It is good for ten minutes.',
  code: 'Code from the mail',
  codeHint: 'Six digits',
  signIn: 'Sign in',
  again: 'Send another code',
  otherAddress: 'Use another address',
  wrongCode: 'That is not the code, or it has ended. Check the newest mail, or ask for another code.',
  tooOften: 'Too many codes were asked for. Wait a quarter of an hour and try again.',
  passkeyFailed: 'The passkey did not work. Try again, or use a code.',
  signOut: 'Sign out',
}
