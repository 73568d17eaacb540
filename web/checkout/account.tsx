// Who pays: a word above the form for whoever is known to the shop and not yet to this page. The form itself is loaded when it is asked for.

import { useEffect, useState } from 'preact/hooks'
import type { CheckoutView } from '../../server/checkout/page-view.ts'
import { fill } from '../shared/fill.ts'
import type { SignIn } from './sign-in.tsx'
import { held, hold, look } from './state.ts'
import type { Texts } from './texts/texts.ts'

export interface AccountProps {
  view: CheckoutView
  texts: Texts
  language: string
  onView(view: CheckoutView): void
}

export function Account(props: AccountProps) {
  const { view, texts, language, onView } = props
  const [form, setForm] = useState<{ draw: typeof SignIn } | null>(null)
  const again = () =>
    look(view, language).then(onView, () => {
      // The next step shows it.
    })
  useEffect(() => {
    // Signed in before the page was left for a bank, or loaded again.
    if (view.can_sign_in && held(view.path) !== null)
      void look(view, language).then(
        (now) => {
          if (now.signed_in === null) hold(view.path, null)
          onView(now)
        },
        () => {},
      )
  }, [])
  if (view.signed_in !== null)
    return (
      <p class="known">
        <span class="own">{fill(texts.account.signedIn, { name: view.signed_in })}</span>{' '}
        <button
          type="button"
          class="link"
          onClick={() => {
            hold(view.path, null)
            void again()
          }}
        >
          {texts.account.signOut}
        </button>
      </p>
    )
  if (!view.can_sign_in) return null
  if (form !== null)
    return (
      <form.draw
        {...props}
        onClose={() => setForm(null)}
        onSignedIn={(token) => {
          hold(view.path, token)
          setForm(null)
          void again()
        }}
      />
    )
  return (
    <p class="known needs-script">
      {texts.account.ask}{' '}
      <button
        type="button"
        class="link"
        onClick={() => {
          import('./sign-in.tsx').then(
            ({ SignIn: draw }) => setForm({ draw }),
            // Offline: pressed again it may come.
            () => {},
          )
        }}
      >
        {texts.account.signIn}
      </button>
    </p>
  )
}
