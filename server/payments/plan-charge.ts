// From a tender as requested to one that can be begun: the method fits, the instrument is there and belongs here, the
// accounts are chosen. Reads only; nothing is written and no provider is called.

import type { ChargeInstruction, ClearCard, Connector } from '../connectors/connector.ts'
import { dayIn } from '../lib/day.ts'
import { readIban } from '../lib/iban.ts'
import { Problem } from '../lib/problem.ts'
import { Secret } from '../lib/secret.ts'
import {
  type Channel,
  type MerchantConfig,
  type MethodFlow,
  type MethodNeed,
  needOf,
  type Terminal,
} from '../merchants/index.ts'
import { type ResolvedCard, resolveCard } from '../vault/index.ts'
import type { NewOperation, NewPayment, NewTender } from './begin.ts'
import { type CashTold, cashIn, ruleAtDrawer } from './cash.ts'
import { abilitiesOf, type Candidate, choose } from './choose.ts'
import type { PaymentDeps } from './deps.ts'
import type { TenderInput } from './payment.ts'
import { invalid, notFound } from './problems.ts'
import { storedValueToCharge } from './stored-value.ts'
import { readSlot } from './terminal-store.ts'

export interface PlannedCharge {
  tender: NewTender
  operation: NewOperation
  candidates: Candidate[]
  /** Opens the card for the call; the same card (and CVC) for a second account when the first had no effect. */
  openCard?: () => ClearCard
  networkReference?: string
  /** Only in memory: sent once, by the request that brought it. */
  voucher?: ChargeInstruction['voucher']
  /** The same. */
  bankAccount?: ChargeInstruction['bank_account']
  /** The same. */
  oneTimeCode?: ChargeInstruction['one_time_code']
  terminal?: ChargeInstruction['terminal']
  asksTip?: boolean
  /** A card that the terminal has read already. */
  heldCard?: ChargeInstruction['held_card']
  /** What staff read from a terminal that is not driven. */
  slip?: ChargeInstruction['slip']
}

/**
 * Plans a tender over `due`, the amount still to be covered. `told`: it was taken already, as it is told. Throws method-unavailable, operation-unsupported,
 * amount-exceeds-due, reference-not-found, token-used, validation-error.
 */
export async function planCharge(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  payment: NewPayment,
  input: TenderInput,
  due: bigint,
  told?: CashTold,
): Promise<PlannedCharge> {
  const amount = input.amount === undefined ? due : BigInt(input.amount)
  if (amount > due) throw new Problem('amount-exceeds-due')
  const kind = payment.capture === 'manual' ? 'authorize' : 'sale'
  const purchase = { amount, currency: payment.currency, channel: payment.channel as Channel, country: payment.country }
  const terminal = input.terminal_id === undefined ? undefined : merchant.terminals.get(input.terminal_id)
  if (input.terminal_id !== undefined && !terminal) throw notFound('/tender/terminal_id')
  const { method, flow, candidates } = choose(deps, merchant, input.method, kind, purchase, terminal, {
    isDone: told !== undefined,
  })
  const need = needOf(method, flow)
  const card = await cardFor(deps, merchant, payment, input, method.kind === 'card' || need === 'token', need)
  const voucher = voucherOf(input, need)
  const bankAccount = bankAccountOf(deps, input, need)
  const oneTimeCode = oneTimeCodeOf(input, need)
  const [first] = candidates as [Candidate, ...Candidate[]]
  const atTerminal = await atTerminalOf(deps, merchant.id, input, terminal, first.connector)
  const tender: NewTender = {
    tender_id: deps.newId('ten'),
    method: method.code,
    amount,
    connector_account_id: first.account.id,
    can: abilitiesOf(method, first.connector),
    over_capture_bp: first.connector.facts.over_capture_bp,
    initiator: input.initiator ?? 'customer',
    ...placeFor(deps, merchant, payment, input, flow, { amount, isRest: amount === due, told }),
    card_id: card?.card_id,
    token_id: card?.token_id,
    instrument_id: card?.instrument_id,
    stored_value_id: await storedValueToCharge(deps, merchant.id, payment, input, flow),
    ...saving(deps, payment, input),
    instrument: card
      ? { kind: 'card', ...withoutFingerprint(card.facts), alias: card.facts.fingerprint }
      : typedFacts(voucher, bankAccount),
  }
  const operation: NewOperation = {
    operation_id: deps.newId('opn'),
    kind,
    tender_id: tender.tender_id,
    amount,
    connector_account_id: first.account.id,
    method: method.code,
    register_id: tender.register_id,
    rounding: tender.rounding,
    card_id: card?.card_id,
    terminal_id: first.connector.facts.one_at_a_time ? terminal?.id : undefined,
  }
  let opened: ClearCard | undefined
  return {
    tender,
    operation,
    candidates,
    openCard: card && (() => (opened ??= card.open())),
    networkReference: card?.network_reference,
    voucher,
    bankAccount,
    oneTimeCode,
    ...atTerminal,
  }
}

/** The card of a token or instrument, also the one that a wallet stands for, checked for belonging to this customer or order. */
async function cardFor(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  payment: NewPayment,
  input: TenderInput,
  takesCard: boolean,
  need: MethodNeed | undefined,
): Promise<ResolvedCard | undefined> {
  const { token, instrument_id } = input
  if (token !== undefined && instrument_id !== undefined)
    throw invalid('/tender/instrument_id', 'give a token or an instrument, not both')
  if (!takesCard && (token !== undefined || instrument_id !== undefined))
    throw invalid(
      token !== undefined ? '/tender/token' : '/tender/instrument_id',
      'only for cards, and for wallets away from a terminal',
    )
  if (input.terminal_id !== undefined && (token !== undefined || instrument_id !== undefined))
    throw invalid('/tender/terminal_id', 'give a terminal, or a token or instrument, not both')
  if (input.initiator === 'merchant' && instrument_id === undefined && !input.bank_account?.mandate)
    throw invalid(
      '/tender/instrument_id',
      'a merchant-initiated charge needs an instrument, or an account with its mandate',
    )
  if (token === undefined && instrument_id === undefined) {
    if (need === 'token' && input.terminal_id === undefined)
      throw invalid('/tender/token', 'a card or wallet needs a token, an instrument or a terminal')
    return undefined
  }
  const card = await resolveCard(
    deps,
    merchant.id,
    token !== undefined ? { token_id: token } : { instrument_id: instrument_id as string },
  )
  if (!card) throw notFound(token !== undefined ? '/tender/token' : '/tender/instrument_id')
  if (card.is_used) throw new Problem('token-used')
  if (card.customer_id !== undefined && card.customer_id !== payment.customer_id)
    throw notFound('/tender/instrument_id')
  if (card.order_id !== undefined && card.order_id !== payment.order_id) throw notFound('/tender/instrument_id')
  return card
}

/** The number of a voucher that is typed in; on a terminal the card itself tells it. Without one nobody could know whose it is. */
function voucherOf(input: TenderInput, need: MethodNeed | undefined): PlannedCharge['voucher'] {
  const isTyped = need === 'voucher'
  if (input.voucher === undefined) {
    if (isTyped) throw invalid('/tender/voucher', 'a voucher needs its number, or a terminal')
    return undefined
  }
  if (!isTyped) throw invalid('/tender/voucher', 'only for a voucher of another issuer that is not held to a terminal')
  const { number, pin } = input.voucher
  return {
    number: new Secret(number.replaceAll(/[ -]/g, '')),
    ...(pin === undefined ? {} : { pin: new Secret(pin) }),
  }
}

/** The account that a direct debit draws on: a debit without one, or without a mandate, takes nobody's money. */
function bankAccountOf(
  deps: Pick<PaymentDeps, 'clock' | 'newId'>,
  input: TenderInput,
  need: MethodNeed | undefined,
): PlannedCharge['bankAccount'] {
  const isDebit = need === 'bank_account'
  if (input.bank_account === undefined) {
    if (isDebit) throw invalid('/tender/bank_account', 'a direct debit needs the account and its holder')
    return undefined
  }
  if (!isDebit) throw invalid('/tender/bank_account', 'only for a direct debit')
  const { holder, mandate } = input.bank_account
  const read = readIban(input.bank_account.iban)
  if ('fault' in read) throw invalid('/tender/bank_account/iban', read.fault)
  const today = dayIn('UTC', deps.clock.now())
  if (mandate && mandate.signed_on > dayIn(FIRST_ZONE, deps.clock.now()))
    throw invalid('/tender/bank_account/mandate/signed_on', 'is in the future')
  return {
    iban: new Secret(read.iban),
    holder: new Secret(holder),
    // At most 35 letters, digits and dashes, as the SEPA rulebook has them, never used twice by a creditor.
    mandate: mandate ?? { reference: deps.newId('ten').replace('ten_', 'MND-'), signed_on: today },
  }
}

/** What the bank's app shows for two minutes: without it the bank knows of no customer to ask. */
function oneTimeCodeOf(input: TenderInput, need: MethodNeed | undefined): PlannedCharge['oneTimeCode'] {
  if (need !== 'one_time_code') {
    if (input.one_time_code !== undefined) throw invalid('/tender/one_time_code', 'only for a method with such a code')
    return undefined
  }
  if (input.one_time_code === undefined)
    throw invalid('/tender/one_time_code', 'the six digits of the customer’s bank app are needed')
  return new Secret(input.one_time_code.replace(/\D/g, ''))
}

/** Where a day begins first. */
const FIRST_ZONE = 'Pacific/Kiritimati'

/** What is kept of a number that was typed in. */
function typedFacts(voucher: PlannedCharge['voucher'], account: PlannedCharge['bankAccount']): object | undefined {
  if (voucher) return { kind: 'other', last4: voucher.number.reveal().slice(-4) }
  return account && { kind: 'bank', last4: account.iban.reveal().slice(-4), mandate: account.mandate.reference }
}

/** What the connector is told of the terminal. A card that it holds is the one that pays: nobody taps twice. */
async function atTerminalOf(
  deps: PaymentDeps,
  merchantId: string,
  input: TenderInput,
  terminal: Terminal | undefined,
  { facts }: Connector,
): Promise<Pick<PlannedCharge, 'terminal' | 'asksTip' | 'heldCard' | 'slip'>> {
  if (!terminal) {
    if (input.asks_tip) throw invalid('/tender/asks_tip', 'only on a terminal')
    if (input.manual) throw invalid('/tender/manual', 'only with a terminal')
    return {}
  }
  if (input.manual && !facts.told_by_person) throw invalid('/tender/manual', 'this terminal tells its result itself')
  if (!input.manual && facts.told_by_person)
    throw invalid('/tender/manual', 'this terminal stands alone: type in the approval code of its slip')
  if (input.asks_tip && !facts.only_at_terminal) throw invalid('/tender/asks_tip', 'this terminal asks for no tip')
  const slot = facts.one_at_a_time ? await readSlot(deps.db, merchantId, terminal.id, deps.clock.now()) : null
  const isHeld = slot?.held_card != null && slot.busy_until !== null && slot.busy_until > deps.clock.now()
  return {
    terminal: { id: terminal.id, serial: terminal.serial },
    ...(input.asks_tip && { asksTip: true }),
    ...(input.manual && { slip: input.manual }),
    ...(isHeld && { heldCard: slot.held_card?.words }),
  }
}

/** Terminal and drawer: this merchant's, in the payment's store, and right for the flow. */
function placeFor(
  deps: PaymentDeps,
  merchant: MerchantConfig,
  payment: NewPayment,
  input: TenderInput,
  flow: MethodFlow,
  { amount, isRest, told }: { amount: bigint; isRest: boolean; told: CashTold | undefined },
): Partial<NewTender> {
  if (flow === 'cash') {
    if (!input.cash) throw invalid('/tender/cash', 'cash needs the drawer it goes into')
    const register = merchant.registers.get(input.cash.register_id)
    if (!register) throw notFound('/tender/cash/register_id')
    inStoreOf(payment, register.storeId, '/tender/cash/register_id')
    const rule = ruleAtDrawer(deps, merchant, register.id, payment.currency)
    return { register_id: register.id, ...cashIn(rule, input.cash, amount, isRest, told) }
  }
  if (input.cash) throw invalid('/tender/cash', 'only for cash')
  if (input.terminal_id === undefined) {
    if (flow === 'terminal' && input.instrument_id === undefined && input.token === undefined)
      throw invalid('/tender/terminal_id', 'this method is paid on a terminal')
    return { register_id: deps.registerId }
  }
  const terminal = merchant.terminals.get(input.terminal_id)
  if (!terminal) throw notFound('/tender/terminal_id')
  if (flow !== 'terminal') throw invalid('/tender/terminal_id', 'only where the customer stands at the terminal')
  inStoreOf(payment, terminal.storeId, '/tender/terminal_id')
  return { terminal_id: terminal.id, register_id: deps.registerId ?? terminal.registerId ?? undefined }
}

/** One payment happens in one store; its books say which. */
function inStoreOf(payment: NewPayment, storeId: string, pointer: string): void {
  if (payment.store_id !== undefined && payment.store_id !== storeId) throw invalid(pointer, 'stands in another store')
}

function saving(deps: PaymentDeps, payment: NewPayment, input: TenderInput): Partial<NewTender> {
  if (input.save === undefined) return {}
  if (input.token === undefined) throw invalid('/tender/save', 'only a token can be saved')
  if (input.save === 'customer' && payment.customer_id === undefined)
    throw invalid('/tender/save', 'the payment has no customer')
  if (input.save === 'order' && payment.order_id === undefined)
    throw invalid('/tender/save', 'the payment has no order')
  return { save_instrument_id: deps.newId('ins'), save_for: input.save }
}

function withoutFingerprint<T extends { fingerprint: string }>(facts: T): Omit<T, 'fingerprint'> {
  const { fingerprint: _, ...rest } = facts
  return rest
}
