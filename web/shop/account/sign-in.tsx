// Signing in: an address, the code from the mail; or the passkey of this device. A shop has no password to lose.

import { startAuthentication } from '@simplewebauthn/browser'
import { useEffect, useRef, useState } from 'preact/hooks'
import { fill } from '../../shared/fill.ts'
import { Icon } from '../../shared/icon.tsx'
import { hasPasskeys } from '../../shared/passkeys.ts'
import { useShop } from '../shop.ts'
import { Field } from './field.tsx'
import { wordsFor } from './own.ts'

type PasskeyOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']
interface Opened {
  token: string
  expires_at: string
}

export function SignIn() {
  const shop = useShop()
  const { texts, own, api, session, language, view } = shop
  const [email, setEmail] = useState('')
  const [code, setCode] = useState('')
  const [sent, setSent] = useState<string | null>(null)
  const [notice, setNotice] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [canPasskey, setCanPasskey] = useState(false)
  const form = useRef<HTMLFormElement>(null)

  useEffect(() => {
    document.title = `${texts.signIn} · ${view.merchant}`
    setCanPasskey(hasPasskeys())
  }, [])
  // The next thing to fill in has the cursor.
  useEffect(() => {
    if (sent !== null) form.current?.querySelector('input')?.focus()
  }, [sent])

  const run = async (work: () => Promise<void>, field?: string) => {
    if (isBusy) return
    setBusy(true)
    setNotice(null)
    try {
      await work()
    } catch (error) {
      setNotice(wordsFor(error, shop))
      if (field !== undefined) document.getElementById(field)?.focus()
    } finally {
      setBusy(false)
    }
  }
  const ask = () =>
    run(async () => {
      const begun = await api.send<{ id: string }>('POST', '/sign_in', { email: email.trim(), language })
      setCode('')
      setSent(begun.id)
    }, 'email')
  const confirm = () =>
    run(async () => {
      const digits = code.replace(/\D/g, '')
      session.hold(
        await api.send<Opened>('POST', '/sign_in/confirm', { id: sent, code: digits.padEnd(6, '0').slice(0, 6) }),
      )
    }, 'code')
  const withPasskey = () =>
    run(async () => {
      const asked = await api.send<{ id: string; options: PasskeyOptions }>('POST', '/sign_in/passkey')
      let response: object
      try {
        response = await startAuthentication({ optionsJSON: asked.options })
      } catch {
        // Closed, or nothing there that fits: the browser has said so itself.
        return setNotice(own.passkeyFailed)
      }
      session.hold(await api.send<Opened>('POST', '/sign_in/passkey/confirm', { id: asked.id, response }))
    })

  return (
    <form
      ref={form}
      class="narrow"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void (sent === null ? ask() : confirm())
      }}
    >
      <h1>{texts.signIn}</h1>
      <p class="quiet">{own.lead}</p>
      <div class="sheet stack">
        {sent === null ? (
          <Field
            id="email"
            inputMode="email"
            autocomplete="username"
            label={own.email}
            value={email}
            maxLength={254}
            onValue={setEmail}
            wrong={notice}
          />
        ) : (
          <>
            <p role="status">{fill(own.codeSent, { email: email.trim() })}</p>
            <Field
              id="code"
              inputMode="numeric"
              autocomplete="one-time-code"
              label={own.code}
              hint={own.codeHint}
              value={code}
              maxLength={9}
              onValue={setCode}
              wrong={notice}
            />
          </>
        )}
        <p class="hidden" role="alert">
          {notice}
        </p>
        <button type="submit" class="button primary wide" aria-disabled={isBusy}>
          {sent === null ? own.sendCode : own.signIn}
        </button>
        {sent !== null ? (
          <p class="acts">
            <button type="button" class="link" onClick={() => void ask()}>
              {own.again}
            </button>
            <button
              type="button"
              class="link"
              onClick={() => {
                setSent(null)
                setNotice(null)
              }}
            >
              {own.otherAddress}
            </button>
          </p>
        ) : null}
        {sent === null && canPasskey ? (
          <>
            <p class="quiet middle">{own.or}</p>
            <button type="button" class="button wide" onClick={() => void withPasskey()}>
              <Icon name="key" />
              {own.usePasskey}
            </button>
          </>
        ) : null}
      </div>
    </form>
  )
}
