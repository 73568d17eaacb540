// The receipt printer at this device: the browser's, one at its USB port that speaks ESC/POS, or the register's in the shop's network, which the
// server reaches. What goes to it the server has written; here it is carried, and a drawer that hangs on the printer is opened.

import type { Api } from './api.ts'
import { keep, kept } from './keep.ts'

export interface PrinterSettings {
  kind: 'browser' | 'usb' | 'network'
  columns: 32 | 42 | 48
  /** A drawer hangs on it: opened for cash. */
  drawer: boolean
}
const NAME = 'onetill.pos.printer'
const USUAL: PrinterSettings = { kind: 'browser', columns: 42, drawer: true }

export const printerSettings = (): PrinterSettings => ({ ...USUAL, ...kept<PrinterSettings>(NAME) })
export const setPrinterSettings = (settings: PrinterSettings): void => keep(NAME, settings)

/** As far as the till needs of WebUSB, which not every browser has. */
interface UsbEndpoint {
  endpointNumber: number
  direction: 'in' | 'out'
  type: string
}
interface UsbInterface {
  interfaceNumber: number
  alternate: { interfaceClass: number; endpoints: UsbEndpoint[] }
}
export interface UsbPrinter {
  productName?: string
  configuration: { interfaces: UsbInterface[] } | null
  opened: boolean
  open(): Promise<void>
  close(): Promise<void>
  selectConfiguration(value: number): Promise<void>
  claimInterface(number: number): Promise<void>
  releaseInterface(number: number): Promise<void>
  transferOut(endpoint: number, bytes: BufferSource): Promise<{ status: string }>
}
interface Usb {
  getDevices(): Promise<UsbPrinter[]>
  requestDevice(options: { filters: { classCode: number }[] }): Promise<UsbPrinter>
}

/** USB's class of printers. */
const PRINTER_CLASS = 7
/** More at once some printers' buffers do not take. */
const CHUNK_BYTES = 4096
/** ESC p: a pulse of 50 ms to the first drawer, 500 ms of rest. */
const PULSE = Uint8Array.of(0x1b, 0x70, 0, 25, 250)

const usbOf = (): Usb | null => (navigator as unknown as { usb?: Usb }).usb ?? null
export const hasUsb = (): boolean => usbOf() !== null

/** Asks which printer; only after somebody has pressed a key. Null when they chose none. */
export async function chooseUsbPrinter(): Promise<string | null> {
  const device = await usbOf()
    ?.requestDevice({ filters: [{ classCode: PRINTER_CLASS }] })
    .catch(() => null)
  return device ? (device.productName ?? 'USB') : null
}

/** The printer that was chosen before and is plugged in. */
export async function usbPrinterName(): Promise<string | null> {
  const [device] = (await usbOf()?.getDevices()) ?? []
  return device ? (device.productName ?? 'USB') : null
}

/** One after the other: two papers at once would be torn into each other. */
let last: Promise<unknown> = Promise.resolve()

/** Throws when there is no printer, or it does not take it. */
export function sendToUsb(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const sent = last.then(
    () => carry(bytes),
    () => carry(bytes),
  )
  last = sent
  return sent
}

async function carry(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const [device] = (await usbOf()?.getDevices()) ?? []
  if (!device) throw new Error('no printer')
  await device.open()
  try {
    if (device.configuration === null) await device.selectConfiguration(1)
    const port = device.configuration?.interfaces.find(({ alternate }) => alternate.interfaceClass === PRINTER_CLASS)
    const out = port?.alternate.endpoints.find(({ direction, type }) => direction === 'out' && type === 'bulk')
    if (!port || !out) throw new Error('no way out to the printer')
    await device.claimInterface(port.interfaceNumber)
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const { status } = await device.transferOut(out.endpointNumber, bytes.slice(at, at + CHUNK_BYTES))
      if (status !== 'ok') throw new Error(`the printer says ${status}`)
    }
    await device.releaseInterface(port.interfaceNumber)
  } finally {
    await device.close()
  }
}

/** Opens the drawer at the printer, where one hangs on it. */
export async function kickDrawer(api: Api): Promise<void> {
  const { kind, drawer } = printerSettings()
  if (!drawer) return
  if (kind === 'usb') await sendToUsb(PULSE)
  if (kind === 'network') await api.call('POST', '/till/drawer_pulses')
}

export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
