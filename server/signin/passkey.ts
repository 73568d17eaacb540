// Passkeys: made by a customer who is signed in, and afterwards a way to sign in that needs no mail and cannot be given to another
// site. What they sign is checked by @simplewebauthn/server; each number they sign is used once.

import type * as WebAuthn from '@simplewebauthn/server'
import { currentProfile, personOf, readProfile } from '../customers/index.ts'
import { transact } from '../db/pool.ts'
import { Problem } from '../lib/problem.ts'
import type { SignInDeps } from './deps.ts'
import type { PasskeyAnswer, PasskeyPromise } from './passkey-schema.ts'
import { type OpenedSession, openSession, type SignedIn } from './session.ts'
import { siteOf } from './site.ts'
import {
  deletePasskeys,
  insertChallenge,
  insertPasskey,
  listPasskeys,
  lockPasskey,
  notePasskeyUse,
  type PasskeyRow,
  takeChallenge,
} from './store.ts'

/** As long as a person needs to find their key; browsers ask for a finger within a minute. */
const CHALLENGE_MS = 5 * 60_000
/** More is no set of devices but a defect. */
const MAX_PASSKEYS = 20

export interface PasskeyView {
  id: string
  object: 'passkey'
  name: string
  is_backed_up: boolean
  created_at: string
  last_used_at: string | null
}

/** What the browser is to be asked for, and the id to answer under. */
export interface Asked<Options> {
  id: string
  object: 'passkey_request'
  expires_at: string
  options: Options
}

type CreationOptions = Awaited<ReturnType<typeof WebAuthn.generateRegistrationOptions>>
type RequestOptions = Awaited<ReturnType<typeof WebAuthn.generateAuthenticationOptions>>

/** Loaded at its first use: a third of a second that most starts need not wait for. */
const webAuthn = () => import('@simplewebauthn/server')

/** Begins to make a passkey for a signed-in customer. Throws too-many-items. */
export async function askToRegister(deps: SignInDeps, who: SignedIn): Promise<Asked<CreationOptions>> {
  const { rpId } = siteOf(deps)
  const known = await listPasskeys(deps.db, who.merchantId, await personOf(deps.db, who.merchantId, who.customerId))
  if (known.length >= MAX_PASSKEYS) throw new Problem('too-many-items', { detail: 'Remove a passkey first.' })
  const customer = await readProfile(deps.db, who.merchantId, who.customerId)
  const { generateRegistrationOptions } = await webAuthn()
  const options = await generateRegistrationOptions({
    rpName: (await deps.letterheadOf(who.merchantId)).name,
    rpID: rpId,
    // What the device shows in its list of passkeys.
    userName: customer?.email ?? customer?.name ?? who.customerId,
    userDisplayName: customer?.name ?? '',
    // Of the customer, so that a device keeps one passkey for each and replaces it; an id of ours tells nobody who that is.
    userID: new Uint8Array(new TextEncoder().encode(who.customerId)),
    attestationType: 'none',
    excludeCredentials: known.map(({ credential_id, transports }) => ({ id: credential_id, transports })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  })
  return asked(deps, who.merchantId, { customerId: who.customerId, options })
}

/** Keeps the passkey a device has made. Throws passkey-invalid. */
export async function register(
  deps: SignInDeps,
  who: SignedIn,
  input: { id: string; name: string; response: PasskeyPromise },
): Promise<PasskeyView> {
  const at = deps.clock.now()
  const { rpId, origins } = siteOf(deps)
  const of = { id: input.id, customerId: who.customerId, at }
  const challenge = await takeChallenge(deps.db, who.merchantId, of)
  if (challenge === null) throw new Problem('passkey-invalid')
  const { verifyRegistrationResponse } = await webAuthn()
  const { registrationInfo } = await refusing(
    verifyRegistrationResponse({
      response: { ...input.response, clientExtensionResults: {} },
      expectedChallenge: challenge,
      expectedOrigin: origins,
      expectedRPID: rpId,
      requireUserVerification: true,
    }),
  )
  if (!registrationInfo) throw new Problem('passkey-invalid')
  const { credential, credentialBackedUp } = registrationInfo
  const row: PasskeyRow = {
    id: deps.newId('psk'),
    customer_id: who.customerId,
    credential_id: credential.id,
    public_key: credential.publicKey,
    counter: BigInt(credential.counter),
    transports: credential.transports ?? [],
    name: input.name,
    is_backed_up: credentialBackedUp,
    created_at: at,
    last_used_at: null,
  }
  if (!(await insertPasskey(deps.db, who.merchantId, row))) throw new Problem('passkey-invalid')
  return passkeyView(row)
}

/** Begins to sign in with whichever passkey the person has. */
export async function askToSignIn(deps: SignInDeps, merchantId: string): Promise<Asked<RequestOptions>> {
  const { generateAuthenticationOptions } = await webAuthn()
  const options = await generateAuthenticationOptions({ rpID: siteOf(deps).rpId, userVerification: 'required' })
  return asked(deps, merchantId, { customerId: null, options })
}

/** Opens a session for whom the passkey belongs to. Throws passkey-invalid, the same for every reason. */
export async function signInWithPasskey(
  deps: SignInDeps,
  merchantId: string,
  input: { id: string; response: PasskeyAnswer },
): Promise<OpenedSession> {
  const at = deps.clock.now()
  const { rpId, origins } = siteOf(deps)
  const challenge = await takeChallenge(deps.db, merchantId, { id: input.id, customerId: null, at })
  if (challenge === null) throw new Problem('passkey-invalid')
  const { verifyAuthenticationResponse } = await webAuthn()
  return transact(deps.db, async (tx) => {
    // Under its lock: two answers with one counter are one device and its copy, and the second is refused.
    const passkey = await lockPasskey(tx, merchantId, input.response.id)
    if (!passkey) throw new Problem('passkey-invalid')
    const { verified, authenticationInfo } = await refusing(
      verifyAuthenticationResponse({
        response: { ...input.response, clientExtensionResults: {} },
        expectedChallenge: challenge,
        expectedOrigin: origins,
        expectedRPID: rpId,
        requireUserVerification: true,
        credential: {
          id: passkey.credential_id,
          publicKey: new Uint8Array(passkey.public_key),
          counter: Number(passkey.counter),
        },
      }),
    )
    if (!verified) throw new Problem('passkey-invalid')
    await notePasskeyUse(tx, merchantId, { id: passkey.id, counter: authenticationInfo.newCounter, at })
    const customerId = await currentProfile(tx, merchantId, passkey.customer_id)
    return openSession(deps, tx, merchantId, { customerId, way: 'passkey', at })
  })
}

export async function passkeysOf(deps: SignInDeps, who: SignedIn): Promise<PasskeyView[]> {
  const person = await personOf(deps.db, who.merchantId, who.customerId)
  return (await listPasskeys(deps.db, who.merchantId, person)).map(passkeyView)
}

/** Throws not-found. The device keeps its half, which opens nothing any more. */
export async function removePasskey(deps: SignInDeps, who: SignedIn, id: string): Promise<void> {
  const customerIds = await personOf(deps.db, who.merchantId, who.customerId)
  if ((await deletePasskeys(deps.db, who.merchantId, { customerIds, id })) === 0) throw new Problem('not-found')
}

async function asked<Options extends { challenge: string }>(
  deps: SignInDeps,
  merchantId: string,
  { customerId, options }: { customerId: string | null; options: Options },
): Promise<Asked<Options>> {
  const created_at = deps.clock.now()
  const expires_at = new Date(created_at.getTime() + CHALLENGE_MS)
  const id = deps.newId('pkc')
  const row = { id, customer_id: customerId, challenge: options.challenge, created_at, expires_at }
  await insertChallenge(deps.db, merchantId, row)
  return { id, object: 'passkey_request', expires_at: expires_at.toISOString(), options }
}

/** The library throws for every kind of wrong answer; what was wrong helps only whoever tries. */
async function refusing<T>(verification: Promise<T>): Promise<T> {
  return verification.catch(() => {
    throw new Problem('passkey-invalid')
  })
}

function passkeyView(row: PasskeyRow): PasskeyView {
  const { id, name, is_backed_up, created_at, last_used_at } = row
  const used = last_used_at?.toISOString() ?? null
  return { id, object: 'passkey', name, is_backed_up, created_at: created_at.toISOString(), last_used_at: used }
}
