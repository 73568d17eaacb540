// What signing in says, on the checkout page and in the shop.

export interface SignInTexts {
  email: string
  sendCode: string
  usePasskey: string
  or: string
  codeSent: string
  code: string
  codeHint: string
  signIn: string
  again: string
  otherAddress: string
  wrongCode: string
  tooOften: string
  passkeyFailed: string
  signOut: string
}
