// The log: one JSON line per event on stdout. What may be in a line is an allow-list (LogFields), since a deny-list forgets;
// and the finished line is searched for card numbers once more at the sink, for what an error message quoted.

import { pino } from 'pino'
import { maskCardNumbers } from '../lib/card-scan.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log, LogFields } from '../lib/log.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Takes finished lines; stdout when the program runs. */
export interface LogSink {
  write(line: string): void
}

const FIELD_NAMES: Record<keyof LogFields, true> = {
  merchant_id: true,
  payment_id: true,
  operation_id: true,
  object_id: true,
  request_id: true,
  connector: true,
  code: true,
  state: true,
  kind: true,
  method: true,
  route: true,
  status: true,
  count: true,
  attempt: true,
  duration_ms: true,
  error: true,
}
const ALLOWED = Object.keys(FIELD_NAMES) as (keyof LogFields)[]

/** Longer text in a field is cut: a log line is a hint, not an archive. */
const MAX_TEXT = 4000

/** Makes the real log. `level` is the least that is written. */
export function createLog(clock: Pick<Clock, 'now'>, options: { level?: LogLevel; sink?: LogSink } = {}): Log {
  const sink = options.sink ?? process.stdout
  const scrubbing: LogSink = { write: (line) => sink.write(maskCardNumbers(line)) }
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: () => `,"time":"${clock.now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    scrubbing,
  )
  const write = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (logger.isLevelEnabled(level)) logger[level](allowed(fields), message)
  }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** Copies only the fields of the list, whatever an object brought along. */
function allowed(fields: LogFields | undefined): Record<string, unknown> {
  const line: Record<string, unknown> = {}
  if (!fields) return line
  for (const name of ALLOWED) {
    const value = fields[name]
    if (value === undefined) continue
    line[name] = name === 'error' ? describeError(value) : typeof value === 'string' ? value.slice(0, MAX_TEXT) : value
  }
  return line
}

/** Name, message, code and stack of an error and its cause; never its other members, which may quote SQL parameters. */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error.slice(0, MAX_TEXT) : 'not an Error'
  const { code } = error as Error & { code?: unknown }
  return {
    name: error.name,
    message: error.message.slice(0, MAX_TEXT),
    ...(typeof code === 'string' ? { code } : {}),
    stack: error.stack?.slice(0, MAX_TEXT),
    ...(error.cause !== undefined && depth < 3 ? { cause: describeError(error.cause, depth + 1) } : {}),
  }
}
