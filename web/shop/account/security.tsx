// How one signs in: passkeys, and signing out everywhere.

import { startRegistration } from '@simplewebauthn/browser'
import { useState } from 'preact/hooks'
import { fill } from '../../shared/fill.ts'
import { Icon } from '../../shared/icon.tsx'
import { hasPasskeys } from '../../shared/passkeys.ts'
import { useShop } from '../shop.ts'
import { dayOf, type Passkey } from './own.ts'
import { Listed, Said, useAct } from './parts.tsx'

type PasskeyOptions = Parameters<typeof startRegistration>[0]['optionsJSON']

export function Security() {
  return (
    <>
      <Passkeys />
      <Everywhere />
    </>
  )
}

function Passkeys() {
  const { own, api, language } = useShop()
  const [turn, setTurn] = useState(0)
  const { act, said, isBusy } = useAct()
  const add = () =>
    act(async () => {
      const asked = await api.send<{ id: string; options: PasskeyOptions }>('POST', '/account/passkey_requests')
      let response: object
      try {
        response = await startRegistration({ optionsJSON: asked.options })
      } catch {
        // Closed, or this device has one already: the browser has said so itself.
        return own.passkeyFailed
      }
      const name = fill(own.thisDevice, { day: dayOf(new Date().toISOString(), language) })
      await api.send('POST', '/account/passkeys', { id: asked.id, name, response })
      setTurn((n) => n + 1)
      return undefined
    })
  const remove = (id: string) =>
    act(async () => {
      await api.send('DELETE', `/account/passkeys/${id}`)
      setTurn((n) => n + 1)
      return undefined
    })
  return (
    <section class="sheet" aria-labelledby="passkeys">
      <h3 id="passkeys">{own.passkeys}</h3>
      <p class="quiet">{own.passkeysLead}</p>
      <Listed<{ data: Passkey[] }> path="/account/passkeys" turn={turn}>
        {({ data }) =>
          data.length === 0 ? (
            <p>{own.noPasskeys}</p>
          ) : (
            <ul class="plain">
              {data.map(({ id, name, created_at, last_used_at }) => (
                <li key={id} class="line">
                  <span class="own">
                    {name}{' '}
                    <span class="quiet">
                      {last_used_at === null
                        ? fill(own.made, { day: dayOf(created_at, language) })
                        : fill(own.used, { day: dayOf(last_used_at, language) })}
                    </span>
                  </span>
                  <button
                    type="button"
                    class="button"
                    aria-label={fill(own.removePasskey, { name })}
                    onClick={() => void remove(id)}
                  >
                    {own.remove}
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </Listed>
      {hasPasskeys() ? (
        <button type="button" class="button" aria-disabled={isBusy} onClick={() => void add()}>
          <Icon name="key" />
          {own.addPasskey}
        </button>
      ) : (
        <p class="quiet">{own.noPasskeysHere}</p>
      )}
      <Said said={said} />
    </section>
  )
}

function Everywhere() {
  const { own, api, session } = useShop()
  const { act, said } = useAct()
  return (
    <section class="sheet" aria-labelledby="everywhere">
      <h3 id="everywhere">{own.signOutAll}</h3>
      <p class="quiet">{own.signOutAllLead}</p>
      <button
        type="button"
        class="button"
        onClick={() =>
          void act(async () => {
            await api.send('DELETE', '/account/sessions')
            session.drop()
            return undefined
          })
        }
      >
        {own.signOutAll}
      </button>
      <Said said={said} />
    </section>
  )
}
