// One message: a wrapper, a header that says who speaks to whom about what, and a body named after the category. Requests are
// held to a schema, because whoever answers must know what was asked. Answers are read field by field (see the readers beside
// each noun): money that moved is not lost over a field of another form.

import type { TSchema } from 'typebox'
import { Compile } from 'typebox/schema'
import { REQUESTS, type RequestCategory, type Requests } from './requests.ts'
import type { Responses } from './responses.ts'
import { isServiceId } from './service-id.ts'
import { CATEGORIES, type Category, classOf, type MessageClass } from './words.ts'

export const PROTOCOL_VERSION = '3.0'

export type MessageType = 'Request' | 'Response' | 'Notification'

export interface Header {
  ProtocolVersion: string
  MessageClass: MessageClass
  MessageCategory: Category
  MessageType: MessageType
  /** The number of the message; an answer repeats that of its question. */
  ServiceID?: string
  /** Of messages that a terminal begins. */
  DeviceID?: string
  /** Which till speaks. */
  SaleID: string
  /** Which terminal: `<model>-<serial>`. */
  POIID: string
}

export type Wrapper = 'SaleToPOIRequest' | 'SaleToPOIResponse'

/** A message as it is written to JSON: one wrapper with the header and the body. */
export type Wire = { [wrapper in Wrapper]?: Record<string, unknown> }

/** A message that was read. */
export interface Message {
  wrapper: Wrapper
  header: Header
  /** The name of the body, such as `PaymentRequest`. */
  name: string
  /** Not looked at yet. */
  body: unknown
}

/** A message that cannot be understood. `field` is the place, such as `PaymentRequest.PaymentTransaction`. */
export class MessageFormat extends Error {
  override name = 'MessageFormat'
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/** Who asks whom, for a new question. */
export interface Address {
  serviceId: string
  saleId: string
  poiId: string
}

/** A question to a terminal. */
export function request<C extends RequestCategory>(category: C, address: Address, body: Requests[C]): Wire {
  const header: Header = {
    ProtocolVersion: PROTOCOL_VERSION,
    MessageClass: classOf(category),
    MessageCategory: category,
    MessageType: 'Request',
    ServiceID: address.serviceId,
    SaleID: address.saleId,
    POIID: address.poiId,
  }
  return { SaleToPOIRequest: { MessageHeader: header, [bodyName(category, 'Request')]: body } }
}

/** The answer to a question with this header: everything in it is repeated, and only the type changes. */
export function response<C extends keyof Responses>(category: C, asked: Header, body: Responses[C]): Wire {
  return {
    SaleToPOIResponse: {
      MessageHeader: { ...asked, MessageType: 'Response' },
      [bodyName(category, 'Response')]: body,
    },
  }
}

/** The name of a category's body. */
export function bodyName(category: Category, type: MessageType): string {
  if (category === 'Event') return 'EventNotification'
  if (category === 'InputUpdate') return 'InputUpdate'
  return `${category}${type === 'Response' ? 'Response' : 'Request'}`
}

/**
 * Takes a parsed message apart, sealed ones too (their body is then `undefined`). Throws MessageFormat when the wrapper is missing or
 * the header does not say what, from whom and to whom.
 */
export function readMessage(wire: unknown): Message {
  const wrapper = (['SaleToPOIRequest', 'SaleToPOIResponse'] as const).find((name) => isObject(member(wire, name)))
  if (!wrapper) throw new MessageFormat('SaleToPOIRequest', 'Mandatory Data Element: SaleToPOIRequest')
  const content = member(wire, wrapper) as Record<string, unknown>
  const header = readHeader(content['MessageHeader'])
  const name = bodyName(header.MessageCategory, wrapper === 'SaleToPOIResponse' ? 'Response' : header.MessageType)
  return { wrapper, header, name, body: content[name] }
}

/** The body of a question, as it has to be. Throws MessageFormat with the first field that is missing or of another form. */
export function requestBody<C extends RequestCategory>(message: Message, category: C): Requests[C] {
  const name = bodyName(category, 'Request')
  if (message.wrapper !== 'SaleToPOIRequest' || message.name !== name || !isObject(message.body))
    throw new MessageFormat(name, `Mandatory Data Element: ${name}`)
  const check = checkOf(category)
  if (check.Check(message.body)) return message.body as Requests[C]
  const [, [first]] = check.Errors(message.body)
  const missing = (first?.params as { requiredProperties?: string[] } | undefined)?.requiredProperties?.[0]
  const path = [name, ...(first?.instancePath ?? '').split('/').slice(1), ...(missing ? [missing] : [])].join('.')
  throw new MessageFormat(path, missing ? `Mandatory Data Element: ${path}` : `Invalid Data Element: ${path}`)
}

function readHeader(value: unknown): Header {
  if (!isObject(value)) throw new MessageFormat('MessageHeader', 'Mandatory Data Element: MessageHeader')
  const header = value as Record<string, unknown>
  for (const name of ['MessageClass', 'MessageCategory', 'MessageType', 'SaleID', 'POIID']) {
    if (typeof header[name] !== 'string' || header[name] === '')
      throw new MessageFormat(`MessageHeader.${name}`, `Mandatory Data Element: MessageHeader.${name}`)
  }
  if (!CATEGORIES.some((category) => category === header['MessageCategory']))
    throw new MessageFormat('MessageHeader.MessageCategory', 'Invalid Data Element: MessageHeader.MessageCategory')
  if (header['MessageType'] === 'Request' && header['MessageClass'] === 'Service' && !isServiceId(header['ServiceID']))
    throw new MessageFormat('MessageHeader.ServiceID', 'Mandatory Data Element: MessageHeader.ServiceID')
  return value as unknown as Header
}

// Compiled at the first use: a start pays for none of them.
const checks = new Map<string, ReturnType<typeof Compile>>()

function checkOf(category: RequestCategory): ReturnType<typeof Compile> {
  const check = checks.get(category) ?? Compile(REQUESTS[category] as TSchema)
  checks.set(category, check)
  return check
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}
