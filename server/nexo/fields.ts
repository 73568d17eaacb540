// The groups of fields that several messages share. In requests a list or a text has a limit, because a terminal is small.

import Type, { type Static } from 'typebox'
import { DOCUMENT_QUALIFIERS, PAYMENT_TYPES } from './words.ts'

const Name = Type.String({ minLength: 1, maxLength: 128 })
/** Words of another year are let through: what is unknown is ignored, not refused. */
export const Word = Type.String({ minLength: 1, maxLength: 64 })
const Moment = Type.String({ minLength: 1, maxLength: 64 })
const Text = Type.String({ maxLength: 4096 })
export const Amount = Type.Number({ minimum: 0, maximum: 99_999_999.999999 })
const Currency = Type.String({ minLength: 3, maxLength: 3 })

/** The name of a transaction at one side, with its time: both together are the key. */
export const TransactionId = Type.Object({ TransactionID: Name, TimeStamp: Moment })
export type TransactionId = Static<typeof TransactionId>

/** What a till tells of a sale. */
export const SaleData = Type.Object({
  SaleTransactionID: TransactionId,
  SaleReferenceID: Type.Optional(Name),
  OperatorID: Type.Optional(Name),
  ShiftNumber: Type.Optional(Name),
  TokenRequestedType: Type.Optional(Word),
  CustomerOrderID: Type.Optional(Name),
  SaleToPOIData: Type.Optional(Text),
  SaleToAcquirerData: Type.Optional(Type.String({ maxLength: 16_384 })),
})
export type SaleData = Static<typeof SaleData>

/** The message that is meant by another. */
export const MessageReference = Type.Object({
  MessageCategory: Type.Optional(Word),
  ServiceID: Type.Optional(Name),
  DeviceID: Type.Optional(Name),
  SaleID: Type.Optional(Name),
  POIID: Type.Optional(Name),
})
export type MessageReference = Static<typeof MessageReference>

/** An earlier transaction of a terminal. */
export const OriginalTransaction = Type.Object({
  SaleID: Type.Optional(Name),
  POIID: Type.Optional(Name),
  POITransactionID: TransactionId,
  ReuseCardDataFlag: Type.Optional(Type.Boolean()),
  ApprovalCode: Type.Optional(Name),
})
export type OriginalTransaction = Static<typeof OriginalTransaction>

/** One line of text for a screen or a slip. */
export const OutputText = Type.Object({
  Text,
  CharacterSet: Type.Optional(Type.Number()),
  Font: Type.Optional(Word),
  Color: Type.Optional(Word),
  CharacterWidth: Type.Optional(Word),
  CharacterHeight: Type.Optional(Word),
  CharacterStyle: Type.Optional(Word),
  Alignment: Type.Optional(Word),
  /** Absent means true. */
  EndOfLineFlag: Type.Optional(Type.Boolean()),
})
export type OutputText = Static<typeof OutputText>

/** What a screen shows or a printer prints. */
export const OutputContent = Type.Object({
  OutputFormat: Word,
  PredefinedContent: Type.Optional(Type.Object({ ReferenceID: Text, Language: Type.Optional(Word) })),
  OutputText: Type.Optional(Type.Array(OutputText, { maxItems: 200 })),
  /** Base64. */
  OutputXHTML: Type.Optional(Type.String({ maxLength: 100_000 })),
  OutputBarcode: Type.Optional(Type.Object({ BarcodeType: Type.Optional(Word), BarcodeValue: Text })),
})
export type OutputContent = Static<typeof OutputContent>

export const MenuEntry = Type.Object({
  OutputFormat: Type.Optional(Word),
  OutputText: Type.Optional(Type.Array(OutputText, { maxItems: 20 })),
  DefaultSelectedFlag: Type.Optional(Type.Boolean()),
})
export type MenuEntry = Static<typeof MenuEntry>

export const DisplayOutput = Type.Object({
  Device: Word,
  InfoQualify: Word,
  ResponseRequiredFlag: Type.Optional(Type.Boolean()),
  /** Seconds. */
  MinimumDisplayTime: Type.Optional(Type.Number({ minimum: 0, maximum: 3600 })),
  OutputContent,
  MenuEntry: Type.Optional(Type.Array(MenuEntry, { maxItems: 50 })),
})
export type DisplayOutput = Static<typeof DisplayOutput>

/** What is asked for, in major units. */
export const AmountsReq = Type.Object({
  Currency,
  RequestedAmount: Type.Optional(Amount),
  TipAmount: Type.Optional(Amount),
  CashBackAmount: Type.Optional(Amount),
  PaidAmount: Type.Optional(Amount),
  MinimumAmountToDeliver: Type.Optional(Amount),
  MinimumSplitAmount: Type.Optional(Amount),
})
export type AmountsReq = Static<typeof AmountsReq>

export const TransactionConditions = Type.Object({
  AllowedPaymentBrand: Type.Optional(Type.Array(Name, { maxItems: 50 })),
  ForceEntryMode: Type.Optional(Type.Array(Word, { maxItems: 20 })),
  ForceOnlineFlag: Type.Optional(Type.Boolean()),
  DebitPreferredFlag: Type.Optional(Type.Boolean()),
  CustomerLanguage: Type.Optional(Word),
  MerchantCategoryCode: Type.Optional(Word),
  LoyaltyHandling: Type.Optional(Word),
  AcquirerID: Type.Optional(Type.Array(Name, { maxItems: 20 })),
})
export type TransactionConditions = Static<typeof TransactionConditions>

export const PaymentData = Type.Object({
  PaymentType: Type.Optional(Type.Enum([...PAYMENT_TYPES])),
  SplitPaymentFlag: Type.Optional(Type.Boolean()),
  RequestedValidityDate: Type.Optional(Moment),
  CardAcquisitionReference: Type.Optional(TransactionId),
})
export type PaymentData = Static<typeof PaymentData>

export const StoredValueAccountId = Type.Object({
  StoredValueAccountType: Word,
  EntryMode: Type.Optional(Type.Array(Word, { maxItems: 10 })),
  IdentificationType: Type.Optional(Word),
  StoredValueID: Type.Optional(Name),
  /** What the older library calls the same field. */
  Value: Type.Optional(Name),
  ExpiryDate: Type.Optional(Word),
})
export type StoredValueAccountId = Static<typeof StoredValueAccountId>

export const Qualifier = Type.Enum([...DOCUMENT_QUALIFIERS])
