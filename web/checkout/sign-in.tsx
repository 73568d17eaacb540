// Signing in on the page: an address and the code from the mail, or the passkey of this device. It stands above the form of paying and
// never in it, so that nothing typed here is posted with it.

import { startAuthentication } from '@simplewebauthn/browser'
import { useEffect, useRef, useState } from 'preact/hooks'
import { fill } from '../shared/fill.ts'
import { hasPasskeys } from '../shared/passkeys.ts'
import { signInDe } from '../shared/sign-in/de.ts'
import { signInEn } from '../shared/sign-in/en.ts'
import { signInFr } from '../shared/sign-in/fr.ts'
import { signInNl } from '../shared/sign-in/nl.ts'
import { signInPl } from '../shared/sign-in/pl.ts'
import { signInSv } from '../shared/sign-in/sv.ts'
import type { SignInTexts } from '../shared/sign-in/texts.ts'
import type { AccountProps } from './account.tsx'
import { NotSent, send } from './state.ts'

const TEXTS: Readonly<Record<string, SignInTexts>> = {
  en: signInEn,
  nl: signInNl,
  sv: signInSv,
  pl: signInPl,
  fr: signInFr,
  de: signInDe,
}
type PasskeyOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']

/** What the server refuses, as far as the reader can do something about it. */
class Refused extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export function SignIn(props: AccountProps & { onClose(): void; onSignedIn(token: string): void }) {
  const { view, texts, language } = props
  const words = TEXTS[language] ?? signInEn
  const [email, setEmail] = useState('')
  const [sent, setSent] = useState<string | null>(null)
  const [wrong, setWrong] = useState('')
  const [isBusy, setBusy] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  // The next thing to fill in has the cursor.
  useEffect(() => form.current?.querySelector('input')?.focus(), [sent])

  async function ask<T>(step: string, body: object): Promise<T> {
    const answer = await send(`${view.path}/${step}?lang=${language}`, body)
    const said = (await answer.json().catch(() => ({}))) as T & { code?: string }
    if (!answer.ok) throw new Refused(said.code ?? '')
    return said
  }
  function run(work: () => Promise<void>): void {
    if (isBusy) return
    setBusy(true)
    setWrong('')
    work()
      .catch((error: unknown) => {
        if (!(error instanceof Refused) && !(error instanceof NotSent)) throw error
        setWrong(wordsFor(error))
        form.current?.querySelector('input')?.focus()
      })
      .finally(() => setBusy(false))
  }
  function wordsFor(error: Refused | NotSent): string {
    if (error instanceof NotSent) return texts.notices.not_sent
    const { code } = error
    if (code === 'rate-limited') return words.tooOften
    if (code === 'passkey-invalid') return words.passkeyFailed
    // What has not the form of a code is no code.
    if (sent !== null && (code === 'code-invalid' || code === 'validation-error')) return words.wrongCode
    return code === 'validation-error' ? texts.account.emailWrong : texts.notices.failed
  }
  const typed = () => form.current?.querySelector('input')?.value.trim() ?? ''
  const askForCode = () =>
    run(async () => {
      const address = sent === null ? typed() : email
      const { id } = await ask<{ id: string }>('sign_in', { email: address })
      setEmail(address)
      setSent(id)
    })
  const confirm = () =>
    run(async () => {
      const code = typed().replace(/\D/g, '')
      props.onSignedIn((await ask<{ token: string }>('sign_in/confirm', { id: sent, code })).token)
    })
  const withPasskey = () =>
    run(async () => {
      const { id, options } = await ask<{ id: string; options: PasskeyOptions }>('passkey', {})
      // Closed, or nothing there that fits: the browser has said so itself.
      const response = await startAuthentication({ optionsJSON: options }).catch(() => {
        throw new Refused('passkey-invalid')
      })
      props.onSignedIn((await ask<{ token: string }>('passkey/confirm', { id, response })).token)
    })

  const isCode = sent !== null
  const field = isCode ? 'sign-in-code' : 'sign-in-email'
  return (
    <form
      ref={form}
      class="sign-in"
      noValidate
      aria-label={words.signIn}
      onSubmit={(event) => {
        event.preventDefault()
        if (isCode) confirm()
        else askForCode()
      }}
    >
      {isCode ? <p role="status">{fill(words.codeSent, { email })}</p> : null}
      <div class="field">
        <label for={field}>{isCode ? words.code : words.email}</label>
        <input
          key={field}
          id={field}
          inputMode={isCode ? 'numeric' : 'email'}
          autocomplete={isCode ? 'one-time-code' : 'username'}
          autocapitalize="off"
          spellcheck={false}
          maxLength={isCode ? 9 : 254}
          aria-invalid={wrong === '' ? undefined : 'true'}
          aria-describedby={`${field}-note`}
        />
        <p class={wrong === '' ? 'hint' : 'hint wrong'} id={`${field}-note`} role={wrong === '' ? undefined : 'alert'}>
          {wrong === '' && isCode ? words.codeHint : wrong}
        </p>
      </div>
      <button type="submit" class="button" aria-disabled={isBusy}>
        {isCode ? words.signIn : words.sendCode}
      </button>
      {!isCode && hasPasskeys() && window.parent === window ? (
        <button type="button" class="button" aria-disabled={isBusy} onClick={withPasskey}>
          {words.usePasskey}
        </button>
      ) : null}
      <p class="acts">
        {isCode ? (
          <>
            <button type="button" class="link" onClick={askForCode}>
              {words.again}
            </button>
            <button
              type="button"
              class="link"
              onClick={() => {
                setWrong('')
                setSent(null)
              }}
            >
              {words.otherAddress}
            </button>
          </>
        ) : null}
        <button type="button" class="link" onClick={props.onClose}>
          {texts.account.close}
        </button>
      </p>
    </form>
  )
}
