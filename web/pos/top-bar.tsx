// The bar above every screen: where this is, whether the server answers, who stands here.

import { useState } from 'react'
import { fill } from '../shared/fill.ts'
import { Icon } from './icon.tsx'
import { useKeys } from './keys.ts'
import { Languages } from './languages.tsx'
import { Mark } from './pair-screen.tsx'
import { Avatar, Dialog } from './parts.tsx'
import { PrinterChoice } from './printer-choice.tsx'
import { useLink, useTicket, useTill } from './till.tsx'

export function TopBar() {
  const { texts, info, session, lock, screen } = useTill()
  const [isOpen, setOpen] = useState(false)
  useKeys({ F12: lock })
  return (
    <header className="top">
      {info.shift === null ? null : (
        <h1 className="hidden">
          {(texts.screens as Record<string, string>)[screen.is] ?? texts.service.screens[screen.is]}
        </h1>
      )}
      <button type="button" className="place" onClick={() => setOpen(true)} aria-haspopup="dialog">
        <Mark />
        <span className="place-name">
          <strong>{info.store.name}</strong>
          <span className="quiet">{info.register.name}</span>
        </span>
        <span className="hidden">{texts.settings.heading}</span>
      </button>
      <LinkState />
      <button type="button" className="me" onClick={lock} aria-keyshortcuts="F12">
        <Avatar initials={session.staff.initials} />
        <span className="me-name">{session.staff.name}</span>
        <Icon name="lock" />
        <span className="hidden">{texts.lock.lock}</span>
      </button>
      {isOpen ? <SettingsDialog onClose={() => setOpen(false)} /> : null}
    </header>
  )
}

/** Always said, in the same place: whether the server answers, and what waits for it. */
function LinkState() {
  const { texts, api, time } = useTill()
  const link = useLink(api)
  const { isWaiting } = useTicket()
  const text = !link.isOn
    ? fill(texts.link.off, { time: time(link.since) })
    : isWaiting
      ? texts.link.saving
      : texts.link.on
  return (
    <p className={link.isOn ? 'link-state' : 'link-state off'} role="status">
      <Icon name={link.isOn ? 'online' : 'offline'} />
      <span>{text}</span>
    </p>
  )
}

function SettingsDialog({ onClose }: { onClose(): void }) {
  const { texts, settings, setSettings, info, session } = useTill()
  return (
    <Dialog title={texts.settings.heading} onClose={onClose}>
      <dl className="facts">
        <dt>{texts.settings.shop}</dt>
        <dd>
          {info.merchant.name}, {info.store.name}
        </dd>
        <dt>{texts.settings.register}</dt>
        <dd>{info.register.name}</dd>
        <dt>{texts.settings.signedIn}</dt>
        <dd>
          {session.staff.name} ({texts.roles[session.staff.role] ?? session.staff.role})
        </dd>
      </dl>
      <fieldset className="choice">
        <legend>{texts.settings.theme}</legend>
        {(['auto', 'light', 'dark'] as const).map((theme) => (
          <button
            key={theme}
            type="button"
            className="chip"
            aria-pressed={settings.theme === theme}
            onClick={() => setSettings({ ...settings, theme })}
          >
            {texts.settings.themes[theme]}
          </button>
        ))}
      </fieldset>
      <fieldset className="choice">
        <legend>{texts.settings.sound}</legend>
        {[true, false].map((sound) => (
          <button
            key={String(sound)}
            type="button"
            className="chip"
            aria-pressed={settings.sound === sound}
            onClick={() => setSettings({ ...settings, sound })}
          >
            {sound ? texts.settings.on : texts.settings.off}
          </button>
        ))}
      </fieldset>
      <PrinterChoice />
      <Languages />
      <details className="keys-help">
        <summary>{texts.settings.keys}</summary>
        <dl className="facts">
          {texts.keyHelp.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Dialog>
  )
}
