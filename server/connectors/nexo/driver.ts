// What a nexo terminal does besides money: its reader, screen, keys and printer.

import type { Clock } from '../../lib/clock.ts'
import {
  type AnswerResult,
  fromNexoAmount,
  type OutputText,
  type Requests,
  readCardAcquisitionAnswer,
  readInputAnswer,
  readResult,
  toNexoAmount,
} from '../../nexo/index.ts'
import { NotSent } from '../connector.ts'
import {
  type Answered,
  type Diagnosis,
  type NotDone,
  type Question,
  type ScreenText,
  type TerminalCall,
  type TerminalDriver,
  TerminalError,
  type TerminalTotal,
} from '../terminal.ts'
import { type Converse, serviceIdOf } from './converse.ts'
import { instrumentOf } from './outcome.ts'

const CUSTOMER = { Device: 'CustomerDisplay', InfoQualify: 'Display' } as const

/** The category by which an abort names its target. */
const CATEGORY_OF = {
  sale: 'Payment',
  authorize: 'Payment',
  credit: 'Payment',
  refund: 'Reversal',
  identify: 'CardAcquisition',
  ask: 'Input',
} as const

export function createDriver(converse: Converse, clock: Pick<Clock, 'now'>): TerminalDriver {
  async function bodyOf<C extends keyof Requests>(
    category: C,
    body: Requests[C],
    call: TerminalCall,
  ): Promise<unknown> {
    const { account, terminal, signal, message_id } = call
    const talk = { account, terminal, signal, serviceId: serviceIdOf(message_id), isNow: true }
    const said = await converse(category, body, talk).catch((error: unknown) => {
      throw error instanceof NotSent ? new TerminalError('unreachable', error.message) : error
    })
    return said.kind === 'body' ? said.body : undefined
  }
  const done = async <C extends keyof Requests>(category: C, body: Requests[C], call: TerminalCall): Promise<void> =>
    mustSucceed(readResult(await bodyOf(category, body, call)))

  return {
    async abort(call) {
      const { target } = call
      const MessageReference = {
        MessageCategory: CATEGORY_OF[target.kind],
        ServiceID: serviceIdOf(target.message_id),
        SaleID: call.terminal.id,
      }
      // The answer is empty; what becomes of the target is told by the target's own.
      await bodyOf('Abort', { AbortReason: 'MerchantAbort', MessageReference }, call)
    },

    async identify(call) {
      const total = call.amount !== undefined && call.currency !== undefined
      const SaleTransactionID = { TransactionID: call.message_id, TimeStamp: clock.now().toISOString() }
      const body = await bodyOf(
        'CardAcquisition',
        {
          SaleData: { SaleTransactionID, TokenRequestedType: 'Customer' },
          CardAcquisitionTransaction: total
            ? { TotalAmount: toNexoAmount(call.amount as bigint, call.currency as string) }
            : {},
        },
        call,
      )
      const answer = readCardAcquisitionAnswer(body)
      const { card, poiTransaction } = answer
      if (answer.result !== 'Success') return notDone(answer)
      if (!card || !poiTransaction) return { outcome: 'failed', message: 'The terminal told nothing of the card.' }
      const instrument = { ...instrumentOf(card), ...(card.par !== undefined && { par: card.par }) }
      return {
        outcome: 'identified',
        instrument,
        held_card: { transaction_id: poiTransaction.id, time_stamp: poiTransaction.at },
      }
    },

    letGo: (call) =>
      done(
        'EnableService',
        {
          TransactionAction: 'AbortTransaction',
          ...(call.text && { DisplayOutput: { ...CUSTOMER, OutputContent: textContent(call.text, 'Accepted') } }),
        },
        call,
      ),

    async display(call) {
      const shown = { ...CUSTOMER, ResponseRequiredFlag: true, OutputContent: textContent(call.text) }
      const body = (await bodyOf('Display', { DisplayOutput: [shown] }, call)) as
        | { OutputResult?: unknown[]; Response?: unknown }
        | undefined
      // A refusal of the whole message stands beside the results, one of the screen among them.
      mustSucceed(readResult(body?.Response === undefined ? body?.OutputResult?.[0] : body))
    },

    async ask(call) {
      const body = await bodyOf('Input', inputOf(call.question, call.max_seconds), call)
      const answer = readInputAnswer(body)
      // A terminal that is busy refuses the whole message.
      const whole = readResult(body)
      if (whole.result === 'Failure') return notDone(whole)
      if (answer.result !== 'Success') return notDone(answer)
      return answered(call.question, answer)
    },

    async print(call) {
      const OutputText: OutputText[] = call.lines.flatMap(({ left, right, is_bold }): OutputText[] => {
        const style = is_bold ? { CharacterStyle: 'Bold' } : {}
        if (right === undefined) return [{ Text: left, ...style, EndOfLineFlag: true }]
        return [
          { Text: left, ...style, EndOfLineFlag: false },
          { Text: right, ...style, Alignment: 'Right', EndOfLineFlag: true },
        ]
      })
      await done(
        'Print',
        {
          PrintOutput: {
            ...{ DocumentQualifier: 'Document', ResponseMode: 'PrintEnd' },
            OutputContent: { OutputFormat: 'Text', OutputText },
          },
        },
        call,
      )
    },

    async diagnose(call) {
      const body = (await bodyOf('Diagnosis', { HostDiagnosisFlag: true }, call)) as DiagnosisBody | undefined
      mustSucceed(readResult(body))
      return diagnosisOf(body)
    },

    async totals(call) {
      const body = (await bodyOf('GetTotals', {}, call)) as TotalsBody | undefined
      mustSucceed(readResult(body))
      return totalsOf(body)
    },
  }
}

function notDone(answer: AnswerResult): NotDone {
  const { condition = '', message = '' } = answer
  if (condition === 'Busy') throw new TerminalError('busy', message || 'The terminal is doing something else.')
  const isCanceled = condition === 'Cancel' || condition === 'Aborted'
  return {
    outcome: isCanceled ? 'canceled' : 'failed',
    message: message || condition || 'The terminal did not say why.',
  }
}

function mustSucceed({ result, condition, message }: AnswerResult): void {
  if (result === 'Success') return
  const said = message ?? condition ?? 'The terminal did not say why.'
  if (condition === 'Busy' || condition === 'InProgress') throw new TerminalError('busy', said)
  if (result === undefined) throw new TerminalError('unreachable', 'The terminal’s answer cannot be read.')
  throw new TerminalError('refused', said)
}

function textContent({ title, body }: ScreenText, icon?: 'Accepted') {
  const OutputText = [{ Text: title }, ...(body === undefined ? [] : [{ Text: body }])]
  return { OutputFormat: 'Text', ...(icon && { PredefinedContent: { ReferenceID: icon } }), OutputText }
}

/** The screen and the keys for each kind of question. */
function inputOf(question: Question, seconds: number): Requests['Input'] {
  const data = { Device: 'CustomerInput', InfoQualify: 'Input', MaxInputTime: seconds } as const
  const screen = (reference: string, texts: string[], entries?: readonly string[]) => ({
    ...CUSTOMER,
    OutputContent: {
      OutputFormat: 'Text',
      PredefinedContent: { ReferenceID: reference },
      OutputText: texts.map((Text) => ({ Text })),
    },
    ...(entries && { MenuEntry: entries.map((Text) => ({ OutputFormat: 'Text', OutputText: [{ Text }] })) }),
  })
  switch (question.kind) {
    case 'confirm': {
      const texts = [question.title, question.body ?? '', question.no, question.yes]
      return {
        DisplayOutput: screen('GetConfirmation', texts),
        InputData: { ...data, InputCommand: 'GetConfirmation' },
      }
    }
    case 'choice':
      return {
        DisplayOutput: screen('MenuButtons', [question.title], question.choices),
        InputData: { ...data, InputCommand: 'GetMenuEntry' },
      }
    case 'phone':
    case 'number':
      return {
        DisplayOutput: screen(question.kind === 'phone' ? 'GetPhoneNumber' : 'GetDigits', [question.title]),
        InputData: { ...data, InputCommand: 'DigitString', MinLength: 1, MaxLength: question.max_length ?? 20 },
      }
    default:
      return {
        DisplayOutput: screen('GetText', [question.title]),
        InputData: { ...data, InputCommand: 'TextString', MinLength: 1, MaxLength: question.max_length ?? 100 },
      }
  }
}

function answered(question: Question, answer: ReturnType<typeof readInputAnswer>): Answered {
  const value =
    question.kind === 'confirm'
      ? answer.confirmed
      : question.kind === 'choice'
        ? answer.chosen[0]
        : (answer.text ?? answer.digits)
  return value === undefined
    ? { outcome: 'failed', message: 'The terminal’s answer cannot be read.' }
    : { outcome: 'answered', value }
}

interface DiagnosisBody {
  POIStatus?: {
    GlobalStatus?: string
    PrinterStatus?: string
    CardReaderOKFlag?: boolean
    PEDOKFlag?: boolean
    CommunicationOKFlag?: boolean
  }
  HostStatus?: { IsReachableFlag?: boolean }[]
}

const STATUSES: Record<string, Diagnosis['status']> = { OK: 'ok', Busy: 'busy', Maintenance: 'maintenance' }
const PRINTERS: Record<string, Diagnosis['printer']> = {
  ...{ OK: 'ok', PaperLow: 'paper_low', NoPaper: 'no_paper', PaperJam: 'paper_jam', OutOfOrder: 'out_of_order' },
}

function diagnosisOf(body: DiagnosisBody | undefined): Diagnosis {
  const { GlobalStatus = '', PrinterStatus = '', CardReaderOKFlag, PEDOKFlag } = body?.POIStatus ?? {}
  const hosts = body?.HostStatus
  const printer = PRINTERS[PrinterStatus]
  return {
    status: STATUSES[GlobalStatus] ?? 'unreachable',
    ...(printer !== undefined && { printer }),
    ...(CardReaderOKFlag !== undefined && { card_reader_ok: CardReaderOKFlag }),
    ...(PEDOKFlag !== undefined && { pin_pad_ok: PEDOKFlag }),
    ...(hosts !== undefined && { host_reachable: hosts.every(({ IsReachableFlag }) => IsReachableFlag === true) }),
  }
}

interface TotalsBody {
  TransactionTotals?: {
    CardBrand?: string
    PaymentCurrency?: string
    PaymentTotals?: { TransactionType?: string; TransactionCount?: number; TransactionAmount?: number }[]
  }[]
}

function totalsOf(body: TotalsBody | undefined): TerminalTotal[] {
  return (body?.TransactionTotals ?? []).flatMap(({ CardBrand, PaymentCurrency = '', PaymentTotals = [] }) =>
    PaymentTotals.flatMap(({ TransactionType = '', TransactionCount = 0, TransactionAmount }) => {
      const amount = fromNexoAmount(TransactionAmount, PaymentCurrency)
      const brand = CardBrand === undefined ? {} : { brand: CardBrand }
      return amount === undefined
        ? []
        : [{ ...brand, currency: PaymentCurrency, type: TransactionType, count: TransactionCount, amount }]
    }),
  )
}
