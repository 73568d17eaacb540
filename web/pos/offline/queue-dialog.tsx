// What was sold without the server and where it stands: what waits, what was sent, what somebody should look at; and whether this till
// could go on alone now.

import { useEffect, useState, useSyncExternalStore } from 'react'
import { fill } from '../../shared/fill.ts'
import { Icon } from '../icon.tsx'
import { Banner, Dialog } from '../parts.tsx'
import { useLink, useTill } from '../till.tsx'
import type { KeptDocument } from './chain.ts'
import { useQueue } from './link-state.tsx'
import { OfflineSlip } from './offline-slip.tsx'

/** Rows of a list; what is beyond is counted above it. */
const MOST_ROWS = 50

export function QueueDialog({ onClose }: { onClose(): void }) {
  const { texts, api, queue, catalogue, alone, money, time } = useTill()
  const words = texts.offline.queue
  const link = useLink(api)
  const { waiting, noted, isSending, trouble, lastSentAt } = useQueue()
  const { notAble, isAlone } = useSyncExternalStore(alone.watch, alone.state)
  const [all, setAll] = useState<KeptDocument[]>([])
  const [printing, setPrinting] = useState<string | null>(null)
  useEffect(() => {
    let isOver = false
    queue?.documents().then(
      (documents) => !isOver && setAll(documents.sort((a, b) => b.sold_at - a.sold_at)),
      () => {},
    )
    return () => {
      isOver = true
    }
  }, [waiting, noted])
  const facts = catalogue.facts()
  const list = (documents: readonly KeptDocument[]) => (
    <ul className="rows">
      {documents.slice(0, MOST_ROWS).map((document) => (
        <Row key={document.id} document={document} onPrint={() => setPrinting(document.id)} />
      ))}
    </ul>
  )
  const aside = noted.filter(({ verdict }) => verdict?.status !== 'accepted')
  const toLook = noted.filter(({ verdict }) => verdict?.status === 'accepted')
  const stillWaiting = all.filter(({ state }) => state === 'waiting')
  const sent = all.filter((each) => each.state === 'sent' && !noted.some(({ id }) => id === each.id))
  return (
    <Dialog title={words.heading} onClose={onClose} isSide>
      <p className="quiet">{words.lead}</p>
      <dl className="facts queue-facts">
        <dt>{words.server}</dt>
        <dd>{link.isOn ? words.online : fill(words.offline, { time: time(link.since) })}</dd>
        <dt>{words.waiting}</dt>
        <dd>
          {waiting.count === 0 ? words.none : fill(words.waitingOf, { n: waiting.count, amount: money(waiting.total) })}
        </dd>
        {waiting.oldest === null ? null : (
          <>
            <dt>{words.oldest}</dt>
            <dd>{time(waiting.oldest)}</dd>
          </>
        )}
        {lastSentAt === null ? null : (
          <>
            <dt>{words.lastSent}</dt>
            <dd>{time(lastSentAt)}</dd>
          </>
        )}
        <dt>{words.articles}</dt>
        <dd>{facts ? fill(words.articlesAt, { n: catalogue.count(), time: time(facts.at) }) : words.none}</dd>
      </dl>
      {trouble === null ? null : (
        <Banner kind="bad">{fill(words.trouble, { detail: trouble.detail || trouble.code })}</Banner>
      )}
      <div className="row queue-keys">
        {waiting.count > 0 && link.isOn ? (
          <button type="button" className="button" disabled={isSending} onClick={() => void queue?.push()}>
            {words.send}
          </button>
        ) : null}
        {!link.isOn && !isAlone && notAble === null ? (
          <button
            type="button"
            className="button primary"
            onClick={() => {
              alone.begin()
              onClose()
            }}
          >
            {texts.offline.begin}
          </button>
        ) : null}
      </div>
      {aside.length === 0 ? null : (
        <>
          <h3>{words.aside}</h3>
          <p className="quiet">{words.asideLead}</p>
          {list(aside)}
        </>
      )}
      {toLook.length === 0 ? null : (
        <>
          <h3>{words.toLook}</h3>
          <p className="quiet">{words.toLookLead}</p>
          {list(toLook)}
        </>
      )}
      {stillWaiting.length === 0 ? null : (
        <>
          <h3>{words.waitingList}</h3>
          {list(stillWaiting)}
        </>
      )}
      {sent.length === 0 ? null : (
        <>
          <h3>{words.sentList}</h3>
          {list(sent)}
        </>
      )}
      {all.length === 0 ? <p className="quiet">{words.nothing}</p> : null}
      {printing === null ? null : <OfflineSlip key={printing} id={printing} onDone={() => setPrinting(null)} />}
    </Dialog>
  )
}

function Row({ document, onPrint }: { document: KeptDocument; onPrint(): void }) {
  const { texts, queue, money, time } = useTill()
  const words = texts.offline
  const { verdict, receipt_code, total, sold_at, is_seen } = document
  const notes =
    verdict === null
      ? []
      : verdict.reason
        ? [verdict.reason.detail || verdict.reason.code]
        : verdict.reviews.map(({ code, detail }) => words.reviews[code] ?? detail)
  const isNoted = !is_seen && notes.length > 0
  return (
    <li className="row-key flat queue-row">
      <strong>{receipt_code}</strong>
      <span className="quiet figure">{time(sold_at)}</span>
      <span className="figure">{money(total)}</span>
      <span className="queue-row-keys">
        {isNoted ? (
          <button type="button" className="button" onClick={() => void queue?.see(document)}>
            {words.queue.seen}
          </button>
        ) : null}
        <button
          type="button"
          className="icon-key"
          onClick={onPrint}
          aria-label={fill(words.queue.print, { code: receipt_code })}
        >
          <Icon name="print" />
        </button>
      </span>
      {isNoted ? (
        <ul className="queue-notes">
          {notes.map((note) => (
            <li key={note}>
              <Icon name="alert" />
              {note}
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  )
}
