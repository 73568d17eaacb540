// The shape of the logger every module is given. The real one (pino, with allow-listed fields) is made in http/log.ts.

/** Fields a log line may carry. Names outside this list are dropped by the sink, so a secret cannot slip in by accident. */
export interface LogFields {
  merchant_id?: string
  payment_id?: string
  operation_id?: string
  object_id?: string
  request_id?: string
  connector?: string
  code?: string
  state?: string
  kind?: string
  method?: string
  route?: string
  status?: number
  count?: number
  attempt?: number
  duration_ms?: number
  error?: unknown
}

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** Says nothing. For tests and tools. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} }
