// The QR on a receipt holds the address of its order's page. Its first part is ids, of the merchant and of the order; whether there is
// such an order here the API says. Pure.

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** Two ids of 16 bytes, as base64url, and what proves them. */
const ADDRESS = /\/o\/([\w-]{43})[\w-]{24}(?:[?#].*)?$/
const ID_BYTES = 16
/** 128 bits, five to a character. */
const ID_LENGTH = 26

/** The id of the order whose page an address shows, or null. */
export function orderOfAddress(text: string): string | null {
  const ids = ADDRESS.exec(text)?.[1]
  if (ids === undefined) return null
  const bytes = Uint8Array.from(atob(ids.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
  let number = 0n
  for (const byte of bytes.slice(ID_BYTES, 2 * ID_BYTES)) number = (number << 8n) | BigInt(byte)
  let id = ''
  for (let i = 0; i < ID_LENGTH; i++) {
    id = (CROCKFORD[Number(number & 31n)] ?? '') + id
    number >>= 5n
  }
  return `ord_${id}`
}
