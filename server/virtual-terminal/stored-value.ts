// Gift cards belong to the shop's own books here, which keep them for every channel; the terminal says that it has none.

import type { Message } from '../nexo/index.ts'
import { requestBody } from '../nexo/index.ts'
import { failure, type Machine } from './operation.ts'

export function answerStoredValue(_machine: Machine, message: Message): object {
  if (message.header.MessageCategory === 'BalanceInquiry') {
    requestBody(message, 'BalanceInquiry')
    return { Response: failure('UnavailableService', 'No gift cards at this terminal') }
  }
  const { SaleData } = requestBody(message, 'StoredValue')
  return {
    Response: failure('UnavailableService', 'No gift cards at this terminal'),
    SaleData: { SaleTransactionID: SaleData.SaleTransactionID },
  }
}
