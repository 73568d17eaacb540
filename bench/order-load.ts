// The load of orders: a cart with a line, its order, its payment, over HTTP at a fixed concurrency, each connection with one
// request under way. A process of its own with a client of a few lines, as load.ts. Reads its orders as JSON from the first
// argument, prints its findings as JSON.

import { connect, type Socket } from 'node:net'
import type { LoadResult } from './load.ts'

export interface OrderLoad {
  port: number
  /** Secret key, saved card and articles of each merchant. */
  merchants: { key: string; customer: string; instrument: string; variants: string[] }[]
  concurrency: number
  seconds: number
  /** Makes idempotency keys of this run differ from those of others. */
  run: string
}

interface Reply {
  status: number
  body: string
}

/** One connection; `post` resolves with the answer. */
function client(
  port: number,
): Promise<{ post(key: string, path: string, idem: string, body: string): Promise<Reply>; end(): void }> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    let answer: ((reply: Reply) => void) | undefined
    let received = ''
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const headerEnd = received.indexOf('\r\n\r\n')
      if (headerEnd < 0) return
      const length = Number(/content-length: (\d+)/i.exec(received.slice(0, headerEnd))?.[1])
      if (received.length < headerEnd + 4 + length) return
      const reply = { status: Number(received.slice(9, 12)), body: received.slice(headerEnd + 4) }
      received = ''
      answer?.(reply)
    })
    socket.on('connect', () =>
      resolve({
        post: (key, path, idem, body) =>
          new Promise((settle) => {
            answer = settle
            socket.write(
              `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nIdempotency-Key: ${idem}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
            )
          }),
        end: () => socket.end(),
      }),
    )
  })
}

/** Buys until `until`, one purchase after the other. */
async function buy(
  load: OrderLoad,
  worker: number,
  until: number,
  times: number[],
  failures: { count: number },
): Promise<void> {
  const { post, end } = await client(load.port)
  for (let number = 0; performance.now() < until; number++) {
    const { key, customer, instrument, variants } = load.merchants[
      (worker + number) % load.merchants.length
    ] as OrderLoad['merchants'][number]
    const variant = variants[(worker * 31 + number) % variants.length]
    const startedAt = performance.now()
    const idem = `${load.run}-${worker}-${number}`
    const cart = await post(
      key,
      '/v1/carts',
      idem,
      `{"currency":"EUR","channel":"web","customer_id":"${customer}","shipping_address":{"line1":"Prinsengracht 1","city":"Amsterdam","country":"NL"},"lines":[{"variant_id":"${variant}","quantity":1}]}`,
    )
    const order = await post(key, '/v1/orders', idem, `{"cart_id":"${idOf(cart, 'crt')}"}`)
    const total = /"total":(\d+)/.exec(order.body)?.[1] ?? 0
    const paid = await post(
      key,
      '/v1/payments',
      idem,
      `{"amount":${total},"currency":"EUR","channel":"web","customer_id":"${customer}","order_id":"${idOf(order, 'ord')}","tender":{"method":"card","instrument_id":"${instrument}"}}`,
    )
    times.push(performance.now() - startedAt)
    if (paid.status === 201 && /"status" ?: ?"captured"/.test(paid.body)) continue
    failures.count++
    // The first one is worth reading; the others are counted.
    const first = [cart, order, paid].find(({ status }) => status !== 201) ?? paid
    if (failures.count === 1) process.stderr.write(`${first.status} ${first.body.slice(0, 2000)}\n`)
  }
  end()
}

function idOf({ body }: Reply, kind: string): string {
  return new RegExp(`"id" ?: ?"(${kind}_\\w+)"`).exec(body)?.[1] ?? ''
}

async function main(): Promise<void> {
  const load = JSON.parse(process.argv[2] as string) as OrderLoad
  const times: number[] = []
  const failures = { count: 0 }
  const startedAt = performance.now()
  const until = startedAt + load.seconds * 1000
  await Promise.all(Array.from({ length: load.concurrency }, (_, worker) => buy(load, worker, until, times, failures)))
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
