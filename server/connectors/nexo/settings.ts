// What an account for nexo terminals may hold, read once per call: how its terminals are reached and with which secrets.

import { Secret } from '../../lib/secret.ts'
import type { SharedKey } from '../../nexo/index.ts'
import { type ConnectorAccount, NotSent } from '../connector.ts'

/**
 * virtual: our own terminals on a page, in this process. local: each terminal by its address, sealed. cloud_sync, cloud_async: the
 * provider's endpoint, answering when the customer is done or by notification. device_sync, device_async: the same by device.
 */
export const TRANSPORTS = ['virtual', 'local', 'cloud_sync', 'cloud_async', 'device_sync', 'device_async'] as const
export type Transport = (typeof TRANSPORTS)[number]

export interface Settings {
  transport: Transport
  /** Where to send: of the cloud its root, of local the address of this terminal with its path. */
  endpoint: URL | undefined
  apiKey: Secret<string> | undefined
  /** Of the device API. */
  merchantAccount: string | undefined
  /** What messages are sealed with; local ones always, those of the cloud when there is a key. */
  key: SharedKey | undefined
  /** Certificates, as PEM, that may vouch for a terminal. */
  ca: string | undefined
  /** Which certificates count: those of test terminals, or of live ones. */
  environment: 'test' | 'live'
}

/** The settings for one terminal. Throws NotSent when the account lacks what its transport needs: nothing was sent then. */
export function settingsOf({ config }: Pick<ConnectorAccount, 'config'>, serial: string): Settings {
  const transport = TRANSPORTS.find((known) => known === config['transport'])
  if (!transport) throw new NotSent('the account does not say how its terminals are reached')
  const address = transport === 'local' ? addressOf(config['endpoints'] ?? '', serial) : config['endpoint']
  const endpoint = address === undefined ? undefined : URL.parse(address)
  const { passphrase, key_identifier: identifier } = config
  const settings: Settings = {
    transport,
    endpoint: endpoint ?? undefined,
    apiKey: config['api_key'] === undefined ? undefined : new Secret(config['api_key']),
    merchantAccount: config['merchant_account'],
    key:
      passphrase === undefined || identifier === undefined
        ? undefined
        : { identifier, version: Number(config['key_version'] ?? '1'), passphrase: new Secret(passphrase) },
    ca: config['ca'],
    environment: config['environment'] === 'live' ? 'live' : 'test',
  }
  if (transport !== 'virtual' && !settings.endpoint) throw new NotSent(`the account has no address for ${serial}`)
  if (transport === 'local' && (!settings.key || !settings.ca))
    throw new NotSent('local terminals need a shared key and a certificate to trust')
  if (transport.startsWith('device_') && settings.merchantAccount === undefined)
    throw new NotSent('the device API needs the name of the merchant account')
  return settings
}

/** `V400m-1=https://10.0.0.5:8443/nexo V400m-2=…`: the address of each terminal in the shop's own network. */
function addressOf(endpoints: string, serial: string): string | undefined {
  for (const pair of endpoints.split(/\s+/)) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at) === serial) return pair.slice(at + 1)
  }
  return undefined
}
