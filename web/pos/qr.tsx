// A QR code, drawn.

import { encode } from 'uqr'

/** Four fields of white around it, as readers want. */
const QUIET = 4

export function Qr({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 0 })
  const path = data
    .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])))
    .join('')
  const box = size + 2 * QUIET
  return (
    <svg className="qr" viewBox={`0 0 ${box} ${box}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={`M0 0h${box}v${box}H0z`} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  )
}
