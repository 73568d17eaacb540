// The post between the simulated provider and us. The provider hands its webhooks in here; the test decides which arrive,
// when, how often and in which order. Letters are signed when they are delivered, as the provider signs each attempt.

import { Webhook } from 'standardwebhooks'

export interface Letter {
  /** Path of our hook, without the origin. */
  path: string
  eventId: string
  body: string
}

/** What a letter says, as far as tests read it. */
export interface LetterNews {
  id: string
  type: string
  account: string
  created_at: string
  data: Record<string, unknown>
}

export function newsOf(letter: Letter): LetterNews {
  return JSON.parse(letter.body) as LetterNews
}

/** Only a webhook tells of a success taken back or of a dispute; a provider repeats these until they arrive. */
export function isOnlyByWebhook(letter: Letter): boolean {
  const { type } = newsOf(letter)
  return type === 'operation.reversed' || type.startsWith('dispute.')
}

export function letterOf(url: string, headers: Record<string, string>, body: string): Letter {
  return { path: new URL(url).pathname, eventId: headers['webhook-id'] as string, body }
}

/** The headers of one delivery. `secrets` are the account's, space-separated where two are valid. */
export function signedHeaders(letter: Letter, secrets: readonly string[], at: Date): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': letter.eventId,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(letter.eventId, at, letter.body)).join(' '),
  }
}
