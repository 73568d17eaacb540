// The bar above every screen: where this is, whether the server answers, who stands here.

import { useState } from 'react'
import { Icon } from './icon.tsx'
import { useKeys } from './keys.ts'
import { Languages } from './languages.tsx'
import { LinkState } from './offline/link-state.tsx'
import { QueueDialog } from './offline/queue-dialog.tsx'
import { Mark } from './pair-screen.tsx'
import { Avatar, Dialog } from './parts.tsx'
import { PrinterChoice } from './printer-choice.tsx'
import { useTill } from './till.tsx'

export function TopBar() {
  const { texts, info, session, lock, screen } = useTill()
  const [open, setOpen] = useState<'settings' | 'queue' | null>(null)
  useKeys({ F12: lock })
  // Dialogs stand beside the bar, not in it: they have headers of their own.
  return (
    <>
      <header className="top">
        {info.shift === null ? null : (
          <h1 className="hidden">
            {(texts.screens as Record<string, string>)[screen.is] ?? texts.service.screens[screen.is]}
          </h1>
        )}
        <button type="button" className="place" onClick={() => setOpen('settings')} aria-haspopup="dialog">
          <Mark />
          <span className="place-name">
            <strong>{info.store.name}</strong>
            <span className="quiet">{info.register.name}</span>
          </span>
          <span className="hidden">{texts.settings.heading}</span>
        </button>
        <LinkState onOpen={() => setOpen('queue')} />
        <button type="button" className="me" onClick={lock} aria-keyshortcuts="F12">
          <Avatar initials={session.staff.initials} />
          <span className="me-name">{session.staff.name}</span>
          <Icon name="lock" />
          <span className="hidden">{texts.lock.lock}</span>
        </button>
      </header>
      {open === 'settings' ? <SettingsDialog onClose={() => setOpen(null)} /> : null}
      {open === 'queue' ? <QueueDialog onClose={() => setOpen(null)} /> : null}
    </>
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
