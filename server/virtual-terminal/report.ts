// What a terminal tells of itself: what it remembers, how it is, what it took, and what it printed.

import { hash } from 'node:crypto'
import {
  type Header,
  type Message,
  type PaymentResponse,
  type Responses,
  readPairs,
  readSlips,
  requestBody,
  type TransactionTotals,
  toNexoAmount,
  writePairs,
} from '../nexo/index.ts'
import { failure, type Machine, success } from './operation.ts'

/** What became of an earlier message. `running` is the number of the one that goes on. */
export function status(
  machine: Machine,
  message: Message,
  running: string | undefined,
): Responses['TransactionStatus'] {
  const asked = requestBody(message, 'TransactionStatus')
  const reference = asked.MessageReference
  const wanted = reference?.ServiceID ?? null
  const about = reference ? { MessageReference: reference } : {}
  if (running !== undefined && (wanted === null || wanted === running))
    return { Response: failure('InProgress', 'Transaction in progress'), ...about }
  const poiId = reference?.POIID ?? machine.poiId
  const found = machine.store.find(poiId, wanted)
  const isOther = reference?.MessageCategory !== undefined && reference.MessageCategory !== found?.category
  if (!found || isOther) return { Response: failure('NotFound', 'Transaction not found'), ...about }
  const body = JSON.parse(found.body) as Record<string, unknown>
  if (asked.ReceiptReprintFlag !== true) delete body['PaymentReceipt']
  // By now the host has heard of what was approved without it.
  if (machine.store.wasDeclinedLater(poiId, found.service_id))
    body['Response'] = failure('Refusal', 'DECLINED_ONLINE', [['refusalReason', '214 Declined online']])
  else taken(body as Partial<PaymentResponse>)
  return {
    Response: success(),
    ...about,
    RepeatedMessageResponse: {
      MessageHeader: JSON.parse(found.header) as Header,
      RepeatedResponseMessageBody: { [`${found.category}Response`]: body },
    },
  }
}

/** What was approved without the host has its number once it has heard; until then only the part of the terminal's own. */
function taken({ Response, POIData, PaymentResult }: Partial<PaymentResponse>): void {
  const name = POIData?.POITransactionID
  if (!Response || !name || PaymentResult?.OnlineFlag !== false) return
  PaymentResult.OnlineFlag = true
  const psp = `P${hash('sha256', name.TransactionID, 'hex').slice(0, 15).toUpperCase()}`
  name.TransactionID = `${name.TransactionID}.${psp}`
  const { values, form } = readPairs(Response.AdditionalResponse)
  const told = new Map([...values, ['offline', 'false'], ['pspReference', psp]])
  Response.AdditionalResponse = writePairs([...told], form)
}

export function diagnose(machine: Machine, isBusy: boolean): Responses['Diagnosis'] {
  return {
    Response: success(),
    POIStatus: statusOf(machine, isBusy),
    HostStatus: [{ AcquirerID: 'VirtualTerminal', IsReachableFlag: true }],
  }
}

function statusOf({ settings }: Machine, isBusy: boolean): NonNullable<Responses['Diagnosis']['POIStatus']> {
  return {
    GlobalStatus: isBusy ? 'Busy' : 'OK',
    CardReaderOKFlag: true,
    PEDOKFlag: true,
    PrinterStatus: settings.has_paper ? 'OK' : 'NoPaper',
    CommunicationOKFlag: true,
    SecurityOKFlag: true,
    FraudPreventionFlag: false,
  }
}

export function logIn(machine: Machine): Responses['Login'] {
  return {
    Response: success(),
    POISystemData: {
      DateTime: machine.clock.now().toISOString(),
      POISoftware: { ManufacturerID: 'Onetill', ApplicationName: 'Virtual terminal', SoftwareVersion: '1' },
      POIStatus: statusOf(machine, false),
    },
  }
}

/** Sums of what really moved at this terminal, by brand and currency. */
export function totals(machine: Machine): { POIReconciliationID: string; TransactionTotals: TransactionTotals[] } {
  const sums = new Map<string, { count: number; amount: bigint }>()
  const add = (brand: string, currency: string, type: string, amount: number) => {
    const key = `${brand} ${currency} ${type}`
    const sum = sums.get(key) ?? { count: 0, amount: 0n }
    sums.set(key, { count: sum.count + 1, amount: sum.amount + BigInt(amount) })
  }
  const rows = machine.store.journal({ poiId: machine.poiId, limit: 10_000 })
  const lost = new Set(rows.filter(({ what }) => what === 'declined_later').map((row) => row.transaction_id))
  for (const { what, brand, currency, amount, transaction_id } of rows) {
    if (what === 'approved' && !lost.has(transaction_id)) add(brand, currency, 'Debit', amount)
    if (what === 'refunded') add(brand, currency, 'Credit', amount)
    if (what === 'reversed') add(brand, currency, 'ReverseDebit', amount)
    if (what === 'declined') add(brand, currency, 'Declined', amount)
  }
  const byBrand = Map.groupBy(sums, ([key]) => key.split(' ').slice(0, 2).join(' '))
  return {
    POIReconciliationID: '1000',
    TransactionTotals: [...byBrand].map(([key, each]) => {
      const [CardBrand = '', PaymentCurrency = ''] = key.split(' ')
      return {
        PaymentInstrumentType: 'Card',
        CardBrand,
        PaymentCurrency,
        PaymentTotals: each.map(([name, { count, amount }]) => ({
          TransactionType: name.split(' ')[2] ?? '',
          TransactionCount: count,
          TransactionAmount: toNexoAmount(amount, PaymentCurrency),
        })),
      }
    }),
  }
}

/** Prints what the till sends. */
export function print(machine: Machine, message: Message): Responses['Print'] {
  const { DocumentQualifier, OutputContent } = requestBody(message, 'Print').PrintOutput
  if (!machine.settings.has_paper)
    return { DocumentQualifier, Response: failure('UnavailableDevice', 'Printer out of paper') }
  const [slip] = readSlips([{ OutputContent }])
  const { BarcodeType = 'QRCode', BarcodeValue } = OutputContent.OutputBarcode ?? {}
  machine.print({
    id: 0,
    title: 'document',
    lines: slip?.lines ?? [],
    needs_signature: false,
    barcode: BarcodeValue === undefined ? null : { type: BarcodeType, value: BarcodeValue },
  })
  return { DocumentQualifier, Response: success() }
}
