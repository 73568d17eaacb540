// A page of the shop, for tests of what customers do themselves: the publishable key, and the session of whoever is signed in.

import assert from 'node:assert/strict'
import type { HttpMethod } from '../../test/api.ts'
import type { Shop } from '../../test/scenarios/shop.ts'

export interface Reply {
  status: number
  // The tests look into answers by name; a wrong name is undefined and fails its assertion.
  body: Record<string, unknown> & { data: Record<string, unknown>[] }
  text: string
  headers: Record<string, string>
}

export type Page = ReturnType<typeof openPage>

export function openPage(shop: () => Shop) {
  async function call(method: HttpMethod, path: string, body?: unknown, more: Record<string, string> = {}) {
    const { key = shop().keys.publishable_key, ...headers } = more
    const answer = await shop().send({
      method,
      path,
      headers: {
        host: '127.0.0.1',
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return { ...answer, body: answer.text === '' ? {} : JSON.parse(answer.text) } as Reply
  }

  /** The newest mail to an address, and how many there are. */
  async function mailTo(email: string) {
    const { rows } = await shop().database.db.query<{ subject: string; text: string; language: string }>(
      `select subject, text, language from mail where lower(recipient) = lower($1) and kind = 'sign_in_code' order by id desc`,
      [email],
    )
    const code = /\b(\d{6})\b/.exec(rows[0]?.text ?? '')?.[1] ?? ''
    return { code, subject: rows[0]?.subject ?? '', language: rows[0]?.language ?? '', count: rows.length }
  }

  async function ask(email: string, more: object = {}): Promise<{ id: string; code: string }> {
    const begun = await call('POST', '/v1/sign_in', { email, ...more })
    assert.equal(begun.status, 202, begun.text)
    return { id: begun.body['id'] as string, code: (await mailTo(email)).code }
  }

  return {
    call,
    mailTo,
    ask,
    async signIn(email: string): Promise<{ token: string; customer: string }> {
      const opened = await call('POST', '/v1/sign_in/confirm', await ask(email))
      assert.equal(opened.status, 201, opened.text)
      return { token: opened.body['token'] as string, customer: opened.body['customer_id'] as string }
    },
    /** As a signed-in customer. */
    as:
      (token: string) =>
      (method: HttpMethod, path: string, body?: unknown, more: Record<string, string> = {}) =>
        call(method, path, body, { 'customer-session': token, ...more }),
  }
}
