// The account: who is signed in, and the part of it that the address names.

import { useEffect } from 'preact/hooks'
import { fill } from '../../shared/fill.ts'
import { Failed, Go, Skeleton } from '../app.tsx'
import { useLoaded, useShop } from '../shop.ts'
import { Details } from './details.tsx'
import { Orders, Returns } from './orders.tsx'
import type { Account } from './own.ts'
import { Privacy } from './privacy.tsx'
import { Security } from './security.tsx'
import { SignIn } from './sign-in.tsx'
import { Wallet } from './wallet.tsx'

const SECTIONS = ['orders', 'returns', 'wallet', 'details', 'security', 'privacy'] as const
type Section = (typeof SECTIONS)[number]

export function AccountPage({ section }: { section: string }) {
  const { session } = useShop()
  if (section === 'gone') return <Gone />
  if (!session.isOn) return <SignIn />
  return <SignedIn section={SECTIONS.find((each) => each === section) ?? 'orders'} />
}

function SignedIn({ section }: { section: Section }) {
  const { texts, own, api, session, view, go } = useShop()
  const account = useLoaded('account', () => api.get<Account>('/account'))
  useEffect(() => {
    document.title = `${own.sections[section]} · ${texts.account} · ${view.merchant}`
  }, [section])
  if (account.is === 'loading') return <Skeleton />
  if (account.is === 'failed') return <Failed again={account.again} />
  const { data } = account
  const leave = async () => {
    // Signed out here whatever the answer: the token is forgotten.
    await api.send('DELETE', '/account/session').catch(() => {})
    session.drop()
    go('/shop/account')
  }
  return (
    <div class="wide account">
      <div class="hello">
        <h1>{fill(own.welcome, { name: data.name ?? data.email ?? '' })}</h1>
        <button type="button" class="button" onClick={() => void leave()}>
          {own.signOut}
        </button>
      </div>
      <nav aria-label={texts.account}>
        <ul class="tabs">
          {SECTIONS.map((each) => (
            <li key={each}>
              <Tab to={each} isHere={each === section} />
            </li>
          ))}
        </ul>
      </nav>
      <div class="part">
        <h2>{own.sections[section]}</h2>
        <Part section={section} account={data} />
      </div>
    </div>
  )
}

function Tab({ to: section, isHere }: { to: Section; isHere: boolean }) {
  const { own } = useShop()
  return (
    <Go href={section === 'orders' ? '/shop/account' : `/shop/account/${section}`} current={isHere}>
      {own.sections[section]}
    </Go>
  )
}

function Part({ section, account }: { section: Section; account: Account }) {
  switch (section) {
    case 'orders':
      return <Orders />
    case 'returns':
      return <Returns />
    case 'wallet':
      return <Wallet />
    case 'details':
      return <Details account={account} />
    case 'security':
      return <Security />
    case 'privacy':
      return <Privacy />
  }
}

function Gone() {
  const { texts, own, view } = useShop()
  useEffect(() => {
    document.title = `${own.erased} · ${view.merchant}`
  }, [])
  return (
    <div class="narrow empty">
      <h1>{own.erased}</h1>
      <p>{own.erasedLead}</p>
      <Go href="/shop" class="button primary">
        {texts.home}
      </Go>
    </div>
  )
}
