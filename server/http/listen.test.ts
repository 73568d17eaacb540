import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { assertCanListen, listen } from './listen.ts'

test('a taken port is told in a sentence, before and while listening', async () => {
  const other = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(other, 'listening')
  const place = { host: '127.0.0.1', port: (other.address() as AddressInfo).port }
  const late = {
    listen: async () => {
      throw Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' })
    },
  }
  const sentence = {
    message: new RegExp(`^Cannot listen on 127\\.0\\.0\\.1 port ${place.port}: another program listens`),
  }
  await assert.rejects(assertCanListen(place), sentence)
  await assert.rejects(listen(late, place), sentence)
  other.close()
  await once(other, 'close')
  await assertCanListen(place)
})

test('an address of another machine is told as such', async () => {
  // TEST-NET-1: reserved for documentation, so no machine has it.
  await assert.rejects(assertCanListen({ host: '192.0.2.1', port: 0 }), /HOST is no address of this machine/)
})
