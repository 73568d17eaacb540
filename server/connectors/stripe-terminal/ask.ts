// One question to the customer on a reader's screen: it is put up as an action, and looked at until the customer has answered, skipped it
// or let it stand. Source: Stripe's pages on collecting inputs, read 2026-11.

import type { Clock } from '../../lib/clock.ts'
import { type Answered, type AskCall, type Question, TerminalError } from '../terminal.ts'
import { type Api, apiOf, StripeError } from './api.ts'

interface Input {
  skipped?: boolean | null
  email?: { value?: string | null } | null
  phone?: { value?: string | null } | null
  numeric?: { value?: string | null } | null
  text?: { value?: string | null } | null
  selection?: { id?: string | null } | null
}

interface AskedReader {
  action?: { type: string; status: string; failure_code?: string | null; collect_inputs?: { inputs?: Input[] } } | null
}

const LOOK_MS = 1_000
/** A reader has room for no more buttons. */
const MAX_CHOICES = 4

/** Throws TerminalError busy, unreachable or refused. */
export async function ask(
  clock: Pick<Clock, 'sleep'>,
  { account, terminal, signal, question, max_seconds }: AskCall,
): Promise<Answered> {
  if (question.kind === 'choice' && question.choices.length > MAX_CHOICES)
    throw new TerminalError('refused', `A reader shows at most ${MAX_CHOICES} choices.`)
  const api = apiOf(account, signal)
  const path = `/v1/terminal/readers/${encodeURIComponent(terminal.serial)}`
  await api.post(`${path}/collect_inputs`, formOf(question)).catch(refused)
  for (let waited = 0; waited < max_seconds * 1_000; waited += LOOK_MS) {
    await clock.sleep(LOOK_MS, signal)
    const { action } = await api.get<AskedReader>(path)
    if (action?.type !== 'collect_inputs') return { outcome: 'canceled', message: 'The reader does something else.' }
    if (action.status === 'failed') return { outcome: 'canceled', message: action.failure_code ?? 'Not answered.' }
    if (action.status === 'succeeded') return answerOf(question, action.collect_inputs?.inputs?.[0])
  }
  await giveUp(api, path)
  return { outcome: 'canceled', message: 'The customer did not answer in time.' }
}

function giveUp(api: Api, path: string): Promise<unknown> {
  return api.post(`${path}/cancel_action`, {}).catch(refused)
}

function refused(error: unknown): never {
  if (!(error instanceof StripeError)) throw error
  const kind =
    error.code === 'terminal_reader_busy'
      ? 'busy'
      : error.code === 'terminal_reader_offline'
        ? 'unreachable'
        : 'refused'
  throw new TerminalError(kind, error.message)
}

const TYPES = {
  email: 'email',
  phone: 'phone',
  number: 'numeric',
  text: 'text',
  confirm: 'selection',
  choice: 'selection',
} as const

function formOf(question: Question): Record<string, string> {
  const name = (rest: string) => `inputs[0]${rest}`
  const body = question.kind === 'confirm' ? question.body : undefined
  const form: Record<string, string> = {
    [name('[type]')]: TYPES[question.kind],
    [name('[custom_text][title]')]: question.title,
    ...(body !== undefined && { [name('[custom_text][description]')]: body }),
  }
  const choices =
    question.kind === 'confirm' ? [question.yes, question.no] : question.kind === 'choice' ? question.choices : []
  for (const [i, text] of choices.entries()) {
    form[name(`[selection][choices][${i}][id]`)] = String(i)
    form[name(`[selection][choices][${i}][text]`)] = text
    form[name(`[selection][choices][${i}][style]`)] = i === 0 ? 'primary' : 'secondary'
  }
  return form
}

function answerOf({ kind }: Question, input: Input | undefined): Answered {
  if (input?.skipped) return { outcome: 'canceled', message: 'The customer skipped it.' }
  const unread: Answered = { outcome: 'failed', message: 'The reader’s answer cannot be read.' }
  if (kind === 'confirm' || kind === 'choice') {
    const id = input?.selection?.id ?? ''
    if (!/^[0-3]$/.test(id)) return unread
    return { outcome: 'answered', value: kind === 'confirm' ? id === '0' : Number(id) }
  }
  const value = input?.[TYPES[kind] as 'email' | 'phone' | 'numeric' | 'text']?.value
  return value == null ? unread : { outcome: 'answered', value }
}
