// What a till may ask of a terminal, by category. Only what is needed to answer is mandatory; fields we do not know are let
// through.

import Type, { type Static } from 'typebox'
import {
  Amount,
  AmountsReq,
  DisplayOutput,
  MenuEntry,
  MessageReference,
  OriginalTransaction,
  OutputContent,
  PaymentData,
  Qualifier,
  SaleData,
  StoredValueAccountId,
  TransactionConditions,
  Word,
} from './fields.ts'
import { INPUT_COMMANDS } from './words.ts'

const Flag = Type.Optional(Type.Boolean())
const Count = Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 }))

export const REQUESTS = {
  Payment: Type.Object({
    SaleData,
    PaymentTransaction: Type.Object({
      AmountsReq,
      OriginalPOITransaction: Type.Optional(OriginalTransaction),
      TransactionConditions: Type.Optional(TransactionConditions),
    }),
    PaymentData: Type.Optional(PaymentData),
  }),
  Reversal: Type.Object({
    OriginalPOITransaction: OriginalTransaction,
    /** Absent: all that was authorised. */
    ReversedAmount: Type.Optional(Amount),
    ReversalReason: Word,
    SaleReferenceID: Type.Optional(Word),
    SaleData: Type.Optional(SaleData),
  }),
  Abort: Type.Object({
    AbortReason: Word,
    MessageReference,
    DisplayOutput: Type.Optional(DisplayOutput),
  }),
  TransactionStatus: Type.Object({
    /** Absent: the last transaction. */
    MessageReference: Type.Optional(MessageReference),
    ReceiptReprintFlag: Flag,
    DocumentQualifier: Type.Optional(Type.Array(Qualifier, { maxItems: 6 })),
  }),
  CardAcquisition: Type.Object({
    SaleData,
    CardAcquisitionTransaction: Type.Optional(
      Type.Object({
        TotalAmount: Type.Optional(Amount),
        AllowedPaymentBrand: Type.Optional(Type.Array(Word, { maxItems: 50 })),
        ForceEntryMode: Type.Optional(Type.Array(Word, { maxItems: 20 })),
        LoyaltyHandling: Type.Optional(Word),
        PaymentType: Type.Optional(Word),
        CustomerLanguage: Type.Optional(Word),
      }),
    ),
  }),
  EnableService: Type.Object({
    TransactionAction: Type.Enum(['StartTransaction', 'AbortTransaction']),
    ServicesEnabled: Type.Optional(Type.Array(Word, { maxItems: 10 })),
    DisplayOutput: Type.Optional(DisplayOutput),
  }),
  Login: Type.Object({
    DateTime: Type.String({ minLength: 1, maxLength: 64 }),
    SaleSoftware: Type.Object({
      ManufacturerID: Type.Optional(Word),
      ProviderIdentification: Type.Optional(Word),
      ApplicationName: Word,
      SoftwareVersion: Word,
      CertificationCode: Type.Optional(Word),
    }),
    OperatorLanguage: Word,
    OperatorID: Type.Optional(Word),
    ShiftNumber: Type.Optional(Word),
    TrainingModeFlag: Flag,
  }),
  Logout: Type.Object({ MaintenanceAllowed: Flag }),
  Diagnosis: Type.Object({ HostDiagnosisFlag: Flag, POIID: Type.Optional(Word) }),
  Admin: Type.Object({ ServiceIdentification: Type.Optional(Type.String({ maxLength: 4096 })) }),
  GetTotals: Type.Object({
    TotalDetails: Type.Optional(Type.Array(Word, { maxItems: 10 })),
    TotalFilter: Type.Optional(Type.Object({})),
  }),
  Reconciliation: Type.Object({ ReconciliationType: Word }),
  Display: Type.Object({ DisplayOutput: Type.Array(DisplayOutput, { minItems: 1, maxItems: 10 }) }),
  Input: Type.Object({
    DisplayOutput: Type.Optional(DisplayOutput),
    InputData: Type.Object({
      Device: Word,
      InfoQualify: Word,
      InputCommand: Type.Enum([...INPUT_COMMANDS]),
      NotifyCardInputFlag: Flag,
      /** Seconds. */
      MaxInputTime: Count,
      MinLength: Count,
      MaxLength: Count,
      MaxDecimalLength: Count,
      DefaultInputString: Type.Optional(Type.String({ maxLength: 256 })),
      StringMask: Type.Optional(Type.String({ maxLength: 256 })),
      DisableCancelFlag: Flag,
    }),
  }),
  InputUpdate: Type.Object({
    MessageReference,
    OutputContent,
    MenuEntry: Type.Optional(Type.Array(MenuEntry, { maxItems: 50 })),
  }),
  Print: Type.Object({
    PrintOutput: Type.Object({
      DocumentQualifier: Qualifier,
      ResponseMode: Word,
      RequiredSignatureFlag: Flag,
      OutputContent,
    }),
  }),
  StoredValue: Type.Object({
    SaleData,
    StoredValueData: Type.Array(
      Type.Object({
        StoredValueTransactionType: Type.Enum(['Reserve', 'Activate', 'Load', 'Unload', 'Reverse', 'Duplicate']),
        StoredValueProvider: Type.Optional(Word),
        StoredValueAccountID: Type.Optional(StoredValueAccountId),
        ItemAmount: Type.Optional(Amount),
        Currency: Type.Optional(Type.String({ minLength: 3, maxLength: 3 })),
        OriginalPOITransaction: Type.Optional(OriginalTransaction),
      }),
      { minItems: 1, maxItems: 10 },
    ),
  }),
  BalanceInquiry: Type.Object({
    PaymentAccountReq: Type.Optional(Type.Object({ AccountType: Type.Optional(Word) })),
    LoyaltyAccountReq: Type.Optional(Type.Object({})),
  }),
} as const

export type RequestCategory = keyof typeof REQUESTS

/** The body of each question. */
export type Requests = { [C in RequestCategory]: Static<(typeof REQUESTS)[C]> }
