// The link as a QR code, to be printed or shown: SVG for anything that scales, PNG for what takes pictures only.

import { encode, renderSVG } from 'uqr'

/** Modules of white around the code; scanners need four. */
const BORDER = 4

export function qrSvg(text: string): string {
  return renderSVG(text, { border: BORDER, ecc: 'M' })
}

/** Black on white, with square modules of a whole number of pixels: at most `size` wide, and at least one pixel a module. */
export async function qrPng(text: string, size: number): Promise<Buffer> {
  const { data, size: modules } = encode(text, { border: BORDER, ecc: 'M' })
  const scale = Math.max(1, Math.floor(size / modules))
  const width = modules * scale
  const pixels = new Uint8Array(width * width).fill(255)
  for (const [y, row] of data.entries())
    for (const [x, isDark] of row.entries())
      if (isDark)
        for (let line = 0; line < scale; line++) {
          const from = (y * scale + line) * width + x * scale
          pixels.fill(0, from, from + scale)
        }
  // Loaded at its first use.
  const { encode: encodePng } = await import('fast-png')
  return Buffer.from(encodePng({ width, height: width, data: pixels, channels: 1, depth: 8 }))
}
