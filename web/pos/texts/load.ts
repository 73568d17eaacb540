// Another language on the device: loaded when somebody wants it.

import type { Texts } from './texts.ts'

/** English where there is no such language. */
export async function loadTexts(language: string): Promise<Texts> {
  switch (language) {
    case 'nl':
      return (await import('./nl.ts')).nl
    case 'sv':
      return (await import('./sv.ts')).sv
    case 'pl':
      return (await import('./pl.ts')).pl
    case 'fr':
      return (await import('./fr.ts')).fr
    default:
      return (await import('./en.ts')).en
  }
}
