// One virtual terminal: it takes a message, does at most one thing at a time, and answers or, when told to, does not. What it did
// is in its journal before the answer leaves.

import type { Clock } from '../lib/clock.ts'
import type { FillRandom } from '../lib/ids.ts'
import {
  eventNotification,
  type Header,
  type Message,
  MessageFormat,
  type ProgressEvent,
  progressNotification,
  readMessage,
  requestBody,
  type Wire,
} from '../nexo/index.ts'
import { acquire, endAcquisition } from './acquire.ts'
import { ask, renewed } from './ask.ts'
import type { Fault } from './faults.ts'
import { answerOf, failure, type HeldCard, type Machine, success } from './operation.ts'
import { pay } from './pay.ts'
import { diagnose, logIn, print, status, totals } from './report.ts'
import { reverse } from './reverse.ts'
import type { Touch } from './screen.ts'
import { show } from './show.ts'
import { createStage } from './stage.ts'
import type { TerminalStore } from './store.ts'
import { answerStoredValue } from './stored-value.ts'
import type { PaperSlip, Settings, TerminalView } from './view.ts'

/**
 * How a message ended for whoever sent it: an answer; an empty one, as an abort has; a connection that broke without a word
 * (whatever happened, happened); something that is no answer; or no way to the terminal, so that nothing happened.
 */
export type Exchanged =
  | { kind: 'message'; wire: Wire; isSpoilt: boolean }
  | { kind: 'empty' }
  | { kind: 'lost' }
  | { kind: 'broken' }
  | { kind: 'unreachable' }

export interface VirtualTerminal {
  readonly poiId: string
  /** Gives it another name for people. */
  name(label: string): void
  view(): TerminalView
  /** Takes a message as it came off the wire. Never throws. */
  exchange(wire: unknown): Promise<Exchanged>
  /** What the customer does. False when nobody asked. */
  touch(touch: Touch): boolean
  set(settings: Partial<Settings>): void
  /** The power comes or goes. What goes on is forgotten without a trace, unless money had moved. */
  plug(isOn: boolean): void
  /** Told after every change, until the answer is called. */
  watch(listener: () => void): () => void
  /** Told of what the terminal sends by itself, until the answer is called. */
  listen(listener: (wire: Wire) => void): () => void
}

export interface TerminalOptions {
  poiId: string
  label: string
  clock: Clock
  fill: FillRandom
  store: TerminalStore
  settings?: Partial<Settings>
}

const DEFAULTS: Settings = {
  card: 'visa',
  entry: 'contactless',
  fault: null,
  pace: 'natural',
  customer: null,
  has_paper: true,
}
/** How long a result stays on the screen. */
const RESULT_MS = 5_000
/** A drawer of the page, not an archive. */
const MAX_SLIPS = 12
const DEVICE_ID = 'VT1'
/** Those that may come while something else goes on. */
const SIDE = new Set(['Abort', 'TransactionStatus', 'Diagnosis', 'GetTotals'])
/** What money moves by; only its answers are lost. */
const MONEY = new Set(['Payment', 'Reversal'])
/** Faults that are about the answer of what was approved, and how that is seen. */
const ANSWER_FAULTS: { name: Fault; seen: (wire: Wire, asked: Header, at: Date) => Exchanged }[] = [
  { name: 'answer_lost', seen: () => ({ kind: 'lost' }) },
  { name: 'server_error', seen: () => ({ kind: 'broken' }) },
  { name: 'wrong_hmac', seen: (wire) => ({ kind: 'message', wire, isSpoilt: true }) },
  {
    name: 'answer_rejected',
    seen: (_wire, asked, at) =>
      answered(
        eventNotification({
          ...{ event: 'Reject', at, deviceId: DEVICE_ID, saleId: asked.SaleID, poiId: asked.POIID },
          ...(asked.ServiceID === undefined ? {} : { serviceId: asked.ServiceID }),
          details: [['message', 'Did not receive a response from the POI.']],
        }),
      ),
  },
]

export function createTerminal(options: TerminalOptions): VirtualTerminal {
  const { poiId, clock, fill, store, settings = {} } = options
  let { label } = options
  let version = 0
  let isOn = true
  let cuts = 0
  let running: { category: string; header: Header } | undefined
  let slips: PaperSlip[] = []
  let steps: ProgressEvent[] = []
  let slipCount = 0
  let held: HeldCard | null = null
  const watchers = new Set<() => void>()
  const listeners = new Set<(wire: Wire) => void>()
  const set: Settings = { ...DEFAULTS, ...settings }

  function changed(): void {
    version++
    for (const watcher of watchers) watcher()
  }
  function hold(card: HeldCard | null): void {
    held?.over.abort()
    held = card
  }
  function tell(wire: Wire): void {
    for (const listener of listeners) listener(wire)
  }
  const stage = createStage({
    clock,
    onChange: changed,
    customer: () => set.customer,
    isInstant: () => set.pace === 'instant',
  })
  const machine: Machine = {
    poiId,
    clock,
    fill,
    store,
    stage,
    settings: set,
    get held() {
      return held
    },
    set held(card) {
      hold(card)
    },
    strikes(fault) {
      if (set.fault !== fault) return false
      set.fault = null
      changed()
      return true
    },
    print(slip) {
      if (!set.has_paper) return
      slips = [{ ...slip, id: ++slipCount }, ...slips].slice(0, MAX_SLIPS)
      changed()
    },
    step(event, asked, transactionId) {
      steps = event === 'TENDER_CREATED' ? [event] : [...steps, event]
      tell(progressNotification({ event, transactionId, at: clock.now(), deviceId: DEVICE_ID }, asked))
    },
    settle() {
      const { screen } = stage
      void stage.pause(RESULT_MS).then(() => {
        if (stage.screen === screen) stage.show({ kind: 'idle' })
      })
    },
    get cuts() {
      return cuts
    },
    unplug: () => plug(false),
  }

  function plug(on: boolean): void {
    if (isOn === on) return
    isOn = on
    hold(null)
    if (!on) cuts++
    // A real one tells its host so when it starts, and before it stops.
    tell(
      eventNotification({
        ...{ event: on ? 'Initialised' : 'Shutdown', at: clock.now(), deviceId: DEVICE_ID },
        ...{ saleId: 'N/A', poiId },
      }),
    )
    stage.show(on ? { kind: 'idle' } : { kind: 'off' })
    if (!on) stage.stop('unplugged')
  }

  async function exchange(wire: unknown): Promise<Exchanged> {
    if (!isOn) return { kind: 'unreachable' }
    const message = understood(wire)
    if (message instanceof MessageFormat) return answered(reject(wire, message))
    const { header } = message
    if (message.wrapper !== 'SaleToPOIRequest' || header.MessageType !== 'Request')
      return answered(reject(wire, new MessageFormat('MessageType', 'Only requests are taken')))
    if (header.POIID !== poiId) return answered(answerOf(message, failure('UnavailableDevice', `This is ${poiId}`)))
    if (header.ServiceID !== undefined && !store.isNewMessage(poiId, header.ServiceID, clock.now().getTime()))
      return answered(answerOf(message, failure('MessageFormat', `Repeated Message: ServiceID - ${header.ServiceID}`)))
    try {
      return await carryOut(message)
    } catch (error) {
      if (!(error instanceof MessageFormat)) throw error
      return answered(answerOf(message, failure('MessageFormat', error.message)))
    }
  }

  async function carryOut(message: Message): Promise<Exchanged> {
    const { header } = message
    if (header.MessageCategory === 'Abort') return abort(message)
    if (header.MessageCategory === 'InputUpdate') return renew(message)
    if (SIDE.has(header.MessageCategory)) return answered(aside(message))
    if (running || machine.strikes('busy')) return answered(answerOf(message, failure('Busy', busyText(running))))
    // A card that is held belongs to the payment that refers to it; anything else lets it go.
    if (header.MessageCategory !== 'Payment' && header.MessageCategory !== 'EnableService') hold(null)
    const mine = { category: header.MessageCategory, header }
    running = mine
    changed()
    try {
      const body = await operate(message)
      if (!isOn) return { kind: 'lost' }
      return leave(message, body)
    } finally {
      running = undefined
      changed()
    }
  }

  /** Remembers the answer and sends it, or does to it what the fault says. */
  function leave(message: Message, body: object): Exchanged {
    const { header } = message
    const wire = {
      SaleToPOIResponse: {
        MessageHeader: { ...header, MessageType: 'Response' },
        [`${header.MessageCategory}Response`]: body,
      },
    }
    if (header.ServiceID !== undefined)
      store.remember({
        poi_id: poiId,
        service_id: header.ServiceID,
        category: header.MessageCategory,
        header: JSON.stringify(wire.SaleToPOIResponse.MessageHeader),
        body: JSON.stringify(body),
      })
    const { Result } = (body as { Response?: { Result?: string } }).Response ?? {}
    const isMoney = MONEY.has(header.MessageCategory) && (Result === 'Success' || Result === 'Partial')
    const fault = isMoney ? ANSWER_FAULTS.find(({ name }) => machine.strikes(name)) : undefined
    return fault ? fault.seen(wire, header, clock.now()) : answered(wire)
  }

  function operate(message: Message): object | Promise<object> {
    switch (message.header.MessageCategory) {
      case 'Payment':
        return pay(machine, message)
      case 'Reversal':
        return reverse(machine, message)
      case 'CardAcquisition':
        return acquire(machine, message)
      case 'EnableService':
        endAcquisition(machine, requestBody(message, 'EnableService'))
        return { Response: success() }
      case 'Display':
        return show(machine, message)
      case 'Input':
        return ask(machine, message)
      case 'Print':
        return print(machine, message)
      case 'Login':
        requestBody(message, 'Login')
        return logIn(machine)
      case 'Logout':
      case 'Admin':
        return { Response: success() }
      case 'Reconciliation': {
        const { ReconciliationType } = requestBody(message, 'Reconciliation')
        return { Response: success(), ReconciliationType, ...totals(machine) }
      }
      case 'StoredValue':
      case 'BalanceInquiry':
        return answerStoredValue(machine, message)
      default:
        return { Response: failure('NotAllowed', `This terminal does not know ${message.header.MessageCategory}`) }
    }
  }

  /** What may be asked while something goes on. */
  function aside(message: Message): Wire {
    const { header } = message
    const wrap = (name: string, body: object): Wire => ({
      SaleToPOIResponse: { MessageHeader: { ...header, MessageType: 'Response' }, [name]: body },
    })
    if (header.MessageCategory === 'TransactionStatus')
      return wrap('TransactionStatusResponse', status(machine, message, running?.header.ServiceID))
    if (header.MessageCategory === 'GetTotals')
      return wrap('GetTotalsResponse', { Response: success(), ...totals(machine) })
    requestBody(message, 'Diagnosis')
    return wrap('DiagnosisResponse', diagnose(machine, running !== undefined))
  }

  /** Stops what goes on when it is what was meant and still waits for the customer. There is no answer to it, whatever it did. */
  function abort(message: Message): Exchanged {
    const { MessageReference } = requestBody(message, 'Abort')
    const { ServiceID, MessageCategory } = MessageReference
    const isMeant =
      running !== undefined &&
      (ServiceID === undefined || ServiceID === running.header.ServiceID) &&
      (MessageCategory === undefined || MessageCategory === running.category)
    if (isMeant) stage.stop('aborted')
    return { kind: 'empty' }
  }

  /** Gives a question that waits for its answer other words. Without an answer, as it changes only what is seen. */
  function renew(message: Message): Exchanged {
    const { MessageReference, OutputContent, MenuEntry } = requestBody(message, 'InputUpdate')
    const isMeant = running?.category === 'Input' && MessageReference.ServiceID === running.header.ServiceID
    if (isMeant) stage.show(renewed(stage.screen, OutputContent, MenuEntry))
    return { kind: 'empty' }
  }

  function reject(wire: unknown, { message }: MessageFormat): Wire {
    const header = headerOf(wire)
    return eventNotification({
      ...{ event: 'Reject', at: clock.now(), deviceId: DEVICE_ID },
      ...{ saleId: textOf(header['SaleID']), poiId: textOf(header['POIID']) },
      details: [['message', message]],
      rejected: Buffer.from(JSON.stringify(wire) ?? '', 'utf8'),
    })
  }

  return {
    poiId,
    exchange,
    name(next) {
      label = next
      changed()
    },
    touch: (touch) => stage.touch(touch),
    set(changes) {
      Object.assign(set, changes)
      changed()
    },
    plug,
    view: () => ({
      ...{ poi_id: poiId, label, version, screen: stage.screen, busy_with: running?.category ?? null },
      ...{ settings: { ...set }, slips, steps },
    }),
    watch(listener) {
      watchers.add(listener)
      return () => void watchers.delete(listener)
    },
    listen(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function answered(wire: Wire): Exchanged {
  return { kind: 'message', wire, isSpoilt: false }
}

function understood(wire: unknown): Message | MessageFormat {
  try {
    return readMessage(wire)
  } catch (error) {
    if (error instanceof MessageFormat) return error
    throw error
  }
}

function busyText(running: { category: string } | undefined): string {
  return running ? `Terminal is busy with ${running.category}` : 'Terminal is busy with maintenance'
}

function headerOf(wire: unknown): Record<string, unknown> {
  const content = (wire as { SaleToPOIRequest?: { MessageHeader?: Record<string, unknown> } } | null)?.SaleToPOIRequest
  return content?.MessageHeader ?? {}
}

/** What a host writes where it does not know. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : 'N/A'
}
