// The words of stories about payment links, over HTTP: the merchant's calls, and what those who open a link do.

import assert from 'node:assert/strict'
import type { CheckoutView } from '../../server/checkout/page-view.ts'
import type { Refusal } from '../api.ts'
import { CARDS, type Shop } from './shop.ts'

export interface LinkView {
  id: string
  url: string
  state: string
  reason: string | null
  amount: number | null
  amount_due: number | null
  amount_paid: number
  uses: number
  version: number
  reminders_sent: number
  next_reminder_at: string | null
  viewed_at: string | null
  qr: { svg: string; png: string }
  share: Record<'text' | 'whatsapp' | 'telegram' | 'mail' | 'sms', string>
}

/** What a browser says when a person goes to a page. */
const PERSON = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }

export function linkShop(shop: Shop) {
  let tries = 0
  const at = (url: string) => new URL(url).pathname
  const words = {
    async link(input: object): Promise<LinkView> {
      const { status, body, text } = await shop.api.call<LinkView>('POST', '/v1/payment_links', input)
      assert.equal(status, 201, text)
      return body
    },
    async refused(input: object): Promise<string> {
      const { status, body } = await shop.api.call<Refusal>('POST', '/v1/payment_links', input)
      assert.ok(status >= 400)
      return body.errors?.[0] ? `${body.code} ${body.errors[0].pointer}` : body.code
    },
    async read({ id }: Pick<LinkView, 'id'>): Promise<LinkView> {
      return (await shop.api.get<LinkView>(`/v1/payment_links/${id}`)).body
    },
    change: ({ id }: Pick<LinkView, 'id'>, patch: object, headers: Record<string, string> = {}) =>
      shop.api.call<LinkView & Refusal>('PATCH', `/v1/payment_links/${id}`, patch, { headers }),
    move: ({ id }: Pick<LinkView, 'id'>, move: 'cancel' | 'pause' | 'resume') =>
      shop.api.call<LinkView & Refusal>('POST', `/v1/payment_links/${id}/${move}`, {}),
    /** Goes to the address as a browser does, or as a chat that makes a preview. */
    async visit({ url }: Pick<LinkView, 'url'>, headers: Record<string, string> = PERSON, send = shop.send) {
      return send({ method: 'GET', path: at(url), headers: { host: '127.0.0.1', ...headers } })
    },
    /** Presses the page's button. */
    async press({ url }: Pick<LinkView, 'url'>, amount = '', send = shop.send) {
      return send({
        method: 'POST',
        path: at(url),
        headers: {
          host: '127.0.0.1',
          'content-type': 'application/x-www-form-urlencoded',
          'sec-fetch-site': 'same-origin',
        },
        payload: new URLSearchParams({ amount }).toString(),
      })
    },
    /** The path of the page that a visit or a press leads to. */
    leadsTo(answer: { status: number; headers: Record<string, string>; text: string }): string {
      assert.equal(answer.status, 303, answer.text.slice(0, 300))
      return (answer.headers['location'] as string).split('?')[0] as string
    },
    async page(path: string): Promise<CheckoutView> {
      const { text } = await shop.send({ method: 'GET', path: `${path}/state?lang=en`, headers: { host: '127.0.0.1' } })
      return JSON.parse(text) as CheckoutView
    },
    /** One try with a card on a page; answers the page. */
    async tryCard(
      path: string,
      card: string = CARDS.approved,
      { send = shop.send, seen }: { send?: Shop['send']; seen?: number } = {},
    ) {
      const key = path.split('/').at(-1) as string
      const post = (to: string, body: object, headers = {}) =>
        send({
          method: 'POST',
          path: to,
          headers: { host: '127.0.0.1', 'content-type': 'application/json', ...headers },
          payload: JSON.stringify(body),
        })
      const made = await post(
        '/v1/tokens',
        { card: { number: card, exp_month: 12, exp_year: 2034, cvc: '123' } },
        { authorization: `Bearer ${key}` },
      )
      assert.equal(made.status, 201, made.text)
      const { id: token } = JSON.parse(made.text) as { id: string }
      const attempt = `attempt-${++tries}`
      const answer = await post(`${path}/pay?lang=en`, {
        attempt,
        method: 'card',
        token,
        ...(seen === undefined ? {} : { seen }),
      })
      assert.equal(answer.status, 200, answer.text)
      return JSON.parse(answer.text) as CheckoutView
    },
    /** What was told of links, oldest first. */
    async events(): Promise<string[]> {
      const { rows } = await shop.database.db.query<{ type: string }>(
        "select type from event where object_type = 'payment_link' order by seq",
      )
      return rows.map(({ type }) => type)
    },
    /** How many pages there are, whoever made them. */
    async pages(): Promise<number> {
      const { rows } = await shop.database.db.query<{ n: number }>('select count(*)::int as n from checkout_session')
      return rows[0]?.n ?? 0
    },
    async worker(name: string): Promise<number> {
      const found = shop.wired.workers.find((worker) => worker.name === name)
      assert.ok(found, name)
      return found.tick()
    },
    async mails(): Promise<{ to: string; subject: string; kind: string; language: string; body: string }[]> {
      const { rows } = await shop.database.db.query<{
        to: string
        subject: string
        kind: string
        language: string
        body: string
      }>('select recipient as "to", subject, kind, language, text as body from mail order by id')
      return rows
    },
    /** How many instructions were made for providers. */
    async charges(): Promise<number> {
      const { rows } = await shop.database.db.query<{ n: number }>('select count(*)::int as n from operation')
      return rows[0]?.n ?? 0
    },
  }
  return words
}

export type LinkShop = ReturnType<typeof linkShop>
