// Receipts on a printer at the till's USB port. The browser's USB is stood in for here by one that keeps what is sent to it; what is sent is
// the server's, and is read as a printer reads it.

import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { networkPrinter } from '../network-printer.ts'
import { shopping } from './shopper.ts'
import { counterOf, openTill, scan, screenIsRight, settled } from './till.ts'

const world = shopping({ hasTills: true })
const { inBrowser } = world

/** A printer that writes down every byte; it says no while `isOff`. */
const PRINTER = `
  window.printed = []
  window.isOff = false
  const port = { interfaceNumber: 0, alternate: { interfaceClass: 7, endpoints: [{ endpointNumber: 1, direction: 'out', type: 'bulk' }] } }
  const device = {
    productName: 'TM-T20', configuration: null, opened: false,
    async open() { if (window.isOff) throw new Error('off') },
    async close() {},
    async selectConfiguration() { device.configuration = { interfaces: [port] } },
    async claimInterface() {}, async releaseInterface() {},
    async transferOut(endpoint, bytes) { window.printed.push(...new Uint8Array(bytes)); return { status: 'ok' } },
  }
  Object.defineProperty(navigator, 'usb', { value: { getDevices: async () => [device], requestDevice: async () => device } })
`
const PULSE = '\x1bp\x00'
/** Until the page says yes; its own policy lets nothing wait in it. */
async function until(page: Page, said: string): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await page.evaluate<boolean>(said)) return
    await page.waitForTimeout(50)
  }
  assert.fail(`never: ${said}`)
}
async function printed(page: Page): Promise<string> {
  const bytes = await page.evaluate<number[]>('window.printed.splice(0)')
  return String.fromCharCode(...bytes)
}

inBrowser(
  'a receipt is printed by USB, the drawer opens for cash, and a second one says that it is a copy',
  async (page) => {
    await page.addInitScript(PRINTER)
    await openTill(page, world)
    await page.locator('.place').click()
    await page.getByRole('button', { name: 'USB', exact: true }).click()
    await page.getByRole('button', { name: 'USB: TM-T20' }).waitFor()
    await screenIsRight(page, 'the printer')
    await page.keyboard.press('Escape')
    await scan(page, 'KP-SOAP')
    await page.locator('.line', { hasText: 'Spruce soap' }).waitFor()
    await settled(page)
    await page.keyboard.press('F10')
    await page.locator('.change-amount').waitFor()
    await until(page, 'window.printed.length > 0')
    assert.equal(await printed(page), `${PULSE}\x19\xfa`, 'cash opens the drawer')
    await page.keyboard.press('F11')
    await until(page, 'window.printed.length > 200')
    const first = await printed(page)
    assert.match(first, /Spruce soap/)
    assert.doesNotMatch(first, /COPY/i)
    await page.keyboard.press('F11')
    await until(page, 'window.printed.length > 200')
    assert.match(await printed(page), /COPY/i)
    // What is off says so, and the browser prints the same paper instead.
    await page.evaluate('window.isOff = true; window.asked = 0; window.print = () => { window.asked++ }')
    await page.keyboard.press('F11')
    await page.getByText('The receipt printer does not answer.').waitFor()
    await until(page, 'window.asked === 1')
    // The register's printer in the network, by way of the server; off, it says so in the same way.
    await page.keyboard.press('Escape')
    let tell = (_paper: string) => {}
    const paper = () => new Promise<string>((resolve) => (tell = resolve))
    const network = await networkPrinter((socket) => {
      let text = ''
      socket.setEncoding('latin1').on('data', (more: string) => (text += more))
      socket.on('end', () => {
        tell(text)
        socket.end()
      })
    })
    const { registerId } = await counterOf(world)
    const set = await world.api.call('PUT', `/v1/registers/${registerId}/printer`, {
      ...{ host: '127.0.0.1', port: network.port },
    })
    assert.equal(set.status, 200, set.text)
    await page.reload()
    await page.locator('.tile button').first().waitFor()
    await page.locator('.place').click()
    await page.getByRole('button', { name: 'In the shop’s network' }).click()
    await screenIsRight(page, 'the printer of the network')
    const pulse = paper()
    await page.getByRole('button', { name: 'Open the drawer' }).click()
    assert.equal(await pulse, `${PULSE}\x19\xfa`)
    await page.keyboard.press('Escape')
    const copy = paper()
    const answer = page.waitForResponse((response) => response.url().endsWith('/prints'))
    await page.keyboard.press('F11')
    await page.keyboard.press('F11')
    assert.match(await copy, /Spruce soap/)
    // While one is being printed, another is not begun.
    await (await answer).finished()
    await network.close()
    await page.evaluate('window.asked = 0; window.print = () => { window.asked++ }')
    await page.keyboard.press('F11')
    await page.getByText('The receipt printer does not answer.').waitFor()
    await until(page, 'window.asked === 1')
  },
)
