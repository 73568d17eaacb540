// The one table of everything the API can refuse, and the error that carries a row of it. `docs/errors.md` is the same
// table for readers; a test keeps the two equal. A code is a promise: add, never rename.

/** How one refusal is answered: HTTP status, short title, and whether the very same request may succeed later. */
export interface ProblemKind {
  status: number
  title: string
  /** 'no': change the request. 'same-key': repeat with the same Idempotency-Key. 'new-key': a new attempt, new key. */
  retry: 'no' | 'same-key' | 'new-key'
  /** When it happens and what the caller should do, in one or two sentences. Shown in docs/errors.md. */
  when: string
}

export const PROBLEMS = {
  'malformed-json': { status: 400, title: 'The body is not JSON', retry: 'no', when: 'The body is empty, cut off, or not strict JSON. Send one complete JSON value without comments or trailing commas.' },
  'malformed-request': { status: 400, title: 'The request is malformed', retry: 'no', when: 'The HTTP request itself is broken, for example a header given twice. Send a well-formed request.' },
  'invalid-encoding': { status: 400, title: 'The text is not valid UTF-8', retry: 'no', when: 'The body has invalid UTF-8, NUL characters or lone surrogates (422 when inside otherwise valid JSON). Send clean UTF-8.' },
  'validation-error': { status: 422, title: 'A field is not valid', retry: 'no', when: 'A field is missing or has the wrong type, form or range. errors[] points at each field.' },
  'unknown-field': { status: 422, title: 'A field is not known', retry: 'no', when: 'The body or query has a member this route does not take. errors[] names it; remove it.' },
  'too-many-items': { status: 422, title: 'Too many items', retry: 'no', when: 'A list or object has more members than the route takes. Send fewer.' },
  'amount-invalid': { status: 422, title: 'The amount is not valid', retry: 'no', when: 'An amount is negative, zero where money must move, or not a whole number of minor units.' },
  'amount-out-of-range': { status: 422, title: 'The amount is out of range', retry: 'no', when: 'An amount is larger than 999,999,999,999 minor units.' },
  'currency-unknown': { status: 422, title: 'The currency is not known', retry: 'no', when: 'The currency is not an active ISO 4217 code with minor units. Use three capital letters.' },
  'currency-precision': { status: 422, title: 'Too many decimals for the currency', retry: 'no', when: 'An amount in major units has more decimals than the currency, or the connector that would take it, can carry.' },
  'currency-mismatch': { status: 422, title: 'The currencies differ', retry: 'no', when: 'A follow-up names another currency than the payment, or the balance that is to be used is kept in another one.' },
  'totals-mismatch': { status: 422, title: 'The parts do not add up', retry: 'no', when: 'Parts of an amount were given whose sum is not the whole.' },
  'reference-not-found': { status: 422, title: 'Something referred to does not exist', retry: 'no', when: 'An id inside the body names nothing of this merchant. errors[] points at it.' },
  'reference-taken': { status: 409, title: 'The reference is in use', retry: 'no', when: 'Another object of this merchant has the same reference. Find it by that reference, or choose another.' },
  'idempotency-key-missing': { status: 400, title: 'Idempotency-Key is missing', retry: 'new-key', when: 'This route can move money and needs an Idempotency-Key header. Send one per intended effect.' },
  'idempotency-key-invalid': { status: 400, title: 'Idempotency-Key is not valid', retry: 'new-key', when: 'The key must be 8 to 255 visible ASCII characters without spaces.' },
  'idempotency-key-reused': { status: 422, title: 'Idempotency-Key was used for another request', retry: 'new-key', when: 'The same key came with another body, path or method. Use a new key for a new effect.' },
  'idempotency-in-flight': { status: 409, title: 'The first request with this key is still running', retry: 'same-key', when: 'Another request with this key has not finished. Wait a moment and repeat with the same key.' },
  unauthenticated: { status: 401, title: 'No valid API key', retry: 'no', when: 'The Authorization header has no key, or one that is unknown, revoked or malformed.' },
  'sign-in-required': { status: 401, title: 'The customer is not signed in', retry: 'no', when: 'The route is a customer’s own, and the Customer-Session header has no session, or one that ended. Sign in again with POST /v1/sign_in.' },
  'sign-in-too-old': { status: 403, title: 'The sign-in is too old', retry: 'no', when: 'Exporting and deleting an account ask for a sign-in of the last hour. Sign in again and repeat.' },
  'account-in-use': { status: 409, title: 'The account is still in use', retry: 'no', when: 'An account cannot be deleted while an order or a return of it is open, or money of it is left that nobody has given up. errors[] names what; GET /v1/account/deletion tells beforehand.' },
  'passkey-invalid': { status: 422, title: 'The passkey was not accepted', retry: 'no', when: 'The passkey is not known here, was made for another site, or its answer is old, used or wrong. The answer does not say which. Begin again, or sign in with a code.' },
  'scope-missing': { status: 403, title: 'The key may not do this', retry: 'no', when: 'The key is valid but its kind or scopes do not cover the route. Use a secret key or widen the scopes.' },
  'right-missing': { status: 403, title: 'The role does not allow this', retry: 'no', when: 'Whoever is signed in at the till has no right to this, or not so far. `detail` names the right; somebody who has it signs in and does it.' },
  'other-till': { status: 403, title: 'That is another till', retry: 'no', when: 'A session at a till works for its own register, and for terminals of its own store. Name those, or leave them out.' },
  'pin-wrong': { status: 422, title: 'The PIN is wrong', retry: 'no', when: 'The PIN is not that of the person. `detail` says which try it was, and of how many before the till makes one wait.' },
  'pin-locked': { status: 429, title: 'Too many wrong PINs', retry: 'no', when: 'The PIN of the person, or PINs at the till, were wrong too often in a row. Retry-After says for how long; it doubles with each further one, up to an hour.' },
  'shift-running': { status: 409, title: 'A shift runs at this register', retry: 'no', when: 'The register’s last shift is not closed. Go on with it, or count and close it.' },
  'offline-gap': { status: 409, title: 'A document is missing before this one', retry: 'no', when: 'A till has sent a document of its chain whose predecessor is not here. `next_sequence` is the number that comes next: send the documents from there on, in order. What came before the gap is taken.' },
  'shift-not-counted': { status: 409, title: 'The drawer is not counted', retry: 'no', when: 'A shift is closed after its drawer was counted. Send the count first.' },
  'drawer-short': { status: 409, title: 'There is not that much in the drawer', retry: 'no', when: 'More is to be taken out of a drawer than it holds by the books. Count it, or enter first what came in.' },
  'not-found': { status: 404, title: 'Not found', retry: 'no', when: 'Nothing with this id exists for this merchant. Another merchant’s id answers the same.' },
  'method-not-allowed': { status: 405, title: 'Method not allowed', retry: 'no', when: 'The path does not take this HTTP method.' },
  'misdirected-request': { status: 421, title: 'This host is not served here', retry: 'no', when: 'The Host header names a host this server does not answer to. Use the configured public URL.' },
  'request-timeout': { status: 408, title: 'The request came too slowly', retry: 'same-key', when: 'Headers or body did not arrive in time. Repeat with the same key.' },
  'invalid-state': { status: 409, title: 'The state does not allow this', retry: 'no', when: 'The payment is in a state in which this cannot be done, for example a capture after a cancel. Read it again and decide.' },
  'operation-in-flight': { status: 409, title: 'Another operation is under way', retry: 'same-key', when: 'Another operation of the same payment is under way, and this one must wait for its outcome; nothing was done. Read the payment: repeat with the same key when `amount_in_flight` has changed.' },
  'terminal-busy': { status: 409, title: 'The terminal is busy', retry: 'new-key', when: 'A terminal does one thing at a time. Another payment is under way there or its outcome is not known yet (errors[] names it), a card is being read, or the terminal says so itself; nothing was sent. Read GET /v1/terminals/{id}; wait, abort, or release it.' },
  'terminal-unavailable': { status: 503, title: 'The terminal does not answer', retry: 'new-key', when: 'The terminal could not be reached, or its answer could not be read. No money moves by this route; try again, or look whether the terminal is on and connected.' },
  'printer-unavailable': { status: 503, title: 'The receipt printer does not answer', retry: 'new-key', when: 'The register has no receipt printer in the network, or it took nothing or only a part within five seconds; `detail` says which. Look whether it is on and connected.' },
  'order-not-paid': { status: 409, title: 'The goods are not paid', retry: 'no', when: 'An edit brought goods to an order that is paid beforehand, and they are still to be paid; or its money went away again. Pay what is due, or collect with a tender.' },
  'order-changed': { status: 409, title: 'The order has changed', retry: 'no', when: 'The order was changed, or paid in part, while it was being paid; nothing was taken. Read it again and pay what is due.' },
  'order-already-paid': { status: 409, title: 'The order is paid or being paid', retry: 'no', when: 'Another payment of this order already holds or has taken the money. Read that payment instead of paying twice.' },
  'amount-exceeds-capturable': { status: 422, title: 'More than can be captured', retry: 'no', when: 'The capture is larger than what is authorised and not yet captured, voided or in flight.' },
  'amount-exceeds-refundable': { status: 422, title: 'More than can be refunded', retry: 'no', when: 'The refund is larger than what is captured and not yet refunded or in flight.' },
  'amount-exceeds-due': { status: 422, title: 'More than is due', retry: 'no', when: 'The tender, or the capture for an order, is larger than what remains to be paid, counting what is in flight.' },
  'operation-unsupported': { status: 422, title: 'The connector cannot do this', retry: 'no', when: 'The connector or method of this tender does not offer the operation. The payment’s actions list what it does.' },
  'out-of-stock': { status: 409, title: 'Not enough in stock', retry: 'no', when: 'The article is not available in the quantity asked for. errors[] points at each line; nothing was reserved.' },
  'cart-closed': { status: 409, title: 'The cart is closed', retry: 'no', when: 'The cart was ordered, merged into another or has expired. Read it: it says where to go on.' },
  'price-changed': { status: 409, title: 'Prices have changed', retry: 'no', when: 'The total is no longer what was confirmed. Read the cart again, show it, and confirm the new total.' },
  'label-empty': { status: 422, title: 'The label holds no price or weight', retry: 'no', when: 'A label of a scale or counter was scanned whose price, weight or count is 0. Weigh it again, or put the article into the cart with its quantity or a unit_price.' },
  'tax-unknown': { status: 422, title: 'The VAT is not known there', retry: 'no', when: 'Goods are handed over in, or leave, a country whose VAT rates are not in the data, so no tax could be right. Sell from a country that is, or say `zero` or `exempt` as the tax category of articles that bear none.' },
  'code-invalid': { status: 422, title: 'The code is not valid', retry: 'no', when: 'A hand-over, pickup, quote, sign-in or pairing code is wrong, used or expired. Ask for a new one.' },
  'coupon-invalid': { status: 422, title: 'The promotion code is not valid', retry: 'no', when: 'The code does not exist, has ended, or does not fit this cart.' },
  'promotion-exhausted': { status: 409, title: 'The promotion is used up', retry: 'no', when: 'The promotion or code has been used as often as it may be. Remove it and place the order again, or say the new price in expected_total.' },
  'gift-card-invalid': { status: 422, title: 'The gift card is not valid', retry: 'no', when: 'The code or PIN is wrong, or the card is blocked or expired. The answer does not say which.' },
  'balance-of-another': { status: 422, title: 'The balance is another customer’s', retry: 'no', when: 'The order has a customer, and the store credit or points are somebody else’s. They pay the orders of their owner, and of guests; a gift card pays any order.' },
  'balance-insufficient': { status: 422, title: 'The balance is too low', retry: 'no', when: 'The gift card, store credit or points do not cover the amount. Take what is there and pay the rest another way.' },
  'order-not-payable': { status: 409, title: 'The order cannot be paid', retry: 'no', when: 'The order is cancelled, expired or closed, or there is nothing to pay. Read it again.' },
  'invoice-incomplete': { status: 422, title: 'The invoice lacks what it must show', retry: 'no', when: 'An invoice cannot be issued, or not be written as Peppol XML, because something of the seller or buyer is missing. errors[] names it; add it with PUT /v1/invoice_settings, or make the draft anew.' },
  'quantity-exceeds-available': { status: 422, title: 'More than there is', retry: 'no', when: 'More units were named than the line still has for this: to fulfil, to cancel, to return or to receive.' },
  'not-returnable': { status: 422, title: 'The goods cannot be returned this way', retry: 'no', when: 'The return window has closed, the article is excluded, or a limit for returns without receipt is reached.' },
  'method-unavailable': { status: 422, title: 'The payment method cannot be used here', retry: 'no', when: 'No connector account takes this method for the amount, currency, country and channel. See GET /v1/payment_methods.' },
  'token-used': { status: 422, title: 'The token is used or expired', retry: 'no', when: 'A single-use token pays once. Make a new one with POST /v1/tokens.' },
  'card-invalid': { status: 422, title: 'The card is not valid', retry: 'no', when: 'The number fails its check digit or length, or the expiry date or CVC has the wrong form.' },
  'card-expired': { status: 422, title: 'The card has expired', retry: 'no', when: 'The expiry month is in the past.' },
  'card-data-not-allowed': { status: 422, title: 'Card numbers are not taken here', retry: 'no', when: 'Something that looks like a card number came to a route that is not the vault. Tokenise it with POST /v1/tokens.' },
  'version-conflict': { status: 412, title: 'The object has changed', retry: 'no', when: 'If-Match names an older version. Read again and decide.' },
  'body-too-large': { status: 413, title: 'The body is too large', retry: 'no', when: 'The body is larger than the route takes.' },
  'unsupported-media-type': { status: 415, title: 'Send application/json', retry: 'no', when: 'The Content-Type is missing or not application/json.' },
  'expectation-failed': { status: 417, title: 'The Expect header asks for what this server cannot do', retry: 'no', when: 'An Expect header says something else than 100-continue. Send the request without it.' },
  'headers-too-large': { status: 431, title: 'The headers are too large', retry: 'no', when: 'The header block is larger than 16 KiB.' },
  'signature-invalid': { status: 401, title: 'The signature is not valid', retry: 'no', when: 'An inbound webhook has no valid signature for this account.' },
  'timestamp-out-of-tolerance': { status: 401, title: 'The timestamp is too far from now', retry: 'no', when: 'An inbound webhook was signed more than five minutes ago or ahead.' },
  'url-not-allowed': { status: 422, title: 'The URL is not allowed', retry: 'no', when: 'A URL has a scheme, host or port that is not allowed for its purpose.' },
  'rate-limited': { status: 429, title: 'Too many requests', retry: 'same-key', when: 'Slow down; Retry-After says for how long.' },
  'storage-unavailable': { status: 503, title: 'The database does not answer', retry: 'same-key', when: 'The request was not carried out or its outcome could not be read. Repeat with the same Idempotency-Key.' },
  'storage-not-durable': { status: 503, title: 'The database could lose acknowledged money', retry: 'same-key', when: 'fsync, full_page_writes or synchronous_commit is off, so live payments are refused.' },
  'vault-unavailable': { status: 503, title: 'The vault does not answer', retry: 'same-key', when: 'The key that seals card data cannot be reached. Nothing was charged; repeat later.' },
  'shutting-down': { status: 503, title: 'The server is stopping', retry: 'same-key', when: 'The server drains and takes no new work. Repeat in a moment with the same key.' },
  internal: { status: 500, title: 'Something broke on our side', retry: 'same-key', when: 'A defect. The request id finds it in the logs. Repeat with the same Idempotency-Key: it cannot pay twice.' },
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof PROBLEMS

/** One field-level remark inside a problem. `pointer` is a JSON Pointer into the body, or `?name` for the query. */
export interface FieldProblem {
  pointer: string
  detail: string
}

/** A refusal from the table. Thrown anywhere below HTTP; `http/problem-reply.ts` turns it into RFC 9457. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly detail: string
  readonly errors: FieldProblem[]
  /** Overrides the table's status; used only where one code has two (encoding inside valid JSON is 422, not 400). */
  readonly status: number
  /** Seconds for the Retry-After of a 429 or 503; undefined leaves it to the house's own. */
  readonly retryAfterS: number | undefined
  /** Members of its own, beside those that all problems have (RFC 9457 §3.2). */
  readonly more: Readonly<Record<string, number>>
  constructor(
    code: ProblemCode,
    options: {
      detail?: string
      errors?: FieldProblem[]
      status?: number
      retryAfterS?: number
      more?: Readonly<Record<string, number>>
    } = {},
  ) {
    super(`${code}: ${options.detail ?? PROBLEMS[code].title}`)
    this.name = 'Problem'
    this.code = code
    this.detail = options.detail ?? PROBLEMS[code].title
    this.errors = options.errors ?? []
    this.status = options.status ?? PROBLEMS[code].status
    this.retryAfterS = options.retryAfterS
    this.more = options.more ?? {}
  }
}
