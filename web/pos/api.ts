// The public API as the till uses it: with the key of its device, and with the session of whoever stands at it. It knows whether the
// server answers, and says so to whoever asks.

/** The API said no, or nothing: `code` is that of docs/errors.md, `no-answer` where there was none. */
export class Refused extends Error {
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly fields: readonly { pointer: string; detail: string }[]
  /** What else the problem says. */
  readonly more: Readonly<Record<string, unknown>>
  constructor(code: string, status = 0, detail = '', fields: Refused['fields'] = [], more: Refused['more'] = {}) {
    super(`${code}: ${detail}`)
    this.code = code
    this.status = status
    this.detail = detail
    this.fields = fields
    this.more = more
  }
}

export const isRefused = (error: unknown, ...codes: string[]): error is Refused =>
  error instanceof Refused && (codes.length === 0 || codes.includes(error.code))

export interface CallOptions {
  body?: object
  /** Idempotency-Key: the same key again has no second effect. */
  key?: string
  /** Only when the object still has this version. */
  version?: number
  /** Another bearer than the session: the device's key, or none. */
  as?: 'device' | 'public'
  timeoutMs?: number
}

/** Where the till stands with its server. */
export interface Link {
  isOn: boolean
  /** Since when it is off, as milliseconds. */
  since: number
}

export interface Api {
  call<T>(method: string, path: string, options?: CallOptions): Promise<T>
  get<T>(path: string, options?: CallOptions): Promise<T>
  readonly link: Link
  /** Called at each change of `link`. Answers how to stop. */
  watch(told: () => void): () => void
}

export interface Bearers {
  device(): string | undefined
  session(): string | undefined
  /** The session has ended, or its holder may no longer work here. */
  lock(): void
  /** The device is no longer paired. */
  unpair(): void
}

/** Longer than a busy server takes; a terminal's answer has a limit of its own. */
const TIMEOUT_MS = 20_000
/** How often a server that was silent is asked whether it is back, and one that answers whether it still does. */
const PING_MS = 3_000
const BEAT_MS = 10_000
/** An answer that takes longer makes us ask whether anybody is there at all. */
const SLOW_MS = 4_000
/** Answers of a server that takes nothing now, and of what stands before one that is away: no answer to what was asked. */
const AWAY_CODES = ['storage-unavailable', 'shutting-down']
const AWAY_STATUS = [502, 503, 504]

export function createApi(bearers: Bearers): Api {
  let link: Link = { isOn: true, since: 0 }
  const watchers = new Set<() => void>()
  let ping = setInterval(look, BEAT_MS) as unknown as number

  function tell(isOn: boolean): void {
    if (isOn === link.isOn) return
    link = { isOn, since: isOn ? 0 : Date.now() }
    clearInterval(ping)
    ping = setInterval(look, isOn ? BEAT_MS : PING_MS) as unknown as number
    for (const told of watchers) told()
  }
  function look(): void {
    fetch('/health/ready', { cache: 'no-store', signal: AbortSignal.timeout(PING_MS) }).then(
      ({ ok }) => tell(ok),
      () => tell(false),
    )
  }
  addEventListener('offline', () => tell(false))
  addEventListener('online', look)

  function bearerOf(as: CallOptions['as']): string | undefined {
    if (as === 'public') return undefined
    return as === 'device' ? bearers.device() : bearers.session()
  }

  async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const { body, key, version, as, timeoutMs = TIMEOUT_MS } = options
    const bearer = bearerOf(as)
    // Whoever was let in without the server is nobody to it until it is back.
    if (bearer === '') throw new Refused('no-answer')
    let answer: Response
    const slow = setTimeout(look, SLOW_MS)
    try {
      answer = await fetch(`/v1${path}`, {
        method,
        headers: {
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        credentials: 'omit',
        cache: 'no-store',
        signal: AbortSignal.timeout(timeoutMs),
      })
    } catch {
      throw lost()
    } finally {
      clearTimeout(slow)
    }
    if (answer.ok) {
      tell(true)
      // It may break off in the middle of its answer.
      return answer.status === 204 ? (undefined as T) : await answer.json().catch(() => Promise.reject(lost()))
    }
    const problem = (await answer.json().catch(() => ({}))) as Partial<{
      code: string
      detail: string
      errors: Refused['fields']
    }>
    const isAway = problem.code === undefined ? AWAY_STATUS.includes(answer.status) : AWAY_CODES.includes(problem.code)
    if (isAway) throw lost()
    tell(true)
    // A server that fails may have done what it was asked: as with no answer, only asking again with the same key can tell.
    const code = problem.code ?? (answer.status >= 500 ? 'no-answer' : 'failed')
    if (code === 'unauthenticated' && as === undefined) bearers.lock()
    if (code === 'unauthenticated' && as === 'device') bearers.unpair()
    throw new Refused(code, answer.status, problem.detail, problem.errors, problem)
  }
  function lost(): Refused {
    tell(false)
    return new Refused('no-answer')
  }

  return {
    call,
    get: (path, options) => call('GET', path, options),
    get link() {
      return link
    },
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
  }
}

/** A key for one intended effect. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return `till-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
