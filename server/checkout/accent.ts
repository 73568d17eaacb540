// A merchant's colour on our pages: kept where it can be read, otherwise made darker (on light ground) or lighter (on dark ground)
// until it can. Contrast as in WCAG 2.2: 4.5 for the word on the button, 3 for the button on its ground.

type Rgb = readonly [number, number, number]

const WHITE: Rgb = [255, 255, 255]
const INK: Rgb = [22, 24, 29]
const DARK_CARD: Rgb = [26, 29, 35]

/** Custom properties of the page for `#rrggbb`. */
export function accentProperties(hex: string): Record<string, string> {
  const colour: Rgb = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb
  const light = moved(colour, [0, 0, 0], WHITE)
  const dark = moved(colour, WHITE, DARK_CARD)
  return {
    '--brand-light': hexOf(light),
    '--brand-light-ink': hexOf(inkOn(light)),
    '--brand-dark': hexOf(dark),
    '--brand-dark-ink': hexOf(inkOn(dark)),
  }
}

/** `colour`, mixed with `towards` in steps until it stands out from `ground` and a word can be read on it. */
function moved(colour: Rgb, towards: Rgb, ground: Rgb): Rgb {
  for (let share = 0; share <= 1; share += 0.05) {
    const mixed = colour.map((part, i) => Math.round(part + (towards[i as 0] - part) * share)) as unknown as Rgb
    if (contrast(mixed, ground) >= 3 && contrast(mixed, inkOn(mixed)) >= 4.5) return mixed
  }
  return towards
}

function inkOn(colour: Rgb): Rgb {
  return contrast(colour, WHITE) >= contrast(colour, INK) ? WHITE : INK
}

/** The contrast ratio of two colours, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const c = part / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as unknown as Rgb
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function hexOf(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
