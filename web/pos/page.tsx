// The first sight of the till, as the server sends it: empty in the shape of what comes, since who and where it is only the device knows.

import type { Language } from '../../server/lib/language.ts'
import type { PosView } from '../../server/pos/index.ts'
import { textsOf } from './texts/all.ts'
import type { Texts } from './texts/texts.ts'

export interface PosState {
  view: PosView
  language: string
  texts: Texts
}

export function draw(view: PosView, language: Language): { title: string; html: string; state: PosState } {
  const texts = textsOf(language)
  return { title: texts.title, html: '<main class="splash"></main>', state: { view, language, texts } }
}
