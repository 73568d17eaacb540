// Puts one question to a terminal and takes its answer, once it is certain that it is the answer to this very question: an
// answer is matched by category, ServiceID and terminal, never by being the latest.

import { randomFillSync } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { FillRandom } from '../../lib/ids.ts'
import {
  newServiceId,
  type RequestCategory,
  type Requests,
  readEvent,
  readMessage,
  request,
  type Wire,
} from '../../nexo/index.ts'
import { type ConnectorAccount, NotSent, type TerminalOfInstruction } from '../connector.ts'
import { settingsOf } from './settings.ts'
import type { Carry } from './transport.ts'

export interface Talk {
  account: ConnectorAccount
  terminal: TerminalOfInstruction | undefined
  signal: AbortSignal
  /** Ten letters and digits; without one the message gets a new number of its own. */
  serviceId?: string
  isNow?: boolean
}

export type Said = { kind: 'body'; body: unknown } | { kind: 'empty' } | { kind: 'accepted' }

export type Converse = <C extends RequestCategory>(category: C, body: Requests[C], talk: Talk) => Promise<Said>

/** The name by which a terminal knows an operation or a session of ours. */
export function serviceIdOf(id: string): string {
  return id.slice(-10)
}

export function createConverse(carry: Carry, clock: Pick<Clock, 'now'>, fill: FillRandom = randomFillSync): Converse {
  return async (category, body, { account, terminal, signal, serviceId, isNow }) => {
    if (!terminal) throw new NotSent('no terminal was named')
    const { serial } = terminal
    const settings = settingsOf(account, serial)
    const address = {
      serviceId: serviceId ?? newServiceId(clock.now(), fill),
      saleId: terminal.id,
      poiId: serial,
    }
    const wire = request(category, address, body)
    const reply = await carry(settings, wire, { account, serial, signal, ...(isNow && { isNow }) })
    if (reply.kind !== 'message') return reply
    return { kind: 'body', body: answerTo(category, address, reply.wire) }
  }
}

function answerTo(category: RequestCategory, asked: { serviceId: string; poiId: string }, wire: Wire): unknown {
  const { wrapper, header, name, body } = readMessage(wire)
  if (header.MessageCategory === 'Event') throw rejected(body)
  const isOurs =
    wrapper === 'SaleToPOIResponse' &&
    name === `${category}Response` &&
    header.POIID === asked.poiId &&
    header.ServiceID === asked.serviceId
  if (!isOurs) throw new Error(`the answer is to another question: ${header.MessageCategory} ${header.ServiceID}`)
  return body
}

/** A message came back in place of an answer. Only words that say that it was not delivered mean that it was not. */
function rejected(body: unknown): Error {
  const { event, details } = readEvent(body)
  const message = details.get('message') ?? event
  const never = /failed to send|not (?:be )?(?:connected|delivered|found|a json)|unknown poi/i.test(message)
  return never ? new NotSent(`the message was not delivered: ${message}`) : new Error(`no answer: ${message}`)
}
