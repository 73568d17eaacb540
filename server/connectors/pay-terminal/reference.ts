// How Pay. and its terminals know an operation: references there have letters and digits alone.

/** `opn_01ABC` is `opn01ABC` there. */
export function referenceOf(operationId: string): string {
  return operationId.replace('_', '')
}

/** Undefined for what is no reference of ours. */
export function operationOf(reference: string | null | undefined): string | undefined {
  const match = /^opn([0-9A-Z]{10,40})$/.exec(reference ?? '')
  return match ? `opn_${match[1]}` : undefined
}
