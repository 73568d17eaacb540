// Terminals that speak Concert 3.2 (Caisse-AP over IP), as PayXpress and most terminals in France do: one connection, one question, and the
// answer when the customer is done. The protocol has no abort, so the red key is the only one; and no memory but the last transaction,
// whose duplicate names ours or proves nothing.

import {
  type ChargeInstruction,
  type Connector,
  type ConnectorAccount,
  type ConnectorFacts,
  type CreditInstruction,
  type FollowUpInstruction,
  inDoubt,
  type Lookup,
  type LookupInstruction,
  NotSent,
  type Outcome,
  type TerminalOfInstruction,
} from '../connector.ts'
import { addressOf, dial } from '../tcp.ts'
import { type PrintCall, type TerminalDriver, TerminalError } from '../terminal.ts'
import { type Frame, read, write } from './frame.ts'
import { outcomeOf, outcomeOfDuplicate } from './outcome.ts'

const facts: ConnectorFacts = {
  multi_capture: false,
  over_capture_bp: 0,
  lookup_by_our_reference: false,
  idempotent: false,
  only_at_terminal: true,
  one_at_a_time: true,
  // Staff type the merchant's code for it.
  refunds_at_terminal: true,
  methods: ['card'],
  currencies: ['EUR', 'CHF', 'GBP', 'USD', 'XPF'],
}

/** ISO 4217 by number. Amounts are in the minor unit of ISO: XPF has none. */
const NUMBERS: Record<string, string> = { EUR: '978', CHF: '756', GBP: '826', USD: '840', XPF: '953' }
const DEBIT = '0'
const CREDIT = '1'
const DUPLICATE = '3'
const IDENTIFICATION = 'I'
const PRINT = 'P'
/** The customer's copy comes in the answer, as text. */
const SLIP_HERE = '100'
/** What the Association du Paiement has given to PayXpert. */
const PROTOCOL_ID = '323540032810'
/** No answer is longer than its longest records. */
const MAX_ANSWER = 16_384
/** Text that its record holds as base64. */
const MAX_PRINT = 675

export const concert: Connector = {
  name: 'concert',
  facts,
  sale: (instruction) => transact(instruction, DEBIT),
  credit: (instruction) => transact(instruction, CREDIT),
  async refund(instruction) {
    const { amount, tip = 0n, original } = instruction
    if (original.psp_reference === original.operation_id || original.psp_reference === '')
      throw new NotSent('the terminal has not named the payment: hold the card to the terminal instead')
    const outcome = await transact({ ...instruction, amount: amount + tip }, CREDIT, [['IM', original.psp_reference]])
    return outcome.outcome === 'succeeded' ? { ...outcome, amount: outcome.amount - tip } : outcome
  },
  lookup,
  terminal: driver(),
}

type Records = [tag: string, value: string][]

async function transact(
  instruction: ChargeInstruction | CreditInstruction | FollowUpInstruction,
  action: string,
  more: Records = [],
): Promise<Outcome> {
  const { account, terminal, signal, operation_id, amount, currency } = instruction
  const number = NUMBERS[currency]
  if (number === undefined) throw new NotSent(`no terminal takes ${currency}`)
  const { CA, ...first } = firstOf(account)
  const echoed = { CA, CD: action, CE: number }
  const records: Records = [
    ...Object.entries({ ...first, CA, CE: number, CD: action, CB: String(amount).padStart(2, '0') }),
    // The answer when the customer is done, for all of it or for nothing.
    ...([
      ['BA', '0'],
      ['BF', '0'],
      ['CF', operation_id],
      ['CH', operation_id],
      ['CK', SLIP_HERE],
    ] as Records),
    ...more,
  ]
  return outcomeOf(await ask({ account, terminal, signal }, records), { operation_id, currency, echoed })
}

async function lookup(instruction: LookupInstruction): Promise<Lookup> {
  const { account, terminal, signal, operation_id, amount = 0n, tip = 0n, currency = '', kind } = instruction
  const asked = kind === 'refund' ? amount + tip : amount
  const records = Object.entries({
    ...firstOf(account),
    ...{ CE: NUMBERS[currency] ?? '', CD: DUPLICATE, CB: String(asked).padStart(2, '0'), CK: SLIP_HERE },
  })
  const found = outcomeOfDuplicate(await inDoubt(ask({ account, terminal, signal }, records)), {
    ...{ operation_id, currency, echoed: {} },
  })
  return found.outcome === 'succeeded' && kind === 'refund' ? { ...found, amount: found.amount - tip } : found
}

/** The version and who asks: every message begins so. */
function firstOf({ config }: ConnectorAccount) {
  const { protocol_version = '0320', protocol_id = PROTOCOL_ID, till = '01' } = config
  return { CZ: protocol_version, CJ: protocol_id, CA: till }
}

interface At {
  account: ConnectorAccount
  terminal: TerminalOfInstruction | undefined
  signal: AbortSignal
}

/** Throws NotSent when the terminal was not reached; anything else means that nobody knows. */
async function ask({ account, terminal, signal }: At, records: Records): Promise<Frame> {
  if (!terminal) throw new NotSent('no terminal was named')
  const address = addressOf(account.config['endpoints'], terminal.serial)
  const text = write(records)
  const line = await dial(address, { signal, encoding: 'latin1' })
  try {
    line.send(text)
    let come = ''
    for (;;) {
      const chunk = await line.read()
      if (chunk === undefined) throw new Error('the terminal hung up')
      come += chunk
      const frame = read(come)
      // It has said how it went: nothing follows.
      if (frame?.has('AE')) return frame
      if (come.length > MAX_ANSWER) throw new Error('the terminal says more than any answer has')
    }
  } finally {
    line.close()
  }
}

function driver(): TerminalDriver {
  const reached = async (at: At, records: Records): Promise<Frame> => {
    try {
      return await ask(at, records)
    } catch (error) {
      throw error instanceof NotSent ? new TerminalError('unreachable', error.message) : error
    }
  }
  return {
    async diagnose(call) {
      const records = Object.entries({ ...firstOf(call.account), CD: IDENTIFICATION })
      return { status: (await reached(call, records)).get('AE') === '10' ? 'ok' : 'busy' }
    },
    async print(call) {
      const text = textOf(call.lines)
      if (Buffer.byteLength(text, 'latin1') > MAX_PRINT)
        throw new TerminalError('refused', `The terminal prints at most ${MAX_PRINT} characters.`)
      const buffer = write([['AK', Buffer.from(text, 'latin1').toString('base64')]])
      const frame = await reached(call, Object.entries({ ...firstOf(call.account), CD: PRINT, ZT: buffer }))
      if (frame.get('AE') !== '10') throw new TerminalError('refused', `The terminal did not print: ${frame.get('AF')}`)
    },
  }
}

/** In the characters that the terminal has: Latin-1, where there is no euro sign. */
function textOf(lines: PrintCall['lines']): string {
  const text = lines.map(({ left, right }) => `${left}${right === undefined ? '' : `  ${right}`}\n`).join('')
  return text.replaceAll('€', 'EUR').replace(/[^\n\x20-\xff]/g, '?')
}
