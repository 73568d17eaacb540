// Payment links of this store: those that wait on the left, and on the right a new one, or the one that is chosen.

import { useEffect, useRef, useState } from 'react'
import type { Page } from './answers.ts'
import { isRefused, newKey } from './api.ts'
import { datesFor } from './dates.ts'
import { Icon } from './icon.tsx'
import { useKeys } from './keys.ts'
import { LinkChip, LinkDetail, useLinkAmount } from './link-detail.tsx'
import { LINK_FORM, LinkForm } from './link-form.tsx'
import { useNarrow } from './narrow.ts'
import { NoticeBar } from './notice-bar.tsx'
import { Dialog, Failed, Key, SCROLLED } from './parts.tsx'
import { canCancel, type PaymentLink } from './payment-links.ts'
import { usePolled } from './polled.ts'
import { soundOk } from './sound.ts'
import { useTill } from './till.tsx'

const MOST = 50
/** Somebody may be paying while the customer stands there. */
const LOOK_MS = 3_000

type Tab = 'open' | 'over'

export function LinksScreen({ orderNumber }: { orderNumber?: string }) {
  const { texts, api, go, info, say } = useTill()
  const words = texts.service.links
  const [tab, setTab] = useState<Tab>('open')
  const [chosen, setChosen] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const isNarrow = useNarrow()
  // A phone shows the list first, unless somebody came with an order.
  const [isFresh, setFresh] = useState(!isNarrow || orderNumber !== undefined)
  const listed = usePolled(`links ${tab}`, LOOK_MS, async () => {
    const of = { store_id: info.store.id, is_open: String(tab === 'open'), limit: String(MOST) }
    return (await api.get<Page<PaymentLink>>(`/payment_links?${new URLSearchParams(of)}`)).data
  })
  const one = usePolled(`link ${chosen}`, LOOK_MS, async () =>
    chosen === null ? null : api.get<PaymentLink>(`/payment_links/${chosen}`),
  )
  const [made, setMade] = useState<PaymentLink | null>(null)
  const link = chosen === null ? null : (one.data ?? (made?.id === chosen ? made : null))
  useHeardPaid(link)
  const isOne = chosen !== null || isFresh
  const leave = () => {
    if (isNarrow && isOne) {
      setChosen(null)
      setFresh(false)
    } else go({ is: 'sell' })
  }
  const fresh = () => {
    setChosen(null)
    setFresh(true)
  }
  useKeys({ Escape: leave })
  const move = async (verb: 'cancel' | 'pause' | 'resume') => {
    setAsking(false)
    if (!link) return
    try {
      await api.call('POST', `/payment_links/${link.id}/${verb}`, { body: {}, key: newKey() })
    } catch (error) {
      say({ kind: 'bad', text: isRefused(error, 'no-answer') ? texts.noAnswer : words.moved })
    }
    await Promise.all([one.look(), listed.look()])
  }
  return (
    <main className={isOne ? 'office orders links has-one' : 'office orders links'}>
      <section className="office-work" aria-label={words.heading}>
        <fieldset className="tabs" aria-label={words.which}>
          {(['open', 'over'] as const).map((each) => (
            <button key={each} type="button" className="chip" aria-pressed={tab === each} onClick={() => setTab(each)}>
              {words.tabs[each]}
            </button>
          ))}
        </fieldset>
        {listed.data === null && listed.hasFailed ? (
          <Failed again={() => void listed.look()} />
        ) : (
          <Links links={listed.data} tab={tab} chosen={chosen} onChoose={setChosen} />
        )}
      </section>
      <section className="ticket office-side" aria-label={words.one} {...SCROLLED}>
        {chosen === null ? (
          <LinkForm
            orderNumber={orderNumber}
            onBusy={setBusy}
            onMade={(next) => {
              setMade(next)
              setChosen(next.id)
              setTab('open')
              void listed.look()
            }}
          />
        ) : link === null ? (
          one.hasFailed ? (
            <Failed again={() => void one.look()} />
          ) : (
            <div className="blank tall" />
          )
        ) : (
          <LinkDetail link={link} />
        )}
      </section>
      <NoticeBar />
      <nav className="functions" aria-label={texts.sell.functions}>
        <Key icon="back" label={isNarrow && isOne ? words.back : texts.drawer.back} hint="Esc" onPress={leave} />
        <Key
          icon={link?.state === 'paused' ? 'recall' : 'park'}
          label={link?.state === 'paused' ? words.resume : words.pause}
          isOff={!link || !canCancel(link)}
          onPress={() => void move(link?.state === 'paused' ? 'resume' : 'pause')}
        />
        <Key
          icon="trash"
          label={words.cancel}
          kind="danger"
          isOff={!link || !canCancel(link)}
          onPress={() => setAsking(true)}
        />
      </nav>
      <div className="pay-bar">
        {chosen === null && isOne ? (
          <button type="submit" form={LINK_FORM} className="pay" disabled={isBusy}>
            {isBusy ? words.making : words.make}
          </button>
        ) : (
          <button type="button" className="pay" onClick={fresh}>
            {words.fresh}
          </button>
        )}
      </div>
      {isAsking && link ? (
        <Dialog title={words.cancelHeading} onClose={() => setAsking(false)}>
          <p>{words.cancelLead}</p>
          <div className="row">
            <button type="button" className="button" onClick={() => setAsking(false)}>
              {words.keep}
            </button>
            <button type="button" className="button danger" onClick={() => void move('cancel')}>
              {words.cancelNow}
            </button>
          </div>
        </Dialog>
      ) : null}
    </main>
  )
}

/** A link that is paid while it is shown is heard. */
function useHeardPaid(link: PaymentLink | null): void {
  const before = useRef<{ id: string; paid: number } | null>(null)
  useEffect(() => {
    if (link && before.current?.id === link.id && link.amount_paid > before.current.paid) soundOk()
    before.current = link && { id: link.id, paid: link.amount_paid }
  }, [link])
}

function Links(props: { links: PaymentLink[] | null; tab: Tab; chosen: string | null; onChoose(id: string): void }) {
  const { texts, language } = useTill()
  const words = texts.service.links
  const dates = datesFor(language)
  const amount = useLinkAmount()
  if (props.links === null) {
    return (
      <ul className="rows order-rows" aria-busy="true">
        {[0, 1, 2, 3, 4, 5].map((i) => (
          <li key={i} className="blank order-blank" />
        ))}
      </ul>
    )
  }
  if (props.links.length === 0) return <p className="quiet tiles-empty">{words.none[props.tab]}</p>
  return (
    <ul className="rows order-rows">
      {props.links.map((link) => (
        <li key={link.id}>
          <button
            type="button"
            className="order-row"
            aria-pressed={link.id === props.chosen}
            onClick={() => props.onChoose(link.id)}
          >
            <Icon name={link.email === null ? 'qr' : 'mail'} />
            <span className="order-what">
              <strong className="own">{link.description ?? link.email ?? words.kinds[link.kind]}</strong>
              <span className="quiet figure">{dates.moment(link.created_at)}</span>
            </span>
            <strong className="figure order-when">{amount(link)}</strong>
            <LinkChip link={link} />
          </button>
        </li>
      ))}
    </ul>
  )
}
