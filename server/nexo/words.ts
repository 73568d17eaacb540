// The words of nexo's sale-to-terminal protocol 3.0, as they stand on the wire. Lists are for what we say; what a terminal
// says may be a word of a later year, so answers are read as text and compared with these.

/** What a message is about. The name of its body is the category and `Request` or `Response`. */
export const CATEGORIES = [
  'Abort',
  'Admin',
  'BalanceInquiry',
  'CardAcquisition',
  'Diagnosis',
  'Display',
  'EnableService',
  'Event',
  'GetTotals',
  'Input',
  'InputUpdate',
  'Login',
  'Logout',
  'Payment',
  'Print',
  'Reconciliation',
  'Reversal',
  'StoredValue',
  'TransactionStatus',
] as const
export type Category = (typeof CATEGORIES)[number]

/** Categories that use the terminal as a screen, a keyboard or a printer. */
const DEVICE_CATEGORIES: ReadonlySet<string> = new Set<Category>(['Display', 'Input', 'InputUpdate', 'Print'])

export type MessageClass = 'Service' | 'Device' | 'Event'

/** The class that a message of the category belongs to. */
export function classOf(category: Category): MessageClass {
  if (category === 'Event') return 'Event'
  return DEVICE_CATEGORIES.has(category) ? 'Device' : 'Service'
}

export const RESULTS = ['Success', 'Failure', 'Partial'] as const
export type Result = (typeof RESULTS)[number]

/** Why something failed. A terminal may use others. */
export const ERROR_CONDITIONS = [
  'Aborted',
  'Busy',
  'Cancel',
  'DeviceOut',
  'InProgress',
  'InsertedCard',
  'InvalidCard',
  'LoggedOut',
  'MessageFormat',
  'NotAllowed',
  'NotFound',
  'PaymentRestriction',
  'Refusal',
  'UnavailableDevice',
  'UnavailableService',
  'UnreachableHost',
  'WrongPIN',
] as const
export type ErrorCondition = (typeof ERROR_CONDITIONS)[number]

/** How a card came in. */
export const ENTRY_MODES = [
  'RFID',
  'Keyed',
  'Manual',
  'File',
  'Scanned',
  'MagStripe',
  'ICC',
  'SynchronousICC',
  'Tapped',
  'Contactless',
  'Mobile',
] as const
export type EntryMode = (typeof ENTRY_MODES)[number]

/** How the holder of a card was verified. */
export const AUTHENTICATION_METHODS = [
  'Bypass',
  'ManualVerification',
  'MerchantAuthentication',
  'OfflinePIN',
  'OnlinePIN',
  'PaperSignature',
  'SecuredChannel',
  'SecureCertificate',
  'SecureNoCertificate',
  'SignatureCapture',
  'UnknownMethod',
] as const
export type AuthenticationMethod = (typeof AUTHENTICATION_METHODS)[number]

export const PAYMENT_TYPES = [
  'Normal',
  'Refund',
  'OneTimeReservation',
  'FirstReservation',
  'UpdateReservation',
  'Completion',
  'CashAdvance',
  'CashDeposit',
  'Recurring',
  'Instalment',
  'IssuerInstalment',
  'PaidOut',
] as const
export type PaymentType = (typeof PAYMENT_TYPES)[number]

export const REVERSAL_REASONS = ['CustCancel', 'MerchantCancel', 'Malfunction', 'Unable2Compl'] as const
export type ReversalReason = (typeof REVERSAL_REASONS)[number]

/** What may be asked of the customer. */
export const INPUT_COMMANDS = [
  'GetConfirmation',
  'TextString',
  'DigitString',
  'DecimalString',
  'GetMenuEntry',
  'GetAnyKey',
  'GetFunctionKey',
  'SiteManager',
  'Password',
] as const
export type InputCommand = (typeof INPUT_COMMANDS)[number]

export const DOCUMENT_QUALIFIERS = [
  'SaleReceipt',
  'CashierReceipt',
  'CustomerReceipt',
  'Document',
  'Voucher',
  'Journal',
] as const
export type DocumentQualifier = (typeof DOCUMENT_QUALIFIERS)[number]

/** What a terminal tells of by itself. */
export const EVENTS = [
  'BeginMaintenance',
  'EndMaintenance',
  'Shutdown',
  'Initialised',
  'OutOfOrder',
  'Completed',
  'Abort',
  'SaleWakeUp',
  'SaleAdmin',
  'CustomerLanguage',
  'KeyPressed',
  'SecurityAlarm',
  'StopAssistance',
  'CardInserted',
  'CardRemoved',
  'Reject',
  'NetworkConnected',
  'NetworkDisconnected',
  'UseAnotherCardForPreauth',
  'ScanBarcodeResult',
] as const
export type EventToNotify = (typeof EVENTS)[number]

/** The steps a terminal shows to the cashier while a customer pays. */
export const PROGRESS_EVENTS = [
  'TENDER_CREATED',
  'CARD_INSERTED',
  'CARD_PRESENTED',
  'CARD_SWIPED',
  'WAIT_FOR_APP_SELECTION',
  'APPLICATION_SELECTED',
  'ASK_SIGNATURE',
  'CHECK_SIGNATURE',
  'SIGNATURE_CHECKED',
  'WAIT_FOR_PIN',
  'PIN_ENTERED',
  'PRINT_RECEIPT',
  'RECEIPT_PRINTED',
  'CARD_REMOVED',
  'TENDER_FINAL',
  'ASK_DCC',
  'DCC_ACCEPTED',
  'DCC_REJECTED',
  'ASK_GRATUITY',
  'GRATUITY_ENTERED',
  'BALANCE_QUERY_STARTED',
  'BALANCE_QUERY_COMPLETED',
  'LOAD_STARTED',
  'LOAD_COMPLETED',
  'PROVIDE_CARD_DETAILS',
  'CARD_DETAILS_PROVIDED',
] as const
export type ProgressEvent = (typeof PROGRESS_EVENTS)[number]
