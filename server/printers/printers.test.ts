// Receipt printers of the network: what may be one, and what is told of a print. The printer here is a socket that keeps what it is sent.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Api, Refusal } from '../../test/api.ts'
import { networkPrinter as printer } from '../../test/network-printer.ts'
import { openShop, type Shop } from '../../test/scenarios/shop.ts'
import { type TillShop, tillShop } from '../../test/scenarios/till-shop.ts'
import { addressOf, isOwnNetwork } from './address.ts'

let shop: Shop
let till: TillShop
let cashier: Api
let order: string
before(async () => {
  shop = await openShop()
  till = tillShop(shop)
  await till.goods.sells('mug', '12.10')
  cashier = await till.signIn('cashier')
  await till.open(cashier, 10_000)
  order = (await till.sell(cashier, { mug: 1 })).order
})
after(() => shop.close())

const put = (body: object, id = shop.till) =>
  shop.api.call<{ host: string; port: number } & Refusal>('PUT', `/v1/registers/${id}/printer`, body)
const print = (api = cashier) =>
  api.call<{ copy: number; escpos: string; network: string }>('POST', `/v1/receipts/${order}/prints`, {
    escpos: { network: true },
  })

test('a receipt goes to the printer of the register as it was written, and the drawer opens by it', async () => {
  const papers: Buffer[] = []
  let isAll = () => {}
  const one = await printer((socket) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('end', () => {
      papers.push(Buffer.concat(chunks))
      isAll()
      socket.end()
    })
  })
  const paper = () => new Promise<void>((resolve) => (isAll = resolve))
  try {
    const told = await shop.api.get<{ host: string }>(`/v1/registers/${shop.till}/printer`)
    assert.equal(told.status, 404)
    assert.deepEqual((await print()).body.network, 'no-printer')
    const set = await put({ host: '127.0.0.1', port: one.port })
    assert.equal(set.status, 200, set.text)
    assert.equal((await cashier.get<{ has_printer: boolean }>('/v1/till')).body.has_printer, true)
    const first = paper()
    const { body } = await print()
    await first
    assert.deepEqual([body.network, body.copy], ['sent', 1], 'the try before it was counted')
    assert.deepEqual(papers[0], Buffer.from(body.escpos, 'base64'))
    const second = paper()
    const pulse = await cashier.call('POST', '/v1/till/drawer_pulses')
    await second
    assert.equal(pulse.status, 204, pulse.text)
    assert.deepEqual(papers[1], Buffer.from([0x1b, 0x70, 0, 25, 250]))
  } finally {
    await one.close()
  }
})

test('a printer that is off, and one that hangs up, are told as such, and the print is counted', async () => {
  const one = await printer((socket) => socket.once('data', () => socket.resetAndDestroy()))
  await put({ host: '127.0.0.1', port: one.port })
  const before = (await print()).body
  assert.equal(before.network, 'broken-off')
  await one.close()
  const { body } = await print()
  assert.deepEqual([body.network, body.copy], ['no-answer', before.copy + 1])
  assert.ok(body.escpos.length > 100, 'the till has the paper all the same')
  const pulse = await cashier.call<Refusal>('POST', '/v1/till/drawer_pulses')
  assert.deepEqual([pulse.status, pulse.body.code], [503, 'printer-unavailable'])
})

test('only the office says where a printer is, and only a till prints by it', async () => {
  const byTill = await cashier.call<Refusal>('PUT', `/v1/registers/${shop.till}/printer`, { host: '10.0.0.7' })
  assert.deepEqual([byTill.status, byTill.body.code], [403, 'scope-missing'])
  const byOffice = await shop.api.call<Refusal>('POST', `/v1/receipts/${order}/prints`, { escpos: { network: true } })
  assert.deepEqual([byOffice.status, byOffice.body.code], [403, 'scope-missing'])
  const pulse = await shop.api.call<Refusal>('POST', '/v1/till/drawer_pulses')
  assert.equal(pulse.status, 403)
  const elsewhere = await put(
    { host: '10.0.0.7' },
    shop.till.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
  )
  assert.equal(elsewhere.status, 404)
})

test('a printer is in the private network, at a printer’s port, or it is none', async () => {
  for (const host of ['10.0.0.7', '192.168.1.50', '172.31.0.9', '127.0.0.1', '::1', 'fd12:3456::9'])
    assert.equal((await put({ host })).status, 200, host)
  const refused = [
    ...[
      '8.8.8.8',
      '169.254.169.254',
      '100.100.100.200',
      '0.0.0.0',
      '::',
      'fe80::1',
      'fd00:ec2::254',
      '::ffff:10.0.0.7',
    ],
    ...[
      '2001:db8::1',
      '172.32.0.1',
      '224.0.0.1',
      '10.1',
      '0x7f.1',
      '2130706433',
      'a b',
      'x/../y',
      'host:9100',
      '[::1]',
    ],
  ]
  for (const host of refused) {
    const { status, body } = await put({ host })
    assert.deepEqual([status, body.errors[0]?.pointer], [422, '/host'], host)
  }
  for (const port of [22, 5432, 9099, 9200])
    assert.equal((await put({ host: '10.0.0.7', port })).status, 422, String(port))
})

test('a name is looked up once, and one address outside of the network refuses them all', async () => {
  let asked = 0
  const names = (addresses: string[]) => async () => {
    asked++
    return addresses
  }
  assert.equal(await addressOf('printer.lan', names(['192.168.1.50', '10.0.0.7'])), '192.168.1.50')
  assert.equal(asked, 1)
  assert.equal(await addressOf('printer.lan', names(['192.168.1.50', '93.184.216.34'])), null)
  assert.equal(await addressOf('metadata', names(['169.254.169.254'])), null)
  assert.equal(await addressOf('nothing', names([])), null)
  assert.equal(isOwnNetwork('printer.lan'), false)
})
