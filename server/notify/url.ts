// Where a webhook may go. A retailer names the URL and our server makes the request, so without this guard anyone with an API
// key could reach our own network (server-side request forgery). Checked when the URL is saved, and again at every send,
// because names change what they resolve to. The send connects to the very addresses that were checked here.

import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Problem } from '../lib/problem.ts'

/** `host:port` pairs that are exempt from every rule but the scheme. Set by the operator (ONETILL_WEBHOOK_ALLOW), never by a merchant. */
export type AllowedHosts = ReadonlySet<string>

/** An address that was checked. */
export interface CheckedAddress {
  address: string
  family: 4 | 6
}

/** Gives every address of a host name. Rejects with a `code` as node:dns does. */
export type ResolveHost = (hostname: string) => Promise<string[]>

/** Reads the comma list of ONETILL_WEBHOOK_ALLOW, for example `127.0.0.1:9000,receiver:8080`. Throws on an entry that is not `host:port`. */
export function parseAllowedHosts(text: string): AllowedHosts {
  const entries = text.split(',').map((entry) => entry.trim().toLowerCase())
  const hosts = entries.filter((entry) => entry !== '')
  for (const host of hosts) {
    if (!/^(\[[0-9a-f:]+\]|[a-z0-9._-]+):\d{1,5}$/.test(host))
      throw new Error(`ONETILL_WEBHOOK_ALLOW: ${host} is not host:port`)
  }
  return new Set(hosts)
}

/** Names that mean this machine, this network or a cloud's metadata service, whatever they resolve to. */
const INTERNAL_NAMES = /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home|corp|arpa|onion)$/

/** Azure's metadata and wire server: the one internal service that lives on a public address. */
const INTERNAL_ADDRESSES = new Set(['168.63.129.16'])

const MAX_URL_LENGTH = 2048

/** Checks everything about a URL that needs no network, on the parsed form. Throws `url-not-allowed`, naming the rule. */
export function checkUrl(text: string, allowed: AllowedHosts): URL {
  if (text.length > MAX_URL_LENGTH) throw refuse('The URL is longer than 2048 characters.')
  // Parsers drop tabs, newlines and outer spaces silently; a URL that needs that is a mistake or a disguise.
  if (/\s|\p{Cc}/u.test(text)) throw refuse('The URL holds white space or control characters.')
  const url = URL.parse(text)
  if (!url) throw refuse('The URL cannot be parsed.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('Only https is allowed.')
  if (url.username !== '' || url.password !== '') throw refuse('A user name or password in the URL is not allowed.')
  if (isAllowed(url, allowed)) return url
  if (url.protocol !== 'https:') throw refuse('Only https is allowed.')
  if (url.port !== '') throw refuse('Only port 443 is allowed.')
  const host = hostOf(url)
  if (isIP(host) !== 0) {
    if (!isPublicAddress(host)) throw refuse('The address is not on the public internet.')
    return url
  }
  if (!host.includes('.') || INTERNAL_NAMES.test(host)) throw refuse('The host is not on the public internet.')
  return url
}

/**
 * Resolves the host of a URL that `checkUrl` accepted and checks every address; one internal address refuses them all.
 * Gives null for an allow-listed host, which is connected to as it stands. Throws `url-not-allowed`; a name server's own
 * failure is thrown as it comes (its `code` says which).
 */
export async function checkAddresses(
  url: URL,
  allowed: AllowedHosts,
  resolve: ResolveHost,
): Promise<CheckedAddress[] | null> {
  if (isAllowed(url, allowed)) return null
  const host = hostOf(url)
  const addresses = isIP(host) !== 0 ? [host] : await resolve(host)
  if (addresses.length === 0 || !addresses.every(isPublicAddress))
    throw refuse('The host does not resolve to the public internet.')
  return addresses.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }))
}

/**
 * The whole check at save time. A name that does not exist is refused; a name server that does not answer is not held
 * against the URL, since every send checks again. Throws `url-not-allowed`.
 */
export async function checkUrlForSaving(text: string, allowed: AllowedHosts, resolve: ResolveHost): Promise<void> {
  const url = checkUrl(text, allowed)
  try {
    await checkAddresses(url, allowed, resolve)
  } catch (error) {
    if (error instanceof Problem) throw error
    const code = (error as { code?: string }).code
    if (code === 'ENOTFOUND' || code === 'ENODATA') throw refuse('The host does not exist.')
  }
}

/** Time for one question to a name server, and how often it is asked. */
const DNS_OPTIONS = { timeout: 2_000, tries: 2 }

/**
 * Asks the name servers, past /etc/hosts and search domains. Not `dns.lookup`: that blocks one of four threads of the whole
 * process, so that one endpoint with slow name servers would delay all the others.
 */
export const resolveByDns: ResolveHost = async (hostname) => {
  const resolver = new Resolver(DNS_OPTIONS)
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  const addresses = [v4, v6].flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  if (addresses.length === 0 && v4.status === 'rejected') throw v4.reason
  return addresses
}

/** True for an address anyone on the internet could reach: not private, loopback, link-local, shared, mapped, tunnelled, reserved. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address) || INTERNAL_ADDRESSES.has(address)) return false
  // Only 'unicast' is positive; every special range has its own name. Addresses that carry an IPv4 address inside are
  // special ranges too, so there is no way around by wrapping.
  return ipaddr.parse(address).range() === 'unicast'
}

/** The host without IPv6 brackets and without the dot at its end, in lower case (the parser does that). */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.+$/, '')
}

function isAllowed(url: URL, allowed: AllowedHosts): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return allowed.has(`${url.hostname}:${port}`)
}

function refuse(detail: string): Problem {
  return new Problem('url-not-allowed', { detail, errors: [{ pointer: '/url', detail }] })
}
