// Pictures of articles, cut from coloured paper: hills behind, the thing itself before them. One with a photograph of its own
// shows that; these stand in for it, and look like one hand made them all. Each face draws the parts with its own elements.

import { MOTIFS, type Motif, type Shape, type Tone } from './motifs.ts'

/** Which motif an article's reference stands for. The demo's own; any other is a mountain. */
const BY_REFERENCE: readonly (readonly [string, Motif])[] = [
  ['KP-RAIN', 'jacket'],
  ['KP-DOWN', 'down'],
  ['KP-FLEECE', 'fleece'],
  ['KP-TROUSER', 'trousers'],
  ['KP-SOCK', 'sock'],
  ['KP-BEANIE', 'beanie'],
  ['KP-BOOT', 'boot'],
  ['KP-PACK', 'pack'],
  ['KP-TENT', 'tent'],
  ['KP-BAG', 'bag'],
  ['KP-MAT', 'mat'],
  ['KP-STOVE', 'stove'],
  ['KP-POT', 'pot'],
  ['KP-BOTTLE', 'bottle'],
  ['KP-LAMP', 'lamp'],
  ['KP-KNIFE', 'knife'],
  ['KP-POLES', 'poles'],
  ['KP-MUG', 'mug'],
  ['KP-BLANKET', 'blanket'],
  ['KP-CANDLE', 'candle'],
  ['KP-BOARD', 'board'],
  ['KP-BASKET', 'basket'],
  ['KP-TOWEL', 'towel'],
  ['KP-SOAP', 'soap'],
  ['KP-BOOK', 'book'],
  ['KP-MAP', 'map'],
  ['KP-HONEY', 'jar'],
  ['KP-MIX', 'mix'],
  ['100017', 'mix'],
  ['KP-COFFEE', 'coffee'],
  ['KP-GIFT', 'gift'],
  ['KP-KITCHEN', 'kitchen'],
]

interface Palette {
  a: string
  b: string
}
/** Named colours of options, and what articles without one take in turn. */
const COLOURS: Readonly<Record<string, Palette>> = {
  pine: { a: '#2f6b58', b: '#1f4c3e' },
  rust: { a: '#b9573a', b: '#8d3d27' },
  oat: { a: '#cdb48a', b: '#a88d61' },
  navy: { a: '#34506e', b: '#22374e' },
  cream: { a: '#f2e8d3', b: '#d8c8a8' },
}
const TURNS: readonly Palette[] = [
  COLOURS['pine'] as Palette,
  { a: '#c98a2e', b: '#99651a' },
  COLOURS['navy'] as Palette,
  COLOURS['rust'] as Palette,
  { a: '#6f8150', b: '#506038' },
  { a: '#7d6a8c', b: '#5b4a69' },
  { a: '#5f8593', b: '#43636f' },
]
/** Skies and hills behind: `[sky, farther hill, nearer hill]`. */
const GROUNDS = [
  ['#e9efe8', '#d5e0d6', '#c3d2c6'],
  ['#f3ece0', '#e8dcc6', '#dccdb1'],
  ['#e6edf1', '#d3dfe6', '#c0d0da'],
  ['#f2e7e1', '#e6d3c9', '#d9c0b3'],
] as const

export interface Pictured {
  reference: string | null
  image_url: string | null
  /** Of the chosen variant; a colour among them is shown. */
  options?: Record<string, string>
}

/** A path and its colour. */
export interface Part {
  d: string
  fill: string
}
/** The photograph of an article, or the parts of its picture from back to front, in a box of 200, with a shadow under the last. */
export type Drawing = { photo: string } | { ground: Part[]; thing: Part[] }

export function drawingOf({ reference, image_url, options }: Pictured): Drawing {
  if (image_url !== null && /^(data:image\/|\/)/.test(image_url)) return { photo: image_url }
  const key = reference ?? ''
  const motif = BY_REFERENCE.find(([prefix]) => key.startsWith(prefix))?.[1] ?? 'mountain'
  const turn = sumOf(key)
  const named = Object.values(options ?? {})
    .map((value) => COLOURS[value.toLowerCase()])
    .find(Boolean)
  const palette = named ?? (TURNS[turn % TURNS.length] as Palette)
  const [sky, far, near] = GROUNDS[turn % GROUNDS.length] as (typeof GROUNDS)[number]
  const tones: Record<Tone, string> = { ...palette, c: '#fbf7ee', k: '#2b2d31', f: '#e0a63a' }
  const shapes: readonly Shape[] = MOTIFS[motif]
  return {
    ground: [
      { d: 'M0 0h200v200H0z', fill: sky },
      { d: 'M0 118q40-34 84-14t116-26v122H0z', fill: far },
      { d: 'M0 150q56-26 112-8t88-12v70H0z', fill: near },
    ],
    thing: shapes.map(([tone, d]) => ({ d, fill: tones[tone] })),
  }
}

function sumOf(text: string): number {
  let sum = 0
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % 9973
  return sum
}
