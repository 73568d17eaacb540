// The customer's hand, and what goes wrong.

import type { Entry, Fault, TerminalFace } from '../../server/virtual-terminal/view.ts'
import type { Live } from './live.ts'
import type { Words } from './words.ts'

interface PanelProps {
  face: TerminalFace
  live: Live
  words: Words
  asksForCard: boolean
  onCard(): void
}

export function Panel({ face, live, words, asksForCard, onCard }: PanelProps) {
  const { texts } = words
  const { settings, screen } = live.view
  const card = face.cards.find(({ id }) => id === settings.card)
  return (
    <aside class="panel">
      <section aria-labelledby="hand">
        <h2 id="hand">{texts.hand}</h2>
        <div class="in-hand">
          <div
            class={`plastic ${settings.card}`}
            // As a property: an attribute without a value, as the server would write it, means something else.
            ref={(node) => {
              if (node) node.draggable = true
            }}
            aria-hidden="true"
            onDragStart={(event) => event.dataTransfer?.setData('text/plain', settings.card)}
          >
            <span class="chip" />
            <b>{card?.name}</b>
            <span class="number">•••• {card?.last4}</span>
          </div>
          <div class="fields">
            <label for="card" class="hidden">
              {texts.hand}
            </label>
            <select id="card" value={settings.card} onChange={(event) => live.set({ card: event.currentTarget.value })}>
              {face.cards.map(({ id, name, last4 }) => (
                <option key={id} value={id}>
                  {name} …{last4}
                </option>
              ))}
            </select>
            <label for="entry">{texts.way}</label>
            <select
              id="entry"
              value={settings.entry}
              onChange={(event) => live.set({ entry: event.currentTarget.value as Entry })}
            >
              {(Object.keys(texts.entries) as Entry[]).map((entry) => (
                <option key={entry} value={entry}>
                  {texts.entries[entry]}
                </option>
              ))}
            </select>
          </div>
        </div>
        <button type="button" class="button primary wide" aria-disabled={!asksForCard} onClick={onCard}>
          {texts.present}
        </button>
        <p class="quiet">{asksForCard ? texts.dragHint : texts.nobodyAsks}</p>
      </section>
      <section aria-labelledby="wrong">
        <h2 id="wrong">
          <label for="fault" class="heading">
            {texts.fault}
          </label>
        </h2>
        <select
          id="fault"
          aria-describedby="fault-hint"
          class={settings.fault ? 'armed' : ''}
          value={settings.fault ?? ''}
          onChange={(event) => live.set({ fault: (event.currentTarget.value || null) as Fault | null })}
        >
          <option value="">{texts.faultNone}</option>
          {(Object.keys(texts.faults) as Fault[]).map((fault) => (
            <option key={fault} value={fault}>
              {texts.faults[fault]}
            </option>
          ))}
        </select>
        <p class="quiet" id="fault-hint">
          {texts.faultHint}
        </p>
        <Switch id="power" label={texts.power} isOn={screen.kind !== 'off'} onSwitch={(is_on) => live.set({ is_on })} />
        <Switch
          id="paper"
          label={texts.paper}
          isOn={settings.has_paper}
          onSwitch={(has_paper) => live.set({ has_paper })}
        />
        <Switch
          id="alone"
          label={texts.alone}
          hint={texts.aloneHint}
          isOn={settings.customer !== null}
          onSwitch={(isOn) => live.set({ customer: isOn ? { card: settings.card, entry: settings.entry } : null })}
        />
      </section>
    </aside>
  )
}

function Switch({
  id,
  label,
  hint,
  isOn,
  onSwitch,
}: {
  id: string
  label: string
  hint?: string
  isOn: boolean
  onSwitch(isOn: boolean): void
}) {
  return (
    <div class="switch">
      <input
        id={id}
        type="checkbox"
        checked={isOn}
        {...(hint ? { 'aria-describedby': `${id}-hint` } : {})}
        onChange={(event) => onSwitch(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      {hint ? (
        <p class="switch-hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
    </div>
  )
}
