import type { SignInTexts } from './texts.ts'

export const signInFr: SignInTexts = {
  email: 'E-mail',
  sendCode: 'M’envoyer un code',
  usePasskey: 'Se connecter avec une clé d’accès',
  or: 'ou',
  codeSent: 'Nous avons envoyé un code à {email}. Il est valable dix minutes.',
  code: 'Code reçu par e-mail',
  codeHint: 'Six chiffres',
  signIn: 'Se connecter',
  again: 'Envoyer un autre code',
  otherAddress: 'Utiliser une autre adresse',
  wrongCode: 'Ce n’est pas le code, ou il a expiré. Regardez le dernier e-mail ou demandez un autre code.',
  tooOften: 'Trop de codes ont été demandés. Attendez un quart d’heure et réessayez.',
  passkeyFailed: 'La clé d’accès n’a pas fonctionné. Réessayez ou utilisez un code.',
  signOut: 'Se déconnecter',
}
