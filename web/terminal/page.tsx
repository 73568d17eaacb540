// The first sight of a terminal, drawn by the server.

import { renderToString } from 'preact-render-to-string'
import type { Language } from '../../server/lib/language.ts'
import type { TerminalFace } from '../../server/virtual-terminal/view.ts'
import { Bench } from './bench.tsx'
import { TEXTS } from './texts/texts.ts'

/** What the script goes on from. */
export interface TerminalState {
  face: TerminalFace
  language: Language
}

export function draw(face: TerminalFace, language: Language): { title: string; html: string; state: TerminalState } {
  const state = { face, language }
  return {
    title: `${TEXTS[language].title}: ${face.terminal.label}`,
    html: renderToString(<Bench state={state} />),
    state,
  }
}
