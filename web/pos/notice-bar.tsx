// What just happened, always in the same corner and above the keys; with the way back where there is one.

import { useSyncExternalStore } from 'react'
import { Icon } from './icon.tsx'
import { useLink, useTill } from './till.tsx'

export function NoticeBar() {
  const { texts, notice, say } = useTill()
  const icons = { good: 'check', bad: 'alert', info: 'info' } as const
  return (
    <div className="notice-bar" role={notice?.kind === 'bad' ? 'alert' : 'status'}>
      {notice ? (
        <div className={`notice-item ${notice.kind}`}>
          <Icon name={icons[notice.kind]} />
          <span className="notice-text">{notice.text}</span>
          {notice.undo ? (
            <button
              type="button"
              className="button"
              onClick={() => {
                const { undo } = notice
                say(null)
                undo?.()
              }}
            >
              <Icon name="undo" />
              {texts.undo}
            </button>
          ) : null}
          <button type="button" className="icon-key" onClick={() => say(null)} aria-label={texts.close}>
            <Icon name="cross" />
          </button>
        </div>
      ) : (
        <Offer />
      )}
    </div>
  )
}

/** The server is silent and nothing is on the ticket: whoever wants to goes on without it. */
function Offer() {
  const { texts, api, alone, isAlone } = useTill()
  const link = useLink(api)
  const { notAble } = useSyncExternalStore(alone.watch, alone.state)
  if (link.isOn || isAlone) return null
  return (
    <div className="notice-item offer">
      <Icon name="offline" />
      <span className="notice-text">{notAble === null ? texts.offline.away : texts.offline.notAble[notAble]}</span>
      {notAble === null ? (
        <button type="button" className="button" onClick={() => alone.begin()}>
          {texts.offline.begin}
        </button>
      ) : null}
    </div>
  )
}
