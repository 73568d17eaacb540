// The till writes on the terminal's screen.

import { type DisplayOutput, type Message, type OutputContent, type Responses, requestBody } from '../nexo/index.ts'
import { type Machine, success } from './operation.ts'
import type { Screen } from './screen.ts'

const MAX_LINES = 20

/** Texts of a content, line by line. */
export function linesOf(content: OutputContent | undefined): string[] {
  return (content?.OutputText ?? []).slice(0, MAX_LINES).map(({ Text }) => Text)
}

/** What a display request puts on the screen: an icon by its name and the lines, or the idle screen. */
export function displayScreen(output: DisplayOutput): Screen {
  const reference = output.OutputContent.PredefinedContent?.ReferenceID ?? ''
  const lines = linesOf(output.OutputContent)
  if (reference === 'Idle' && lines.length === 0) return { kind: 'idle' }
  const icon = /^Accepted/.test(reference) ? 'accepted' : /^Declined/.test(reference) ? 'declined' : null
  return { kind: 'display', icon, lines }
}

export async function show(machine: Machine, message: Message): Promise<Responses['Display']> {
  const asked = requestBody(message, 'Display')
  for (const output of asked.DisplayOutput) {
    const screen = displayScreen(output)
    machine.stage.show(screen)
    const seconds = output.MinimumDisplayTime ?? 0
    if (seconds > 0 && screen.kind === 'display') void machine.stage.pause(seconds * 1000).then(() => clear(screen))
  }
  // It stays until something else is shown.
  function clear(screen: Screen): void {
    if (machine.stage.screen === screen) machine.stage.show({ kind: 'idle' })
  }
  return {
    OutputResult: asked.DisplayOutput.map(({ Device, InfoQualify }) => ({ Device, InfoQualify, Response: success() })),
  }
}
