// What an account for terminals that speak nexo may hold. A merchant names where messages are sent, so it is the provider's own
// hosts, this machine, or what the operator allows; the terminals in a shop's network are such an allowance.

import { Problem } from '../lib/problem.ts'
import { checkOfflineCaps, OFFLINE_CONFIG } from './offline-config.ts'
import { invalid } from './request.ts'

const TRANSPORTS = ['virtual', 'local', 'cloud_sync', 'cloud_async', 'device_sync', 'device_async']
const CONFIG = new Set([
  ...['transport', 'endpoint', 'endpoints', 'api_key', 'merchant_account', 'key_identifier', 'key_version'],
  ...['passphrase', 'ca', 'environment', 'webhook_user', 'webhook_password'],
  ...OFFLINE_CONFIG,
])
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const PROVIDER = /(^|\.)adyen\.com$/
/** Nobody guesses it within the life of a terminal. */
const MIN_PASSPHRASE = 12
const MIN_PASSWORD = 16

/** Throws validation-error or url-not-allowed. A virtual terminal approves whatever its page says, so no live merchant has one. */
export function checkNexo(
  config: Record<string, string>,
  { mode, allowed }: { mode: 'test' | 'live'; allowed: ReadonlySet<string> },
): void {
  for (const name of Object.keys(config))
    if (!CONFIG.has(name)) throw invalid(`/config/${name}`, `Must be one of: ${[...CONFIG].join(', ')}.`)
  const { transport = '' } = config
  if (!TRANSPORTS.includes(transport)) throw invalid('/config/transport', `Must be one of: ${TRANSPORTS.join(', ')}.`)
  if (transport === 'virtual' && mode === 'live')
    throw invalid('/config/transport', 'Virtual terminals move no money; they are for test merchants.')
  checkOfflineCaps(config)
  checkSecrets(config)
  checkAddresses(config, transport, allowed)
}

function checkSecrets(config: Record<string, string>): void {
  const { transport, passphrase, key_identifier, key_version, ca, api_key, environment } = config
  const needs = (name: string, why: string): void => {
    if (!config[name]) throw invalid(`/config/${name}`, `Is needed: ${why}.`)
  }
  if (transport === 'local') {
    needs('passphrase', 'messages in the shop’s network are sealed with it')
    needs('ca', 'the certificate that vouches for the terminals')
  }
  if (transport !== 'local' && transport !== 'virtual') needs('api_key', 'the provider knows you by it')
  if (transport?.startsWith('device_')) needs('merchant_account', 'the address of the device API has it')
  if (transport?.endsWith('_async')) {
    needs('webhook_user', 'results come with it')
    needs('webhook_password', 'results come with it')
  }
  if (passphrase !== undefined && passphrase.length < MIN_PASSPHRASE)
    throw invalid('/config/passphrase', `Must have at least ${MIN_PASSPHRASE} characters.`)
  if (passphrase !== undefined) needs('key_identifier', 'it names the passphrase')
  if (key_identifier !== undefined && passphrase === undefined) needs('passphrase', 'key_identifier names it')
  if (key_version !== undefined && !/^[0-9]{1,6}$/.test(key_version))
    throw invalid('/config/key_version', 'Must be a number.')
  const { webhook_password } = config
  if (webhook_password !== undefined && webhook_password.length < MIN_PASSWORD)
    throw invalid('/config/webhook_password', `Must have at least ${MIN_PASSWORD} characters.`)
  if (ca !== undefined && !/^-----BEGIN CERTIFICATE-----/.test(ca.trim()))
    throw invalid('/config/ca', 'Must be a certificate as PEM.')
  if (api_key !== undefined && !/^[\x21-\x7e]+$/.test(api_key)) throw invalid('/config/api_key', 'Must be plain ASCII.')
  if (environment !== undefined && environment !== 'test' && environment !== 'live')
    throw invalid('/config/environment', 'Must be test or live.')
}

function checkAddresses(config: Record<string, string>, transport: string, allowed: ReadonlySet<string>): void {
  if (transport === 'virtual') return
  if (transport !== 'local') {
    checkUrl('/config/endpoint', config['endpoint'] ?? '', allowed)
    return
  }
  const pairs = (config['endpoints'] ?? '').split(/\s+/).filter((pair) => pair !== '')
  if (pairs.length === 0) throw invalid('/config/endpoints', 'Is needed: V400m-324688179=https://10.0.0.5:8443/nexo')
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw invalid('/config/endpoints', `${pair} is not a serial and its address.`)
    checkUrl('/config/endpoints', pair.slice(at + 1), allowed)
  }
}

function checkUrl(pointer: string, text: string, allowed: ReadonlySet<string>): void {
  const url = URL.parse(text)
  const port = url?.port || '443'
  const isNear = LOOPBACK.test(url?.hostname ?? '') || allowed.has(`${url?.hostname}:${port}`)
  const isPlain = url?.protocol === 'https:' && url.username === '' && url.password === '' && url.search === ''
  if (url && isPlain && (isNear || PROVIDER.test(url.hostname))) return
  const detail = `${text} must be https, and a host of the provider, this machine or one in ONETILL_WEBHOOK_ALLOW.`
  throw new Problem('url-not-allowed', { errors: [{ pointer, detail }] })
}
