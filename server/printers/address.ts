// Where a receipt printer may be. The office names a host and our server connects to it from inside the shop's network, so this lets
// through nothing but the private network itself, and of each machine only the ports of printers. Must never look up a name twice:
// what was checked is what is connected to.

import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Problem } from '../lib/problem.ts'

/** Gives every address of a host name. Rejects with a `code` as node:dns does. */
export type ResolveName = (hostname: string) => Promise<string[]>

/** Private networks (RFC 1918, RFC 4193) and this machine. Link-local, shared, mapped and tunnelled addresses are ranges of other names. */
const OWN_NETWORK = new Set(['private', 'uniqueLocal', 'loopback'])
/** A cloud's metadata service that lives on a private address. */
const METADATA = ipaddr.parse('fd00:ec2::254').toNormalizedString()
const HOST = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i

export function isOwnNetwork(address: string): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.parse(address)
  return OWN_NETWORK.has(parsed.range()) && parsed.toNormalizedString() !== METADATA
}

/** The address of a host, checked. Null where it has none, or any that is not of the shop's own network. */
export async function addressOf(host: string, resolve: ResolveName): Promise<string | null> {
  if (isIP(host) !== 0) return isOwnNetwork(host) ? host : null
  const addresses = await resolve(host)
  return addresses.every(isOwnNetwork) ? (addresses[0] ?? null) : null
}

/**
 * The whole check when it is saved; throws `validation-error`. A name server that does not answer is not held against the name, since every
 * print checks again.
 */
export async function checkHost(host: string, resolve: ResolveName): Promise<void> {
  const refuse = (detail: string) => new Problem('validation-error', { errors: [{ pointer: '/host', detail }] })
  // `10.1` and `0x7f.1` are addresses to some programs and names to others.
  if (isIP(host) === 0 && (!HOST.test(host) || /^[0-9a-fx.]+$/i.test(host)))
    throw refuse('is neither an address nor the name of a host')
  let address: string | null
  try {
    address = await addressOf(host, resolve)
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ENOTFOUND' || code === 'ENODATA') throw refuse('is the name of no host')
    return
  }
  if (address === null)
    throw refuse('is not in a private network: 10/8, 172.16/12, 192.168/16, fc00::/7 or this machine')
}
