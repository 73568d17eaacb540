import type { AddressInfo } from 'node:net'
import { systemClock } from '../../lib/clock.ts'
import { createIds } from '../../lib/ids.ts'
import { Secret } from '../../lib/secret.ts'
import type { ConnectorAccount, InboundRequest } from '../connector.ts'
import { type ContractSubject, contractSuite } from '../contract.ts'
import { createSimulator, type Simulator, simulatorServer } from './index.ts'

const newId = createIds(systemClock)
const card = (number: string) => ({ number: new Secret(number), exp_month: 12, exp_year: 2099, cvc: new Secret('737') })

/** A simulator that catches its own webhooks, as a connector's subject. `url`: reached over HTTP instead of in process. */
function subjectOf(
  simulator: Simulator,
  caught: Caught[],
  config: Record<string, string>,
  close: () => Promise<void>,
): ContractSubject {
  const account: ConnectorAccount = { id: newId('cac'), merchant_id: newId('mer'), connector: 'simulator', config }
  simulator.setFaults({ seed: 1, rates: {}, webhooks: 'all' }, account.id)
  return {
    connector: simulator.connector({ over_capture_bp: 1500 }),
    account,
    method: 'card',
    newOperationId: () => newId('opn'),
    charge: { card: card('4242424242424242') },
    declinedCard: card('4000000000000002'),
    loseNextAnswer: async (verb) =>
      simulator.setFaults({ seed: 1, rates: {}, webhooks: 'all', next: [{ verb, fault: 'lost_after' }] }, account.id),
    async webhookAbout(operationId) {
      await simulator.deliverDue()
      const found = caught.find(({ body }) => body.includes(operationId))
      if (!found) throw new Error('no webhook came')
      const request: InboundRequest = { headers: found.headers, body: Buffer.from(found.body) }
      return { request, now: systemClock.now() }
    },
    close,
  }
}

interface Caught {
  headers: Record<string, string>
  body: string
}

const WEBHOOK_SECRET = `whsec_${Buffer.from('a secret of the contract suite').toString('base64')}`

function simulatorCatching(caught: Caught[]): Simulator {
  return createSimulator({
    path: ':memory:',
    clock: systemClock,
    publicUrl: 'http://127.0.0.1:9',
    deliver: async (_url, headers, body) => {
      caught.push({ headers, body })
      return { status: 200 }
    },
  })
}

contractSuite('simulator in process', async () => {
  const caught: Caught[] = []
  const simulator = simulatorCatching(caught)
  return subjectOf(simulator, caught, { webhook_secret: WEBHOOK_SECRET }, () => simulator.stop())
})

contractSuite('simulator over HTTP', async () => {
  const caught: Caught[] = []
  const simulator = simulatorCatching(caught)
  const server = simulatorServer(simulator, { apiKey: 'simkey' })
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const config = { url: `http://127.0.0.1:${port}`, api_key: 'simkey', webhook_secret: WEBHOOK_SECRET }
  return subjectOf(simulator, caught, config, async () => {
    await server.close()
    await simulator.stop()
  })
})
