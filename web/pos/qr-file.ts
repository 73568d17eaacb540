// A QR code as a file: SVG for print of any size, PNG for whatever takes pictures only. Drawn on the device.

import { encode, renderSVG } from 'uqr'

/** Modules of white around the code; scanners need four. */
const BORDER = 4
/** Pixels of a module: some 500 for the address of a link, sharp on any screen. */
const SCALE = 12

export function qrSvgFile(text: string): Blob {
  return new Blob([renderSVG(text, { border: BORDER, ecc: 'M' })], { type: 'image/svg+xml' })
}

export async function qrPngFile(text: string): Promise<Blob> {
  const { data, size } = encode(text, { border: BORDER, ecc: 'M' })
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = size * SCALE
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('this browser draws nothing')
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, canvas.width, canvas.height)
  pen.fillStyle = '#000000'
  for (const [y, row] of data.entries())
    for (const [x, isDark] of row.entries()) if (isDark) pen.fillRect(x * SCALE, y * SCALE, SCALE, SCALE)
  return new Promise((done, fail) => {
    canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture'))), 'image/png')
  })
}

/** Hands a file to whoever sits there, as a download. */
export function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
