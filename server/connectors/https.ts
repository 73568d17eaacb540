// One request over TLS. A terminal in the shop's network has no name that a public authority would vouch for: its certificate is
// signed by the provider and carries the terminal's id, so that is what is checked, against the pinned authority alone.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { PeerCertificate } from 'node:tls'
import { NotSent } from './connector.ts'

export interface Post {
  /** Default: POST. */
  method?: 'POST' | 'GET' | 'PATCH'
  url: URL
  headers: Record<string, string>
  body: string
  signal: AbortSignal
  /** Trusted instead of the public authorities. */
  ca?: string
  /** Whom the certificate must be of, by its common name; without it the host's name is checked, as usual. */
  mayBe?: (commonName: string) => boolean
}

export interface Posted {
  status: number
  text: string
}

/** No answer of a terminal is longer: slips and signatures are some kilobytes. */
const MAX_ANSWER_BYTES = 1_048_576
/** The connection was never made, so nothing can have arrived. */
const NEVER_LEFT = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN'],
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
  ...['CERT_SIGNATURE_FAILURE', 'CERT_NOT_YET_VALID', 'ERR_NOT_THE_TERMINAL'],
])

/** Throws NotSent when the request certainly never left, any other error when it may have arrived. */
export function post({ method = 'POST', url, headers, body, signal, ca, mayBe }: Post): Promise<Posted> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      signal,
      // A terminal holds few connections, and one that stood idle may be dead without a word.
      agent: false,
    } as const
    const tls = { ...(ca === undefined ? {} : { ca }), ...(mayBe && { checkServerIdentity: identityBy(mayBe) }) }
    const sent: ClientRequest =
      url.protocol === 'http:' ? httpRequest(url, options) : httpsRequest(url, { ...options, ...tls })
    sent.on('response', (response) => read(response).then(resolve, reject))
    sent.on('error', (error: NodeJS.ErrnoException) => reject(translated(error)))
    sent.end(body)
  })
}

function identityBy(mayBe: (commonName: string) => boolean) {
  return (_host: string, certificate: PeerCertificate): Error | undefined => {
    const { CN } = certificate.subject
    const name = Array.isArray(CN) ? CN[0] : CN
    if (typeof name === 'string' && mayBe(name)) return undefined
    return Object.assign(new Error('the certificate is not that of the terminal'), { code: 'ERR_NOT_THE_TERMINAL' })
  }
}

function translated(error: NodeJS.ErrnoException): Error {
  const { code = 'no code' } = error
  return NEVER_LEFT.has(code)
    ? new NotSent(`the terminal is not reachable: ${code}`)
    : new Error(`the terminal did not answer: ${code}`)
}

async function read(response: IncomingMessage): Promise<Posted> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) {
      response.destroy()
      throw new Error('the answer is too long to be one of a terminal')
    }
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }
}
