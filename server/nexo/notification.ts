// What a terminal sends without being asked: events, and the steps of a payment for the cashier's screen.

import { writePairs } from './additional.ts'
import { type Header, PROTOCOL_VERSION, type Wire } from './message.ts'
import type { EventToNotify, ProgressEvent } from './words.ts'

export interface NewEvent {
  event: EventToNotify
  at: Date
  deviceId: string
  saleId: string
  poiId: string
  /** The message that the event is about, when there is one. */
  serviceId?: string
  details?: Iterable<readonly [string, string]>
  /** Bytes that could not be taken for a message. */
  rejected?: Buffer
}

/** An event. A `Reject` goes back in place of the answer. */
export function eventNotification({
  event,
  at,
  deviceId,
  saleId,
  poiId,
  serviceId,
  details,
  rejected,
}: NewEvent): Wire {
  const header: Header = {
    ProtocolVersion: PROTOCOL_VERSION,
    MessageClass: 'Event',
    MessageCategory: 'Event',
    MessageType: 'Notification',
    ...(serviceId === undefined ? {} : { ServiceID: serviceId }),
    DeviceID: deviceId,
    SaleID: saleId,
    POIID: poiId,
  }
  const body = {
    TimeStamp: at.toISOString(),
    EventToNotify: event,
    ...(details ? { EventDetails: writePairs(details, 'form') } : {}),
    ...(rejected ? { RejectedMessage: rejected.toString('base64') } : {}),
  }
  return { SaleToPOIRequest: { MessageHeader: header, EventNotification: body } }
}

/** One step of a payment, for the cashier to see. */
export function progressNotification(
  of: { event: ProgressEvent; transactionId: string; at: Date; deviceId: string },
  asked: Header,
): Wire {
  const reference = `TransactionID=${of.transactionId}&TimeStamp=${of.at.toISOString()}&event=${of.event}`
  const header: Header = {
    ProtocolVersion: PROTOCOL_VERSION,
    MessageClass: 'Device',
    MessageCategory: 'Display',
    MessageType: 'Request',
    ...(asked.ServiceID === undefined ? {} : { ServiceID: asked.ServiceID }),
    DeviceID: of.deviceId,
    SaleID: asked.SaleID,
    POIID: asked.POIID,
  }
  const output = {
    Device: 'CashierDisplay',
    InfoQualify: 'Status',
    OutputContent: { OutputFormat: 'MessageRef', PredefinedContent: { ReferenceID: reference } },
  }
  return { SaleToPOIRequest: { MessageHeader: header, DisplayRequest: { DisplayOutput: [output] } } }
}
