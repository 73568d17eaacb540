// The mail that brings a code. No link in it: whoever is asked to follow one learns to follow others.

import type { Queryable } from '../db/pool.ts'
import type { Language } from '../lib/language.ts'
import { composeMail, queueMail } from '../mail/index.ts'
import type { Letterhead, SignInDeps } from './deps.ts'
import { TEXTS } from './texts.ts'

export interface CodeMail {
  id: string
  at: Date
  email: string
  code: string
  language: Language
  letterhead: Letterhead
}

/** Queues it in the transaction that writes the code down. */
export async function queueCodeMail(
  deps: Pick<SignInDeps, 'newId'>,
  tx: Queryable,
  merchantId: string,
  mail: CodeMail,
): Promise<void> {
  const { id, at, email, code, language, letterhead } = mail
  const texts = TEXTS[language]
  const named = (text: string) => text.replaceAll('{merchant}', () => letterhead.name)
  await queueMail(tx, merchantId, {
    id: deps.newId('mal'),
    at,
    kind: 'sign_in_code',
    language,
    to: email,
    fromName: letterhead.name,
    replyTo: letterhead.replyTo,
    ...composeMail({
      language,
      from: letterhead.name,
      subject: named(texts.subject).replace('{code}', code),
      title: named(texts.title),
      blocks: [
        { kind: 'paragraph', text: texts.lead },
        { kind: 'amount', text: code, label: texts.valid },
        { kind: 'small', text: texts.ignore },
      ],
      ...(letterhead.accent === null ? {} : { accent: letterhead.accent }),
    }),
    objectId: id,
    onceKey: `${id} code`,
  })
}
