// HTTP for what happens at a terminal. Its money goes through payments: here is how that stands, how to give it up, and what
// screen, keys, reader and printer do besides.

import type { Question } from '../connectors/terminal.ts'
import { type App, callerOf } from '../http/app.ts'
import { Problem } from '../lib/problem.ts'
import { abort } from './abort.ts'
import type { TerminalDeps } from './deps.ts'
import { identify } from './identify.ts'
import { release } from './release.ts'
import * as shapes from './schema.ts'
import { showState } from './show.ts'
import { ask, diagnose, display, print, totals } from './talk.ts'

/** As of the list of terminals: who may read one may read the other. */
const READ = { access: { keys: ['secret', 'restricted'], scope: 'stores:read' } } as const
const USE = { access: { keys: ['secret', 'restricted'], scope: 'terminals:write' } } as const
const LOOK = { access: { keys: ['secret', 'restricted'], scope: 'terminals:read' } } as const
const TAGS = ['Terminals']
const DEFAULT_SECONDS = 30

/** Registers the module's routes. */
export function routes(app: App, deps: TerminalDeps): void {
  stateRoutes(app, deps)
  talkRoutes(app, deps)
  deviceRoutes(app, deps)
}

function stateRoutes(app: App, deps: TerminalDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/terminals/:id',
    config: READ,
    schema: {
      operationId: 'getTerminal',
      summary: 'Read a terminal and what happens there',
      description: 'While something is under way, `current` tells how far it has come; ask again to follow it.',
      tags: TAGS,
      params: shapes.TerminalPath,
      response: { 200: shapes.TerminalState },
    },
    handler: (request) => showState(deps, callerOf(request).merchantId, request.params.id),
  })

  app.route({
    method: 'POST',
    url: '/v1/terminals/:id/abort',
    config: USE,
    schema: {
      operationId: 'abortTerminal',
      summary: 'Give up what is under way',
      description:
        'Asks the terminal to stop, or to let go of the card that it holds. How a payment ends is told by its own answer: a card that was approved in that moment is paid.',
      tags: TAGS,
      params: shapes.TerminalPath,
      response: { 200: shapes.TerminalState },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      await abort(deps, merchantId, request.params.id)
      return showState(deps, merchantId, request.params.id)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/terminals/:id/release',
    config: USE,
    schema: {
      operationId: 'releaseTerminal',
      summary: 'Free a terminal whose outcome nobody knows',
      description:
        'For when somebody has looked at the terminal. The reason is kept; the amount stays in flight and is asked for as before, and a late approval is booked.',
      tags: TAGS,
      params: shapes.TerminalPath,
      body: shapes.ReleaseInput,
      response: { 200: shapes.TerminalState },
    },
    handler: async (request) => {
      const { merchantId, keyId } = callerOf(request)
      await release(deps, merchantId, request.params.id, { by: keyId, reason: request.body.reason })
      return showState(deps, merchantId, request.params.id)
    },
  })
}

function talkRoutes(app: App, deps: TerminalDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/terminals/:id/identify',
    config: USE,
    schema: {
      operationId: 'identifyAtTerminal',
      summary: 'Read a card before paying, and say whose it is',
      description:
        'Waits for a person. The terminal then holds the card: the next payment there is paid with it, and `abort` lets it go. Only customers who agreed to be recognised by a card are.',
      tags: TAGS,
      params: shapes.TerminalPath,
      body: shapes.IdentifyInput,
      response: { 200: shapes.Identification },
    },
    handler: async (request) => {
      const { amount, currency } = request.body
      if ((amount === undefined) !== (currency === undefined))
        throw invalid('/currency', 'goes with an amount, and an amount with it')
      const shown = { ...(amount !== undefined && { amount: BigInt(amount) }), ...(currency && { currency }) }
      const found = await identify(deps, callerOf(request).merchantId, request.params.id, shown)
      return { object: 'identification' as const, ...found }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/terminals/:id/display',
    config: USE,
    schema: {
      operationId: 'displayAtTerminal',
      summary: 'Show a text to the customer',
      tags: TAGS,
      params: shapes.TerminalPath,
      body: shapes.DisplayInput,
      response: { 200: shapes.TerminalState },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      await display(deps, merchantId, request.params.id, request.body)
      return showState(deps, merchantId, request.params.id)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/terminals/:id/ask',
    config: USE,
    schema: {
      operationId: 'askAtTerminal',
      summary: 'Ask the customer one question',
      description: 'For an e-mail address, a donation, yes or no. Waits for the answer.',
      tags: TAGS,
      params: shapes.TerminalPath,
      body: shapes.AskInput,
      response: { 200: shapes.Answer },
    },
    handler: async (request) => {
      const { max_seconds: maxSeconds = DEFAULT_SECONDS, ...asked } = request.body
      const question = questionOf(asked)
      const answer = await ask(deps, callerOf(request).merchantId, request.params.id, { question, maxSeconds })
      return answer.outcome === 'answered'
        ? { object: 'answer' as const, outcome: answer.outcome, message: null, value: answer.value }
        : { object: 'answer' as const, outcome: answer.outcome, message: answer.message, value: null }
    },
  })
}

function deviceRoutes(app: App, deps: TerminalDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/terminals/:id/print',
    config: USE,
    schema: {
      operationId: 'printAtTerminal',
      summary: 'Print on the terminal',
      tags: TAGS,
      params: shapes.TerminalPath,
      body: shapes.PrintInput,
      response: { 200: shapes.TerminalState },
    },
    handler: async (request) => {
      const { merchantId } = callerOf(request)
      await print(deps, merchantId, request.params.id, request.body.lines)
      return showState(deps, merchantId, request.params.id)
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/terminals/:id/diagnosis',
    config: USE,
    schema: {
      operationId: 'diagnoseTerminal',
      summary: 'Ask a terminal how it is',
      tags: TAGS,
      params: shapes.TerminalPath,
      response: { 200: shapes.DiagnosisView },
    },
    handler: async (request) => {
      const found = await diagnose(deps, callerOf(request).merchantId, request.params.id)
      const { status, printer = null, card_reader_ok = null, pin_pad_ok = null, host_reachable = null } = found
      return { object: 'diagnosis' as const, status, printer, card_reader_ok, pin_pad_ok, host_reachable }
    },
  })

  app.route({
    method: 'GET',
    url: '/v1/terminals/:id/totals',
    config: LOOK,
    schema: {
      operationId: 'getTerminalTotals',
      summary: 'What the terminal has counted',
      description: 'The terminal’s own figures since its last reconciliation, to hold against the books.',
      tags: TAGS,
      params: shapes.TerminalPath,
      response: { 200: shapes.TotalsView },
    },
    handler: async (request) => {
      const rows = await totals(deps, callerOf(request).merchantId, request.params.id)
      return {
        object: 'terminal_totals' as const,
        totals: rows.map(({ brand = null, amount, ...row }) => ({ ...row, brand, amount: Number(amount) })),
      }
    },
  })
}

interface Asked {
  kind: 'confirm' | 'email' | 'phone' | 'number' | 'text' | 'choice'
  title: string
  body?: string
  yes?: string
  no?: string
  choices?: string[]
  max_length?: number
}

/** Throws validation-error for a field that its kind of question does not have, or lacks. */
function questionOf({ kind, title, body, yes, no, choices, max_length }: Asked): Question {
  if (kind !== 'confirm' && (yes ?? no ?? body) !== undefined)
    throw invalid(`/${yes !== undefined ? 'yes' : no !== undefined ? 'no' : 'body'}`, 'is for a confirmation')
  if (kind !== 'choice' && choices !== undefined) throw invalid('/choices', 'is for a choice')
  if ((kind === 'confirm' || kind === 'choice') && max_length !== undefined)
    throw invalid('/max_length', 'is for what is typed')
  if (kind === 'choice') {
    if (choices === undefined) throw invalid('/choices', 'are needed for a choice')
    return { kind, title, choices }
  }
  if (kind === 'confirm') {
    if (yes === undefined || no === undefined)
      throw invalid(yes === undefined ? '/yes' : '/no', 'is needed for a confirmation: what stands on the key')
    return { kind, title, yes, no, ...(body !== undefined && { body }) }
  }
  return { kind, title, ...(max_length !== undefined && { max_length }) }
}

function invalid(pointer: string, detail: string): Problem {
  return new Problem('validation-error', { errors: [{ pointer, detail }] })
}
