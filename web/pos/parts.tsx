// Parts that many screens are made of: dialogs, the number pad, keys, notices.

import { type ReactNode, useContext, useEffect, useId, useRef } from 'react'
import { Icon, type IconName } from './icon.tsx'
import { Depth, type Keys, useKeys } from './keys.ts'
import { useWords } from './till.tsx'

/** A dialog over the till. The browser keeps the focus in it; Esc closes it. */
export function Dialog(props: {
  title: string
  onClose(): void
  children: ReactNode
  /** At the side instead of in the middle. */
  isSide?: boolean
  keys?: Keys
}) {
  const { texts } = useWords()
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  const depth = useContext(Depth)
  useKeys({ Escape: () => props.onClose(), ...props.keys }, { isModal: true })
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    if (dialog && !dialog.open) dialog.showModal()
    // Not the key that closes it, which the browser would choose: Enter is for what the dialog is about.
    const first = dialog?.querySelector<HTMLElement>('[data-first]') ?? dialog
    first?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      tabIndex={-1}
      className={props.isSide ? 'dialog side' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        props.onClose()
      }}
    >
      <div className="dialog-head">
        <h2 id={id}>{props.title}</h2>
        <button type="button" className="icon-key" onClick={props.onClose} aria-label={texts.close}>
          <Icon name="cross" />
        </button>
      </div>
      <div className="dialog-body">
        <Depth value={depth + 2}>{props.children}</Depth>
      </div>
    </dialog>
  )
}

/** Digits at fixed places. `00` where amounts are typed. */
export function Numpad({
  onDigit,
  onBack,
  onClear,
  hasDouble = true,
}: {
  onDigit(digits: string): void
  onBack(): void
  onClear?(): void
  hasDouble?: boolean
}) {
  const { texts } = useWords()
  return (
    <div className="numpad">
      {['7', '8', '9', '4', '5', '6', '1', '2', '3'].map((digit) => (
        <button key={digit} type="button" onClick={() => onDigit(digit)}>
          {digit}
        </button>
      ))}
      {hasDouble ? (
        <button type="button" onClick={() => onDigit('00')}>
          00
        </button>
      ) : (
        <button type="button" onClick={onClear} aria-label={texts.clear} disabled={!onClear}>
          {onClear ? 'C' : ''}
        </button>
      )}
      <button type="button" onClick={() => onDigit('0')}>
        0
      </button>
      <button type="button" onClick={onBack} aria-label={texts.backspace}>
        <Icon name="backspace" />
      </button>
    </div>
  )
}

/** Keys of a number pad for a text of digits. */
export function digitKeys(set: (change: (digits: string) => string) => void, most: number): Keys {
  const typed = Object.fromEntries(
    [...'0123456789'].map((digit) => [digit, () => set((digits) => withDigits(digits, digit, most))]),
  )
  return { ...typed, Backspace: () => set((digits) => digits.slice(0, -1)), Delete: () => set(() => '') }
}

/** Leading zeros say nothing in an amount. */
export function withDigits(digits: string, more: string, most: number): string {
  return `${digits}${more}`.replace(/^0+/, '').slice(0, most)
}

/** A large key with an icon, its name, and the key of the keyboard that does the same. */
export function Key(props: {
  icon: IconName
  label: string
  hint?: string
  onPress(): void
  isOff?: boolean
  /** Why it does nothing now: it stays where it is, dimmed, and says so. */
  why?: string
  kind?: 'primary' | 'danger'
  /** How many wait behind it, in words for who does not see the figure. */
  badge?: { n: number; words: string }
}) {
  return (
    <button
      type="button"
      className={`key ${props.kind ?? ''}${props.why === undefined ? '' : ' waits-for'}`}
      disabled={props.isOff || props.why !== undefined}
      onClick={props.onPress}
      aria-keyshortcuts={props.hint}
    >
      <Icon name={props.icon} />
      <span className="key-label">{props.label}</span>
      {props.badge && props.badge.n > 0 ? (
        <span className="badge figure">
          {props.badge.n}
          <span className="hidden"> {props.badge.words}</span>
        </span>
      ) : null}
      {props.why === undefined ? null : <span className="key-why">{props.why}</span>}
      {props.hint ? (
        <span className="hint" aria-hidden="true">
          {props.hint}
        </span>
      ) : null}
    </button>
  )
}

export function Banner({
  kind,
  icon,
  children,
}: {
  kind: 'good' | 'bad' | 'info' | 'warn'
  icon?: IconName
  children: ReactNode
}) {
  const usual = { good: 'check', bad: 'alert', info: 'info', warn: 'alert' } as const
  return (
    <div className={`banner ${kind}`}>
      <Icon name={icon ?? usual[kind]} />
      <div>{children}</div>
    </div>
  )
}

/** For a part that scrolls and may hold nothing to press: the keyboard must reach it to scroll it. */
export const SCROLLED = { tabIndex: 0 } as const

export function Avatar({ initials }: { initials: string }) {
  return (
    <span className="avatar" aria-hidden="true">
      {initials}
    </span>
  )
}

export function Failed({ again }: { again(): void }) {
  const { texts } = useWords()
  return (
    <div className="empty" role="alert">
      <p>{texts.noAnswer}</p>
      <button type="button" className="button" onClick={again}>
        {texts.again}
      </button>
    </div>
  )
}
