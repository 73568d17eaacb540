// The load: card sales over HTTP at a fixed concurrency, each connection with one request under way. A process of its own
// with a client of a few lines, because server, database and load share the machine and the client should cost least.
// Reads its orders as JSON from the first argument, prints its findings as JSON.

import { connect, type Socket } from 'node:net'

export interface LoadOrder {
  port: number
  /** Secret key and saved instrument of each merchant. */
  merchants: { key: string; customer: string; instrument: string }[]
  concurrency: number
  seconds: number
  /** Makes idempotency keys of this run differ from those of others. */
  run: string
}

export interface LoadResult {
  sales: number
  /** Answers that were not a captured payment. */
  failures: number
  seconds: number
  p50_ms: number
  p99_ms: number
}

/** One connection that sells until `until`, one sale after the other. */
function sell(
  order: LoadOrder,
  worker: number,
  until: number,
  times: number[],
  failures: { count: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(order.port, '127.0.0.1')
    socket.setNoDelay(true)
    let number = 0
    let startedAt = 0
    let received = ''
    function next(): void {
      const now = performance.now()
      if (now >= until) {
        socket.end()
        resolve()
        return
      }
      const merchant = order.merchants[(worker + number) % order.merchants.length] as LoadOrder['merchants'][number]
      const body = `{"amount":${1000 + (number % 9000)},"currency":"EUR","channel":"web","customer_id":"${merchant.customer}","reference":"bench ${worker}-${number}","tender":{"method":"card","instrument_id":"${merchant.instrument}"}}`
      startedAt = now
      socket.write(
        `POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${merchant.key}\r\nContent-Type: application/json\r\nIdempotency-Key: ${order.run}-${worker}-${number}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      number++
    }
    socket.on('connect', next)
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const headerEnd = received.indexOf('\r\n\r\n')
      if (headerEnd < 0) return
      const length = Number(/content-length: (\d+)/i.exec(received.slice(0, headerEnd))?.[1])
      if (received.length < headerEnd + 4 + length) return
      times.push(performance.now() - startedAt)
      if (!received.startsWith('HTTP/1.1 201') || !/"status" ?: ?"captured"/.test(received)) {
        failures.count++
        // The first one is worth reading; the others are counted.
        if (failures.count === 1) process.stderr.write(`${received.slice(0, 2000)}\n`)
      }
      received = ''
      next()
    })
  })
}

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] as string) as LoadOrder
  const times: number[] = []
  const failures = { count: 0 }
  const startedAt = performance.now()
  const until = startedAt + order.seconds * 1000
  await Promise.all(
    Array.from({ length: order.concurrency }, (_, worker) => sell(order, worker, until, times, failures)),
  )
  const seconds = (performance.now() - startedAt) / 1000
  times.sort((a, b) => a - b)
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
  const result: LoadResult = {
    sales: times.length - failures.count,
    failures: failures.count,
    seconds,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
  }
  process.stdout.write(JSON.stringify(result))
}

await main()
