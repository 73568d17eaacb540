// Reaches a simulator that runs as its own server. What is certain to be nothing (nobody listens, or the provider says
// it did nothing) is `NotSent`; everything else that is not a clear answer throws, which means unknown.

import { type Instruction, type Lookup, type LookupInstruction, NotSent, type Outcome } from '../connector.ts'
import type { PspRequest, PspVerb } from './psp.ts'
import { decodeOutcome, encodeRequest } from './wire.ts'

/** An answer longer than this is not one of ours. */
const MAX_ANSWER_BYTES = 65_536
/** The connection was never made, so nothing can have arrived. */
const NEVER_LEFT = new Set([
  'ERR_INVALID_URL',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

export async function callOverHttp(instruction: Instruction, verb: PspVerb, request: PspRequest): Promise<Outcome> {
  const response = await send(instruction, `/v1/${verb}`, { method: 'POST', body: encodeRequest(request) })
  const text = await answerOf(response)
  if (response.status === 503 && isNotProcessed(text)) throw new NotSent('the simulator is down')
  if (response.status !== 200) throw new Error(`the simulator answered HTTP ${response.status}`)
  return decodeOutcome(JSON.parse(text))
}

export async function lookupOverHttp(instruction: LookupInstruction): Promise<Lookup> {
  const path = `/v1/operations/${encodeURIComponent(instruction.operation_id)}?account=${encodeURIComponent(instruction.account.id)}`
  const response = await send(instruction, path, { method: 'GET' })
  const text = await answerOf(response)
  if (response.status === 404) return { outcome: 'not_found' }
  if (response.status !== 200) throw new Error(`the simulator answered HTTP ${response.status}`)
  return decodeOutcome(JSON.parse(text))
}

async function send(
  instruction: Pick<Instruction, 'account' | 'signal'>,
  path: string,
  init: { method: string; body?: string },
): Promise<Response> {
  const { url, api_key } = instruction.account.config
  const headers: Record<string, string> = {
    ...(init.body ? { 'content-type': 'application/json' } : {}),
    ...(api_key ? { authorization: `Bearer ${api_key}` } : {}),
  }
  try {
    return await fetch(`${url}${path}`, { ...init, headers, signal: instruction.signal, redirect: 'error' })
  } catch (error) {
    const code = causeCode(error)
    if (code && NEVER_LEFT.has(code)) throw new NotSent(`the simulator is not reachable: ${code}`)
    throw new Error(`the simulator did not answer: ${code ?? 'no code'}`)
  }
}

async function answerOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error('the simulator’s answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The provider's word that it did nothing; a bare 503 from a machine in between is no such word. */
function isNotProcessed(text: string): boolean {
  try {
    return (JSON.parse(text) as { processed?: unknown }).processed === false
  } catch {
    return false
  }
}

function causeCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : undefined
}
