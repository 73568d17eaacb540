// A story of design: a list of steps, told plainly once and then again with something going wrong at every one of them. However
// it is told, it ends the same: for the customer, on the shelves, at the provider and in the books.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MINUTE, type Shop } from './shop.ts'

/** What somebody who does a step has in hand: the same when they do it again. */
export interface Me {
  /** Their Idempotency-Key for this step. */
  key: string
  /** Something that is made once, however often they try: the token of the card they typed in. */
  once<T>(what: string, make: () => Promise<T>): Promise<T>
}

/** An answer as far as a story looks at it; status 0 when none came. */
export interface Said {
  status: number
  text: string
  body: unknown
}

export interface Step<S> {
  /** What happens, as it would be told. */
  says: string
  /** What time passes before it, once. */
  after?: number | ((s: S) => Promise<number>)
  /** One try. Nothing is answered where nobody waits for an answer: time passes, goods travel. */
  does(s: S, me: Me): Promise<Said | undefined>
  /** Takes what is needed later out of the answer. */
  learns?(s: S, body: never): void
  /** Finds out what the answer would have said, when it was lost and trying again is refused. */
  finds?(s: S): Promise<void>
  /** What holds after it, in whatever way it came about. */
  holds?(s: S): Promise<void>
}

export interface Story<S> {
  /** `n` is another number each time it is told, for the names of what it makes. */
  begins(n: number): Promise<S>
  steps: Step<S>[]
  /** What is to be seen in the end. */
  shows(s: S): Promise<unknown>
  ends: unknown
}

/** Longer than any command's lease: what a dead process had begun may be taken up. */
const PAST_EVERY_LEASE = 4 * MINUTE
const VERBS = ['sale', 'authorize', 'capture', 'void', 'refund']
/** More than any step of a story has. */
const MAX_CROSSINGS = 40
/** More than anybody needs who waits for an outcome. */
const MAX_TRIES = 3
const MAX_ROUNDS = 20

type Attempt = (me: Me) => Promise<Said | undefined>
type Way = (shop: Shop, attempt: Attempt, me: (who: string) => Me) => Promise<Outcome>
/** What came to the one who did the step, and whether that means that it was done. */
interface Outcome {
  said: Said | undefined
  isDone: boolean
}

/** Registers the story `number` as tests: plainly told, and once for each kind of thing that goes wrong. */
export function tell<S>(number: number, title: string, shopOf: () => Shop, story: Story<S>): void {
  let told = 0
  let plain: Aftermath | undefined
  const play = async (way: Way) => {
    const shop = shopOf()
    // Whatever an earlier telling that failed has left.
    shop.door.revive()
    providerWell(shop)
    const n = number * 1_000 + ++told
    const s = await story.begins(n)
    const before = await accounts(shop)
    for (const [i, step] of story.steps.entries()) await doStep(shop, s, step, way, `${n}-${i + 1}`)
    shop.clock.advance(MINUTE)
    await rest(shop)
    assert.deepEqual(await story.shows(s), story.ends)
    const after = await aftermath(shop, before)
    plain ??= after
    assert.deepEqual(after, plain, 'provider and books end as when it is told plainly')
  }

  test(`Story ${number}: ${title}`, () => play(plainly))
  test(`Story ${number}, every answer lost on its way and the step sent again`, () => play(sentAgain))
  test(`Story ${number}, every answer of the provider lost`, () => play(providerUnheard))
  test(`Story ${number}, every click a double click`, () => play(clickedTwice))
  test(`Story ${number}, every step on two devices at once`, () => play(onTwoDevices))
  test(`Story ${number}, the server dying between any two things it does`, async () => {
    for (let nth = 1; nth <= MAX_CROSSINGS; nth++) {
      let deaths = 0
      await play(dying(nth, () => deaths++))
      if (deaths === 0) return assert.ok(nth > 1, 'it died at least once')
    }
    assert.fail(`a step does more than ${MAX_CROSSINGS} things`)
  })
}

async function doStep<S>(shop: Shop, s: S, step: Step<S>, way: Way, name: string): Promise<void> {
  const { after = 0 } = step
  shop.clock.advance(typeof after === 'number' ? after : await after(s))
  const made = new Map<string, Promise<unknown>>()
  const me = (who: string): Me => ({
    key: `story-${name}-${who}`,
    once<T>(what: string, make: () => Promise<T>): Promise<T> {
      const name = `${who} ${what}`
      const known = made.get(name) ?? make()
      made.set(name, known)
      // What did not come about is made by the next try.
      known.catch(() => made.delete(name))
      return known as Promise<T>
    },
  })
  const { said, isDone } = await way(shop, (who) => step.does(s, who), me)
  const about = `${step.says}: ${said?.text ?? 'no answer'}`
  assert.ok(isDone, about)
  if (said !== undefined && isOk(said)) step.learns?.(s, said.body as never)
  else if (said !== undefined) await step.finds?.(s)
  await step.holds?.(s)
}

const isOk = ({ status }: Said) => status >= 200 && status < 300
/** Refused because it is done, or because somebody else is doing it. */
const isTold = ({ status }: Said) => status >= 400 && status < 500

const plainly: Way = async (_shop, attempt, me) => {
  const said = await attempt(me('one'))
  return { said, isDone: said === undefined || isOk(said) }
}

const sentAgain: Way = async (shop, attempt, me) => {
  const lost = await attempt(me('one'))
  assert.ok(lost === undefined || isOk(lost), lost?.text)
  return persist(shop, attempt, me('one'))
}

const clickedTwice: Way = async (_shop, attempt, me) => together([attempt(me('one')), attempt(me('one'))])

const onTwoDevices: Way = async (_shop, attempt, me) => together([attempt(me('one')), attempt(me('two'))])

async function together(attempts: Promise<Said | undefined>[]): Promise<Outcome> {
  const answers = (await Promise.all(attempts)).filter((said) => said !== undefined)
  if (answers.length === 0) return { said: undefined, isDone: true }
  const wrong = answers.find((said) => !isOk(said) && !isTold(said))
  const said = wrong ?? answers.find(isOk) ?? answers[0]
  return { said, isDone: said !== undefined && isOk(said) }
}

const providerUnheard: Way = async (shop, attempt, me) => {
  const effects = shop.journal().length
  const next = VERBS.map((verb) => ({ verb, fault: 'lost_after' as const }))
  for (const account of [shop.accounts.a, shop.accounts.b])
    shop.simulator.setFaults({ seed: 1, rates: {}, next }, account)
  const said = await attempt(me('one'))
  providerWell(shop)
  if (shop.journal().length === effects) return { said, isDone: said === undefined || isOk(said) }
  shop.clock.advance(MINUTE)
  await rest(shop)
  return persist(shop, attempt, me('one'))
}

function providerWell({ simulator, accounts: { a, b } }: Shop): void {
  for (const account of [a, b]) simulator.setFaults({ seed: 1, rates: {} }, account)
}

/** The server dies behind the `nth` thing it does in the step, is started again, and the step is sent again. */
function dying(nth: number, died: () => void): Way {
  return async (shop, attempt, me) => {
    shop.door.dieBehind(nth)
    const said = await attempt(me('one')).catch((error: unknown) => {
      if (!shop.door.isDead) throw error
      return undefined
    })
    shop.door.dieBehind(undefined)
    if (!shop.door.isDead) return { said, isDone: said === undefined || isOk(said) }
    died()
    shop.door.revive()
    shop.clock.advance(PAST_EVERY_LEASE)
    // Either the workers come first to what was left lying, or the one who sends the step again.
    if (nth % 2 === 0) await rest(shop)
    return persist(shop, attempt, me('one'))
  }
}

/** Sends a step again that may have been done, until it is said what became of it. */
async function persist(shop: Shop, attempt: Attempt, me: Me): Promise<Outcome> {
  let said: Said | undefined
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    said = await attempt(me)
    if (said === undefined) return { said, isDone: true }
    const isOpen = said.status === 202 || codeOf(said) === 'idempotency-in-flight'
    if (!isOpen) return { said, isDone: isOk(said) || isTold(said) }
    shop.clock.advance(MINUTE)
    await rest(shop)
  }
  // Whoever asked first is told for ever that it was not known then; what it came to is read.
  return { said, isDone: said?.status === 202 }
}

const codeOf = ({ body }: Said) => (body as { code?: string } | null)?.code

/** Work that waits for a day to come, in no story: looking for it each time would take half of the time of telling them. */
const FOR_LATER = new Set([
  ...['catalogue imports', 'old looks', 'expiring carts', 'expired cart reservations'],
  ...['orders to close', 'points to end', 'gift cards to end'],
])

/** Everything that goes on by itself comes to rest. */
export async function rest(shop: Shop): Promise<void> {
  await shop.ask()
  await shop.news()
  const workers = shop.wired.commerce.workers.filter(({ name }) => !FOR_LATER.has(name))
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let did = 0
    for (const worker of workers) did += await worker.tick()
    if (did === 0) return
  }
  assert.fail('the workers do not come to rest')
}

/** What a story has left behind at the provider and in the books. */
interface Aftermath {
  /** Effects and amounts, in no order: who comes first is no matter. */
  happened: string[]
  booked: Record<string, number>
}

interface Before {
  effects: number
  sums: Map<string, number>
}

async function accounts(shop: Shop): Promise<Before> {
  const { body } = await shop.api.get<{ data: { account: string; debit: number; credit: number }[] }>(
    '/v1/ledger/trial_balance',
  )
  const sums = new Map<string, number>()
  for (const { account, debit, credit } of body.data) sums.set(account, (sums.get(account) ?? 0) + debit - credit)
  return { effects: shop.journal().length, sums }
}

async function aftermath(shop: Shop, before: Before): Promise<Aftermath> {
  const { sums } = await accounts(shop)
  const booked: Record<string, number> = {}
  for (const account of [...sums.keys()].sort()) {
    const change = (sums.get(account) ?? 0) - (before.sums.get(account) ?? 0)
    if (change !== 0) booked[account] = change
  }
  return { happened: shop.journal().slice(before.effects).sort(), booked }
}
