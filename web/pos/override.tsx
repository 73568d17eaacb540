// A right that whoever stands here lacks: somebody who has it gives their PIN, it is done in their name, and the till locks again.

import { useState } from 'react'
import { fill } from '../shared/fill.ts'
import { PinPad } from './lock-screen.tsx'
import { Avatar, Dialog } from './parts.tsx'
import { type Session, type StaffBrief, useTill } from './till.tsx'

/** By role, the more may be done the higher; who exactly may do this the server says. */
const RANKS: Readonly<Record<string, number>> = { cashier: 0, supervisor: 1, manager: 2 }

export function Override(props: { right: string; onClose(): void; onSession(session: Session): void }) {
  const { texts, info, session, api, own: device } = useTill()
  const [who, setWho] = useState<StaffBrief | null>(null)
  const own = RANKS[session.staff.role] ?? 0
  const above = info.staff.filter(({ role }) => (RANKS[role] ?? 0) > own)
  const name = texts.rights[props.right] ?? props.right
  return (
    <Dialog title={fill(texts.override.heading, { what: name })} onClose={props.onClose}>
      <p className="quiet">{texts.override.lead}</p>
      <div className="lock-body">
        <ul className="people">
          {above.map((each, i) => (
            <li key={each.id}>
              <button
                type="button"
                className="person"
                data-first={i === 0 ? '' : undefined}
                aria-pressed={who?.id === each.id}
                onClick={() => setWho(each)}
              >
                <Avatar initials={each.initials} />
                <span>
                  <strong>{each.name}</strong>
                  <span className="quiet">{texts.roles[each.role] ?? each.role}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
        <PinPad
          key={who?.id ?? ''}
          {...{ api, who, boxes: device?.boxes ?? null }}
          action={texts.override.allow}
          onSignedIn={props.onSession}
        />
      </div>
    </Dialog>
  )
}
