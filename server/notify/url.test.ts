import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../lib/problem.ts'
import { checkAddresses, checkUrl, checkUrlForSaving, isPublicAddress, parseAllowedHosts } from './url.ts'

const NONE = parseAllowedHosts('')
const DEV = parseAllowedHosts('127.0.0.1:9000, receiver:8080')

const refused = (error: unknown) => error instanceof Problem && error.code === 'url-not-allowed' && error.status === 422

const REFUSED = [
  // Schemes
  'http://shop.example/hook',
  'ftp://shop.example/hook',
  'file:///etc/passwd',
  'gopher://shop.example/',
  'javascript:alert(1)',
  'data:text/plain,x',
  'not a url',
  '//shop.example/hook',
  // This machine in every spelling the parser folds
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0177.0.0.1/',
  'https://0x7f.1/',
  'https://１２７.０.０.１/',
  'https://①②⑦.0.0.1/',
  'https://localhost/',
  'https://localhost./',
  'https://LOCALHOST/',
  'https://api.localhost/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'https://[fe80::1]/',
  'https://[fd00:ec2::254]/',
  'https://[ff02::1]/',
  'https://0.0.0.0/',
  'https://0/',
  // Networks that are not the internet, and metadata services
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://100.100.100.200/',
  'https://169.254.169.254/latest/meta-data/',
  'https://168.63.129.16/',
  'https://192.0.2.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://metadata.google.internal/',
  'https://metadata.google.internal./',
  'https://printer.local/',
  'https://intranet/',
  // Ports
  'https://shop.example:22/',
  'https://shop.example:25/',
  'https://shop.example:5432/',
  'https://shop.example:6379/',
  'https://shop.example:8443/',
  // Disguises
  'https://user@shop.example/',
  'https://user:secret@shop.example/',
  'https://shop.example@127.0.0.1/',
  'https://shop.exa\tmple/',
  ' https://shop.example/',
  `https://shop.example/${'x'.repeat(2048)}`,
]

for (const url of REFUSED) {
  test(`${JSON.stringify(url.slice(0, 60))} is refused with url-not-allowed`, () => {
    assert.throws(() => checkUrl(url, NONE), refused)
  })
}

test('an https URL on a public name or address is taken, with the port spelled out or not', () => {
  for (const url of [
    'https://shop.example/hook?x=1',
    'https://shop.example:443/',
    'https://93.184.216.34/',
    'https://[2606:4700::1111]/',
  ]) {
    assert.equal(checkUrl(url, NONE).protocol, 'https:')
  }
})

test('the operator can allow single hosts and ports, and nothing beside them', () => {
  assert.equal(checkUrl('http://127.0.0.1:9000/hook', DEV).port, '9000')
  assert.equal(checkUrl('http://receiver:8080/', DEV).hostname, 'receiver')
  assert.throws(() => checkUrl('http://127.0.0.1:9001/', DEV), refused)
  assert.throws(() => checkUrl('http://127.0.0.1/', DEV), refused)
  assert.throws(() => checkUrl('ftp://127.0.0.1:9000/', DEV), refused)
  assert.throws(() => checkUrl('http://user@127.0.0.1:9000/', DEV), refused)
  assert.throws(() => parseAllowedHosts('127.0.0.1'), /host:port/)
})

test('a public name that resolves to one internal address among public ones is refused', async () => {
  const resolve = async () => ['93.184.216.34', '10.0.0.5']
  await assert.rejects(checkUrlForSaving('https://rebind.example/', NONE, resolve), refused)
  await assert.rejects(checkAddresses(checkUrl('https://rebind.example/', NONE), NONE, resolve), refused)
})

test('the addresses that were checked are the ones that are given back', async () => {
  const addresses = await checkAddresses(checkUrl('https://shop.example/', NONE), NONE, async () => [
    '93.184.216.34',
    '2606:4700::1111',
  ])
  assert.deepEqual(addresses, [
    { address: '93.184.216.34', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ])
})

test('a name that does not exist is refused at save, a name server that is down is not held against the URL', async () => {
  const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))
  await assert.rejects(checkUrlForSaving('https://typo.example/', NONE, failing('ENOTFOUND')), refused)
  await checkUrlForSaving('https://shop.example/', NONE, failing('ETIMEOUT'))
})

test('no special range of IPv4 or IPv6 counts as public', () => {
  const internal = [
    '10.1.2.3',
    '127.9.9.9',
    '169.254.0.1',
    '100.127.255.255',
    '192.0.0.192',
    '198.51.100.1',
    '240.0.0.1',
    '::',
    'fc00::1',
    'fec0::1',
    '2001:db8::1',
    '100::1',
    'nonsense',
    '',
  ]
  assert.deepEqual(internal.filter(isPublicAddress), [])
})
