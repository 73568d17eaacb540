// Carries one message to a terminal and brings back what came: an answer, an empty one, or word that it was taken. What
// certainly did not arrive is `NotSent`; everything else that is no answer throws, which means unknown.

import { isSealed, open, readMessage, SealBroken, seal, type Wire } from '../../nexo/index.ts'
import { type ConnectorAccount, NotSent } from '../connector.ts'
import { post } from '../https.ts'
import type { Settings } from './settings.ts'

/** Terminals in this process, as server/virtual-terminal has them. */
export interface VirtualTerminals {
  exchange(
    poiId: string,
    wire: unknown,
    listener?: (wire: Wire) => void,
  ): Promise<
    | { kind: 'message'; wire: Wire; isSpoilt: boolean }
    | { kind: 'empty' }
    | { kind: 'lost' }
    | { kind: 'broken' }
    | { kind: 'unreachable' }
  >
}

export type Reply = { kind: 'message'; wire: Wire } | { kind: 'empty' } | { kind: 'accepted' }

export interface Carried {
  account: ConnectorAccount
  serial: string
  signal: AbortSignal
  /** Wait for the answer even where payments are answered by a notification: what is asked of a terminal's memory. */
  isNow?: boolean
}

export type Carry = (settings: Settings, wire: Wire, carried: Carried) => Promise<Reply>

export interface CarryDeps {
  /** Without them nothing can be sent to a virtual terminal. */
  virtual?: VirtualTerminals
  /** Hears what a virtual terminal tells of itself while it works. */
  tell?: (account: ConnectorAccount, wire: Wire) => void
}

/** The certificate's name of a terminal, as the provider signs them. */
const TERMINAL_NAME = {
  test: /^(?:([A-Za-z0-9]+-[A-Za-z0-9]+)|legacy-terminal-certificate)\.test\.terminal\.adyen\.com$/,
  live: /^(?:([A-Za-z0-9]+-[A-Za-z0-9]+)|legacy-terminal-certificate)\.live\.terminal\.adyen\.com$/,
}

export function createCarry(deps: CarryDeps): Carry {
  return (settings, wire, carried) =>
    settings.transport === 'virtual' ? carryHere(deps, wire, carried) : carryOut(settings, wire, carried)
}

async function carryHere(
  { virtual, tell }: CarryDeps,
  wire: Wire,
  { account, serial, signal }: Carried,
): Promise<Reply> {
  if (!virtual) throw new NotSent('there are no virtual terminals here')
  if (signal.aborted) throw new Error('the deadline had passed')
  const exchanged = await virtual.exchange(serial, wire, (told) => tell?.(account, told))
  switch (exchanged.kind) {
    case 'message':
      return { kind: 'message', wire: exchanged.wire }
    case 'empty':
      return { kind: 'empty' }
    case 'unreachable':
      throw new NotSent('the terminal is switched off')
    case 'lost':
      throw new Error('the connection broke before an answer came')
    case 'broken':
      throw new Error('the terminal answered HTTP 500')
  }
}

async function carryOut(settings: Settings, wire: Wire, { serial, signal, isNow }: Carried): Promise<Reply> {
  const isAsync = settings.transport.endsWith('_async') && !isNow
  const sealed = settings.key ? seal(wire, settings.key) : wire
  const isLocal = settings.transport === 'local'
  const { status, text } = await post({
    url: urlFor(settings, serial, isAsync),
    headers: {
      'content-type': 'application/json',
      ...(settings.apiKey && !isLocal ? { 'x-api-key': settings.apiKey.reveal() } : {}),
    },
    body: JSON.stringify(sealed),
    signal,
    ...(settings.ca === undefined ? {} : { ca: settings.ca }),
    ...(isLocal ? { mayBe: (name: string) => isTerminal(name, serial, settings.environment) } : {}),
  })
  // The key was looked at and refused before anything was passed on.
  if (status === 401 || status === 403) throw new NotSent(`the provider refused the key: HTTP ${status}`)
  if (status < 200 || status > 299) throw new Error(`the terminal answered HTTP ${status}`)
  const body = text.trim()
  if (body === '' || body === '{}') return isAsync ? { kind: 'accepted' } : { kind: 'empty' }
  if (isAsync && /^"?ok"?$/i.test(body)) return { kind: 'accepted' }
  return { kind: 'message', wire: opened(settings, parsed(body)) }
}

function urlFor(settings: Settings, serial: string, isAsync: boolean): URL {
  const { endpoint, transport, merchantAccount = '' } = settings
  if (!endpoint) throw new NotSent('the account has no address')
  if (transport === 'local') return endpoint
  const last = isAsync ? 'async' : 'sync'
  const path = transport.startsWith('device_')
    ? `/v1/merchants/${encodeURIComponent(merchantAccount)}/devices/${encodeURIComponent(serial)}/${last}`
    : `/${last}`
  return new URL(path, endpoint)
}

/** The terminal itself, or one of the time before terminals had certificates of their own. */
function isTerminal(name: string, serial: string, environment: 'test' | 'live'): boolean {
  const match = TERMINAL_NAME[environment].exec(name)
  return match !== null && (match[1] === undefined || match[1] === serial)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the answer is no JSON')
  }
}

/**
 * What was sealed is opened; what must be sealed and is not is believed only where it says that nothing happened, as a terminal
 * that cannot open our message must.
 */
function opened({ key }: Settings, wire: unknown): Wire {
  if (!key) return wire as Wire
  if (isSealed(wire)) return open(wire, key)
  const { wrapper, header, body } = readMessage(wire)
  const result = (body as { Response?: { Result?: unknown } } | undefined)?.Response?.Result
  const isEvent = wrapper === 'SaleToPOIRequest' && header.MessageCategory === 'Event'
  if (isEvent || result === 'Failure') return wire as Wire
  throw new SealBroken()
}
