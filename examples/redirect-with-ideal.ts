// A payment on a bank's page. The shop sends the customer to `next_action.url` and learns the result from an event. The way
// back to the shop decides nothing: the customer may never come back and have paid all the same.

import { base, call, command, demo, newKey } from './client.ts'

const order = newKey('order')

// Follow the events from now on, so that none of this order is missed. A webhook endpoint would be told the same.
const stopped = new AbortController()
const stream = await fetch(`${base}/v1/events/stream`, {
  headers: { authorization: `Bearer ${demo.secret_key}` },
  signal: stopped.signal,
})

const payment = await command(
  '/v1/payments',
  {
    amount: 2500,
    currency: 'EUR',
    channel: 'web',
    country: 'NL',
    order_id: order,
    return_url: 'https://shop.example/thanks',
    tender: { method: 'ideal' },
  },
  `${order}-pay`,
)
console.log(`${payment.status}: ${payment.next_action?.type}`)

// The customer, played by the simulator's controls: presses "approve" on the page.
const [tender] = payment.tenders
const [operation] = payment.operations ?? []
await fetch(`${base}/simulator/operations/${tender?.connector_account}/${operation?.id}/act`, {
  method: 'POST',
  headers: { authorization: `Bearer ${demo.secret_key}`, 'content-type': 'application/json' },
  body: JSON.stringify({ act: 'approve' }),
})

for await (const event of eventsOf(stream)) {
  if (event.object_id === payment.id && event.type === 'payment.captured') break
}
stopped.abort()
const { status } = await call('GET', `/v1/payments/${payment.id}`)
console.log(status)

/** The events of a stream of server-sent events, one JSON object per `data:` line. */
async function* eventsOf(answer: Response): AsyncGenerator<{ type: string; object_id: string }> {
  if (!answer.body) return
  let rest = ''
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice('data: '.length))
  }
}
