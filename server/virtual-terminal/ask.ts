// The till asks the customer something: yes or no, a signature, a text, digits, one of several.

import {
  type Input,
  type InputResponse,
  type MenuEntry,
  type Message,
  type OutputContent,
  type Requests,
  requestBody,
} from '../nexo/index.ts'
import { CUSTOMER_MS, failure, type Machine, stopped, success } from './operation.ts'
import type { Screen } from './screen.ts'
import { linesOf } from './show.ts'
import { Stopped } from './stage.ts'

type Asked = Requests['Input']
type Limits = { min: number; max: number; decimals: number }

/** A terminal's screen holds no more. */
const MAX_TEXT = 256

export async function ask(machine: Machine, message: Message): Promise<InputResponse> {
  const asked = requestBody(message, 'Input')
  const { Device, InfoQualify, MaxInputTime } = asked.InputData
  const limitMs = MaxInputTime ? MaxInputTime * 1000 : CUSTOMER_MS
  const OutputResult = asked.DisplayOutput && {
    Device: asked.DisplayOutput.Device,
    InfoQualify: asked.DisplayOutput.InfoQualify,
    Response: success(),
  }
  const answer = (rest: Omit<InputResponse['InputResult'], 'Device' | 'InfoQualify'>): InputResponse => ({
    ...(OutputResult ? { OutputResult } : {}),
    InputResult: { Device, InfoQualify, ...rest },
  })
  try {
    const input = await inputFor(machine, asked, limitMs)
    return answer(input ? { Response: success(), Input: input } : { Response: failure('NotAllowed', 'Unknown input') })
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    return answer({ Response: stopped(error.why) })
  } finally {
    if (machine.stage.screen.kind !== 'off') machine.stage.show({ kind: 'idle' })
  }
}

/** The same question in other words. */
export function renewed(screen: Screen, content: OutputContent, entries: readonly MenuEntry[] = []): Screen {
  if (!('lines' in screen)) return screen
  const lines = linesOf(content)
  return screen.kind === 'menu' && entries.length > 0
    ? { ...screen, lines, entries: entries.map(wordOf) }
    : { ...screen, lines }
}

function wordOf({ OutputText }: MenuEntry): string {
  return OutputText?.[0]?.Text ?? ''
}

function inputFor(machine: Machine, asked: Asked, limitMs: number): Promise<Input> | undefined {
  const { InputCommand, MinLength = 0, MaxLength = MAX_TEXT, MaxDecimalLength = 0 } = asked.InputData
  const limits = { min: MinLength, max: Math.min(MaxLength, MAX_TEXT), decimals: 0 }
  switch (InputCommand) {
    case 'GetConfirmation':
      return confirmation(machine, asked, limitMs)
    case 'TextString':
      return text(machine, asked, limits, limitMs)
    case 'DigitString':
      return digits(machine, asked, limits, limitMs)
    case 'DecimalString':
      return digits(machine, asked, { ...limits, decimals: MaxDecimalLength }, limitMs)
    case 'GetMenuEntry':
      return menu(machine, asked, limitMs)
    default:
      return undefined
  }
}

async function confirmation(machine: Machine, asked: Asked, limitMs: number): Promise<Input> {
  const [title = '', body = '', no = '', yes = ''] = linesOf(asked.DisplayOutput?.OutputContent)
  const isSignature = asked.DisplayOutput?.OutputContent.PredefinedContent?.ReferenceID === 'GetSignature'
  machine.stage.show({ kind: isSignature ? 'signature' : 'confirm', lines: [title, body], no, yes })
  for (;;) {
    const touch = await machine.stage.next(limitMs)
    const isYes = (touch.type === 'key' && touch.key === 'confirm') || (touch.type === 'choice' && touch.index === 1)
    if (isYes || touch.type === 'choice') return { InputCommand: 'GetConfirmation', ConfirmedFlag: isYes }
  }
}

async function text(machine: Machine, asked: Asked, limits: Limits, limitMs: number): Promise<Input> {
  const typed = asked.InputData.DefaultInputString ?? ''
  machine.stage.show({ kind: 'text', lines: linesOf(asked.DisplayOutput?.OutputContent), typed, ...limits })
  for (;;) {
    const touch = await machine.stage.next(limitMs)
    if (touch.type !== 'text') continue
    const { length } = touch.text
    if (length >= limits.min && length <= limits.max) return { InputCommand: 'TextString', TextInput: touch.text }
  }
}

async function digits(machine: Machine, asked: Asked, limits: Limits, limitMs: number): Promise<Input> {
  let lines = linesOf(asked.DisplayOutput?.OutputContent)
  let typed = (asked.InputData.DefaultInputString ?? '').replace(/\D/g, '')
  for (;;) {
    machine.stage.show({ kind: 'digits', lines, typed: shown(typed, limits.decimals), ...limits })
    const touch = await machine.stage.next(limitMs)
    const { screen } = machine.stage
    // The till may have found other words meanwhile.
    if (screen.kind === 'digits') lines = screen.lines
    if (touch.type !== 'key') continue
    if (touch.key === 'clear') typed = typed.slice(0, -1)
    else if (touch.key !== 'confirm') typed = `${typed}${touch.key}`.slice(0, limits.max)
    else if (typed.length >= limits.min)
      return { InputCommand: asked.InputData.InputCommand, DigitInput: shown(typed, limits.decimals) }
  }
}

/** As a cash register counts: the last digits are the decimals. */
function shown(typed: string, decimals: number): string {
  if (decimals === 0) return typed
  const padded = typed.padStart(decimals + 1, '0')
  return `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`
}

async function menu(machine: Machine, asked: Asked, limitMs: number): Promise<Input> {
  const entries = (asked.DisplayOutput?.MenuEntry ?? []).map(wordOf)
  const screen: Screen = { kind: 'menu', lines: linesOf(asked.DisplayOutput?.OutputContent), entries }
  machine.stage.show(screen)
  for (;;) {
    const touch = await machine.stage.next(limitMs)
    const shownNow = machine.stage.screen
    const now = shownNow.kind === 'menu' ? shownNow.entries : entries
    // The number of an entry may be pressed too, counted from 1 as people do.
    const index = touch.type === 'choice' ? touch.index : touch.type === 'key' ? Number(touch.key) - 1 : -1
    if (now[index] !== undefined)
      return { InputCommand: 'GetMenuEntry', MenuEntryNumber: now.map((_, i) => (i === index ? 1 : 0)) }
  }
}
