// What each letter says, in order. How it looks is mail's affair, and so is that no name in it can be markup or a header.

import { type Block, composeMail, type MailText } from '../mail/index.ts'
import type { Facts } from './facts.ts'
import type { LetterKind } from './occasion.ts'
import { fill, type LetterTexts, TEXTS } from './texts/index.ts'

/** The letter of a kind. Never throws for what the facts contain. */
export function letterOf(kind: LetterKind, facts: Facts): MailText {
  const texts = TEXTS[facts.language]
  const { merchant, number, amount } = facts
  const values = { merchant: merchant.name, number, amount: amount ?? facts.total }
  const { subject, lead } = texts.letters[kind]
  return composeMail({
    language: facts.language,
    from: merchant.name,
    subject: fill(subject, values),
    title: fill(texts.letters[kind].title, values),
    blocks: [{ kind: 'paragraph', text: fill(lead, values) }, ...BODIES[kind](facts, texts)],
    footer: [fill(texts.why, values)],
    ...(merchant.accent === null ? {} : { accent: merchant.accent }),
  })
}

type Body = (facts: Facts, texts: LetterTexts) => Block[]

const BODIES: Record<LetterKind, Body> = {
  order_confirmed: (facts, texts) => [
    ...basket(facts, texts),
    ...rows([
      [texts.order, facts.number],
      [texts.placed, facts.placedOn],
      [texts.deliverTo, facts.address.join(', ')],
      [texts.due, facts.due],
    ]),
    toOrder(facts, texts.look),
  ],
  receipt: (facts, texts) => [
    ...basket(facts, texts),
    ...rows([
      [texts.order, facts.number],
      [texts.placed, facts.placedOn],
      [texts.store, facts.store?.name],
      ...facts.taxes.map(({ rate, amount }): Row => [fill(texts.vat, { rate }), amount]),
      [texts.paid, facts.paid],
    ]),
    { kind: 'button', label: texts.receipt, url: `${facts.url}/receipt` },
  ],
  payment_received: (facts, texts) => [
    ...sum(facts),
    ...rows([
      [texts.order, facts.number],
      [texts.total, facts.total],
      [texts.due, facts.due],
    ]),
    toOrder(facts, texts.look),
  ],
  refund: (facts, texts) => [...sum(facts), ...rows([[texts.order, facts.number]]), toOrder(facts, texts.look)],
  pickup_ready: pickup,
  pickup_reminder: pickup,
  pickup_expired: (facts, texts) => [...rows([[texts.order, facts.number]]), toOrder(facts, texts.look)],
  shipped: (facts, texts) => [
    ...rows([
      [texts.order, facts.number],
      [texts.carrier, facts.tracking?.carrier],
      [texts.tracking, facts.tracking?.number],
      [texts.deliverTo, facts.address.join(', ')],
    ]),
    facts.tracking?.url ? { kind: 'button', label: texts.follow, url: facts.tracking.url } : toOrder(facts, texts.look),
  ],
}

/** The code first: it is what the customer holds up at the counter. */
function pickup(facts: Facts, texts: LetterTexts): Block[] {
  return [
    ...(facts.code === null ? [] : [{ kind: 'code' as const, text: facts.code, label: texts.code }]),
    ...rows([
      [texts.store, facts.store?.name],
      [texts.place, facts.store?.address.join(', ')],
      [texts.until, facts.until],
      [texts.order, facts.number],
      [texts.due, facts.due],
    ]),
    toOrder(facts, texts.look),
  ]
}

function basket({ lines, total }: Facts, texts: LetterTexts): Block[] {
  return [
    { kind: 'lines', rows: lines.map(({ name, amount }) => [name, amount] as const), total: [texts.total, total] },
  ]
}

function sum({ amount }: Facts): Block[] {
  return amount === null ? [] : [{ kind: 'amount', text: amount }]
}

type Row = [name: string, value: string | null | undefined]

/** Facts, without those that are not known. */
function rows(all: readonly Row[]): Block[] {
  const known = all.flatMap(([name, value]) => (value ? [[name, value] as const] : []))
  return known.length === 0 ? [] : [{ kind: 'facts', rows: known }]
}

function toOrder({ url }: Facts, label: string): Block {
  return { kind: 'button', label, url }
}
