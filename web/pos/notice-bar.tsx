// What just happened, always in the same corner and above the keys; with the way back where there is one.

import { Icon } from './icon.tsx'
import { useTill } from './till.tsx'

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
      ) : null}
    </div>
  )
}
