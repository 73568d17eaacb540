// The simulator as a connector: translates our instructions into the provider's requests. It talks to the provider in
// this process, or over HTTP when the account's config has a `url`; the provider cannot tell the difference.

import {
  type ChargeInstruction,
  type Connector,
  type ConnectorAccount,
  type ConnectorFacts,
  type CreditInstruction,
  type FollowUpInstruction,
  type Instruction,
  type Lookup,
  type LookupInstruction,
  NotSent,
  type Outcome,
} from '../connector.ts'
import { callOverHttp, lookupOverHttp } from './http-client.ts'
import { METHOD_CODES } from './methods.ts'
import type { PspReply, PspRequest, PspVerb } from './psp.ts'
import { receive } from './receive.ts'

export interface SimulatorConnectorOptions {
  /** Registered name; a second name gives a second set of facts. Default 'simulator'. */
  name?: string
  /** Basis points above the authorised amount that a capture may take. Default 0. */
  over_capture_bp?: number
  /** Default true. */
  multi_capture?: boolean
}

/** The provider, as far as the connector calls it in process. */
export interface InProcessPsp {
  handle(verb: PspVerb, request: PspRequest): Promise<PspReply>
  lookup(account: string, operationId: string): Lookup
  /** Waits, or returns early when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** Makes a connector for the provider. */
export function simulatorConnector(psp: InProcessPsp, options: SimulatorConnectorOptions = {}): Connector {
  const facts: ConnectorFacts = {
    multi_capture: options.multi_capture ?? true,
    over_capture_bp: options.over_capture_bp ?? 0,
    lookup_by_our_reference: true,
    idempotent: true,
    methods: METHOD_CODES,
  }
  const send = (verb: PspVerb, instruction: Instruction, request: PspRequest): Promise<Outcome> =>
    instruction.account.config['url']
      ? callOverHttp(instruction, verb, request)
      : callInProcess(psp, verb, request, instruction.signal)
  const charge = (verb: 'sale' | 'authorize') => (instruction: ChargeInstruction) =>
    send(verb, instruction, chargeRequest(instruction, facts))
  const followUp =
    (verb: 'capture' | 'void' | 'refund' | 'increment' | 'extend') => (instruction: FollowUpInstruction) =>
      send(verb, instruction, {
        ...commonRequest(instruction),
        original_operation_id: instruction.original.operation_id,
        is_final: instruction.is_final,
      })
  return {
    name: options.name ?? 'simulator',
    facts,
    sale: charge('sale'),
    authorize: charge('authorize'),
    capture: followUp('capture'),
    void: followUp('void'),
    refund: followUp('refund'),
    increment: followUp('increment'),
    extend: followUp('extend'),
    credit: (instruction: CreditInstruction) =>
      send('credit', instruction, {
        ...commonRequest(instruction),
        method: instruction.method,
        card: clearCard(instruction.card),
        terminal_id: instruction.terminal_id,
      }),
    lookup: async (instruction: LookupInstruction) =>
      instruction.account.config['url']
        ? lookupOverHttp(instruction)
        : psp.lookup(instruction.account.id, instruction.operation_id),
    receive,
  }
}

async function callInProcess(
  psp: InProcessPsp,
  verb: PspVerb,
  request: PspRequest,
  signal: AbortSignal,
): Promise<Outcome> {
  const reply = await psp.handle(verb, request)
  switch (reply.transport) {
    case 'delivered':
      return reply.outcome
    case 'refused':
      throw new NotSent('the simulator is down')
    case 'lost':
      throw new Error('the connection broke before an answer came')
    case 'broken':
      throw new Error('the simulator answered HTTP 500')
    case 'slow':
      await psp.sleep(reply.delay_ms, signal)
      if (signal.aborted) throw new Error('the answer came after the deadline')
      return reply.outcome
  }
}

function chargeRequest(instruction: ChargeInstruction, facts: ConnectorFacts): PspRequest {
  return {
    ...commonRequest(instruction),
    method: instruction.method,
    channel: instruction.channel,
    initiator: instruction.initiator,
    card: clearCard(instruction.card),
    network_reference: instruction.network_reference,
    one_time_code: instruction.one_time_code?.reveal(),
    terminal_id: instruction.terminal_id,
    return_url: instruction.return_url,
    country: instruction.country,
    over_capture_bp: facts.over_capture_bp,
    multi_capture: facts.multi_capture,
  }
}

function commonRequest(instruction: Instruction): PspRequest {
  return {
    account: accountOf(instruction.account),
    operation_id: instruction.operation_id,
    payment_id: instruction.payment_id,
    amount: instruction.amount,
    currency: instruction.currency,
    webhook_url: instruction.webhook_url,
    reference: instruction.reference,
  }
}

function accountOf(account: ConnectorAccount): PspRequest['account'] {
  return {
    id: account.id,
    webhook_secret: account.config['webhook_secret'],
    webhook_secret_previous: account.config['webhook_secret_previous'],
  }
}

function clearCard(card: ChargeInstruction['card']): PspRequest['card'] {
  if (!card) return undefined
  return {
    number: card.number.reveal(),
    exp_month: card.exp_month,
    exp_year: card.exp_year,
    cvc: card.cvc?.reveal(),
    holder: card.holder,
  }
}
