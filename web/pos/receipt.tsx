// The receipt as a slip of paper, for the browser's printer. What stands on it, and which copy it is, the server says.

import { useEffect } from 'react'
import { useLoaded, useTill } from './till.tsx'

export interface Receipt {
  number: string
}

/** Opens the browser's print dialog; on a till that prints without asking, it prints. */
export function printReceipt(): void {
  window.print()
}

/** Fetches a receipt, shows it on paper alone, and tells when it is there. */
export function Slip({ id, onReady, onDone }: { id: string; onReady(): void; onDone(): void }) {
  const { api } = useTill()
  const loaded = useLoaded(`receipt ${id}`, () => api.get<Receipt>(`/receipts/${id}`))
  useEffect(() => {
    if (loaded.is === 'loading') return
    if (loaded.is === 'there') onReady()
    onDone()
  }, [loaded.is])
  return loaded.is === 'there' ? <Paper receipt={loaded.data} /> : null
}

function Paper({ receipt }: { receipt: Receipt }) {
  return <div className="paper">{receipt.number}</div>
}
