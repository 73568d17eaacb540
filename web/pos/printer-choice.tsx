// How this device prints, in its settings.

import { useEffect, useState } from 'react'
import { Icon } from './icon.tsx'
import {
  chooseUsbPrinter,
  hasUsb,
  kickDrawer,
  type PrinterSettings,
  printerSettings,
  setPrinterSettings,
  usbPrinterName,
} from './printer.ts'
import { useTill } from './till.tsx'

export function PrinterChoice() {
  const { texts, api, info } = useTill()
  const words = texts.service.printing
  const [settings, setSettings] = useState(printerSettings)
  const [name, setName] = useState<string | null>(null)
  const [hasFailed, setFailed] = useState(false)
  useEffect(() => {
    void usbPrinterName().then(setName)
  }, [])
  const set = (next: Partial<PrinterSettings>) => {
    const all = { ...settings, ...next }
    setPrinterSettings(all)
    setSettings(all)
  }
  const byUsb = async () => {
    const chosen = await chooseUsbPrinter()
    if (chosen === null) return
    setName(chosen)
    set({ kind: 'usb' })
  }
  return (
    <>
      <fieldset className="choice">
        <legend>{words.heading}</legend>
        <button
          type="button"
          className="chip"
          aria-pressed={settings.kind === 'browser'}
          onClick={() => set({ kind: 'browser' })}
        >
          {words.browser}
        </button>
        <button
          type="button"
          className="chip"
          disabled={!hasUsb()}
          aria-pressed={settings.kind === 'usb'}
          onClick={() => void byUsb()}
        >
          {settings.kind === 'usb' && name !== null ? `${words.usb}: ${name}` : words.usb}
        </button>
        <button
          type="button"
          className="chip"
          disabled={info.has_printer !== true}
          aria-pressed={settings.kind === 'network'}
          onClick={() => set({ kind: 'network' })}
        >
          {words.network}
        </button>
      </fieldset>
      {hasUsb() ? null : <p className="quiet">{words.noUsb}</p>}
      {info.has_printer === true ? null : <p className="quiet">{words.noNetwork}</p>}
      {settings.kind !== 'browser' ? (
        <fieldset className="choice">
          <legend>{words.columns}</legend>
          {([32, 42, 48] as const).map((columns) => (
            <button
              key={columns}
              type="button"
              className="chip"
              aria-pressed={settings.columns === columns}
              onClick={() => set({ columns })}
            >
              {columns}
            </button>
          ))}
          <button
            type="button"
            className="chip"
            aria-pressed={settings.drawer}
            onClick={() => set({ drawer: !settings.drawer })}
          >
            <Icon name="drawer" />
            {words.drawer}
          </button>
          <button
            type="button"
            className="chip"
            disabled={!settings.drawer}
            onClick={() =>
              void kickDrawer(api).then(
                () => setFailed(false),
                () => setFailed(true),
              )
            }
          >
            {words.test}
          </button>
        </fieldset>
      ) : null}
      <p className="said-line" role="alert">
        {hasFailed ? words.failed : ''}
      </p>
    </>
  )
}
