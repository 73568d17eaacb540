// What a terminal answers, by category, for whoever writes answers. Nothing here checks an answer that came in: the readers
// take it field by field.

import type {
  MessageReference,
  OriginalTransaction,
  OutputContent,
  StoredValueAccountId,
  TransactionId,
} from './fields.ts'
import type { Header } from './message.ts'
import type {
  AuthenticationMethod,
  DocumentQualifier,
  EntryMode,
  ErrorCondition,
  PaymentType,
  Result,
} from './words.ts'

/** How it went, in every answer. */
export interface Response {
  Result: Result
  ErrorCondition?: ErrorCondition
  /** A query string, or Base64 of JSON; see additional.ts. */
  AdditionalResponse?: string
}

export interface SaleDataOut {
  SaleTransactionID: TransactionId
  SaleReferenceID?: string
  SaleToPOIData?: string
}

export interface PoiData {
  POITransactionID: TransactionId
  POIReconciliationID?: string
}

export interface CardData {
  PaymentBrand?: string
  MaskedPan?: string
  CardCountryCode?: string
  EntryMode?: EntryMode[]
  SensitiveCardData?: { CardSeqNumb?: string; ExpiryDate?: string }
  PaymentToken?: { TokenRequestedType: string; TokenValue: string; ExpiryDateTime?: string }
}

export interface PaymentInstrumentData {
  PaymentInstrumentType: 'Card' | 'Check' | 'Mobile' | 'StoredValue' | 'Cash'
  CardData?: CardData
  StoredValueAccountID?: StoredValueAccountId
}

export interface PaymentReceipt {
  DocumentQualifier: DocumentQualifier
  RequiredSignatureFlag?: boolean
  OutputContent: OutputContent
}

/** Major units. */
export interface AmountsResp {
  Currency: string
  AuthorizedAmount: number
  TipAmount?: number
  CashBackAmount?: number
}

export interface PaymentResult {
  PaymentType?: PaymentType
  OnlineFlag?: boolean
  AuthenticationMethod?: AuthenticationMethod[]
  CustomerLanguage?: string
  AmountsResp?: AmountsResp
  PaymentAcquirerData?: {
    AcquirerPOIID: string
    MerchantID: string
    ApprovalCode?: string
    AcquirerTransactionID?: TransactionId
  }
  PaymentInstrumentData?: PaymentInstrumentData
}

export interface PaymentResponse {
  Response: Response
  SaleData: SaleDataOut
  POIData: PoiData
  PaymentResult?: PaymentResult
  PaymentReceipt?: PaymentReceipt[]
}

export interface ReversalResponse {
  Response: Response
  POIData?: PoiData
  OriginalPOITransaction?: OriginalTransaction
  ReversedAmount?: number
  PaymentReceipt?: PaymentReceipt[]
}

export interface CardAcquisitionResponse {
  Response: Response
  SaleData: SaleDataOut
  POIData: PoiData
  PaymentBrand?: string[]
  PaymentInstrumentData?: PaymentInstrumentData
}

export interface PoiStatus {
  GlobalStatus: 'OK' | 'Busy' | 'Maintenance' | 'Unreachable'
  CardReaderOKFlag?: boolean
  PEDOKFlag?: boolean
  PrinterStatus?: 'OK' | 'PaperLow' | 'NoPaper' | 'PaperJam' | 'OutOfOrder'
  CommunicationOKFlag?: boolean
  SecurityOKFlag?: boolean
  FraudPreventionFlag?: boolean
}

export interface TransactionTotals {
  PaymentInstrumentType: string
  CardBrand?: string
  PaymentCurrency?: string
  PaymentTotals: { TransactionType: string; TransactionCount: number; TransactionAmount: number }[]
}

/** How an output of a screen or a printer went. */
export interface OutputResult {
  Device: string
  InfoQualify: string
  Response: Response
}

export interface Input {
  InputCommand: string
  ConfirmedFlag?: boolean
  TextInput?: string
  /** Text on the wire: leading zeros count. */
  DigitInput?: string
  /** One flag for each entry: `[0, 1]` is the second. */
  MenuEntryNumber?: number[]
}

export interface InputResponse {
  OutputResult?: OutputResult
  InputResult: { Device: string; InfoQualify: string; Response: Response; Input?: Input }
}

export interface StoredValueResult {
  StoredValueTransactionType: string
  StoredValueAccountStatus?: { StoredValueAccountID: StoredValueAccountId; CurrentBalance: number }
  ItemAmount?: number
  Currency?: string
  ErrorCondition?: ErrorCondition
}

/** The body of each answer. A nexo terminal answers `Abort` with nothing at all. */
export interface Responses {
  Payment: PaymentResponse
  Reversal: ReversalResponse
  TransactionStatus: {
    Response: Response
    MessageReference?: MessageReference
    RepeatedMessageResponse?: { MessageHeader: Header; RepeatedResponseMessageBody: Record<string, unknown> }
  }
  CardAcquisition: CardAcquisitionResponse
  EnableService: { Response: Response }
  Login: { Response: Response; POISystemData?: PoiSystemData }
  Logout: { Response: Response }
  Diagnosis: {
    Response: Response
    POIStatus?: PoiStatus
    HostStatus?: { AcquirerID: string; IsReachableFlag: boolean }[]
  }
  Admin: { Response: Response }
  GetTotals: { Response: Response; POIReconciliationID: string; TransactionTotals?: TransactionTotals[] }
  Reconciliation: {
    Response: Response
    ReconciliationType: string
    POIReconciliationID?: string
    TransactionTotals?: TransactionTotals[]
  }
  Display: { OutputResult: OutputResult[] }
  Input: InputResponse
  Print: { DocumentQualifier: DocumentQualifier; Response: Response }
  StoredValue: {
    Response: Response
    SaleData: SaleDataOut
    POIData: PoiData
    StoredValueResult?: StoredValueResult[]
    PaymentReceipt?: PaymentReceipt[]
  }
  BalanceInquiry: {
    Response: Response
    PaymentAccountStatus?: { CurrentBalance: number; Currency: string; PaymentInstrumentData?: PaymentInstrumentData }
  }
}

export interface PoiSystemData {
  DateTime: string
  POISoftware: { ManufacturerID: string; ApplicationName: string; SoftwareVersion: string }
  POIStatus: PoiStatus
}
