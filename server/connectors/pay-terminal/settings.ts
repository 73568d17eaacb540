// What an account for terminals of Pay. holds, read once per call.

import { type ConnectorAccount, NotSent } from '../connector.ts'

export interface Settings {
  /** cloud: Pay. hands the order to the terminal. local: the till speaks to the terminal in the shop's network. */
  transport: 'cloud' | 'local'
  /** The sales location: SL-####-####. */
  serviceId: string
  /** Of the API: a token (AT-####-####) or the sales location, with its secret. */
  user: string
  password: string
  /** Whose terminals may be used by name of the sales location, and who signs exchanges as it. */
  serviceSecret: string | undefined
  /** Orders are made and found here; one that was made at one core is not known at another. */
  orders: string
  /** The rest of the API. */
  rest: string
  endpoints: string | undefined
  isTest: boolean
}

/** Throws NotSent when the account lacks what every call needs. */
export function settingsOf({ config }: Pick<ConnectorAccount, 'config'>): Settings {
  const { transport, service_id, user, password, service_secret, core, url, endpoints, environment } = config
  if (!service_id || !user || !password) throw new NotSent('the account has no sales location, or no key')
  return {
    transport: transport === 'local' ? 'local' : 'cloud',
    serviceId: service_id,
    user,
    password,
    serviceSecret: service_secret ?? (user === service_id ? password : undefined),
    orders: url ?? `https://${core ?? 'connect.pay.nl'}`,
    rest: url ?? 'https://rest.pay.nl',
    endpoints,
    isTest: environment === 'test',
  }
}
