// The page behind a problem's `type`: every code with when it happens, what to do and whether to repeat.

import type { ProblemKind } from '../lib/problem.ts'

const RETRY: Record<ProblemKind['retry'], string> = {
  no: 'No: change the request.',
  'same-key': 'Yes, with the same Idempotency-Key.',
  'new-key': 'As a new attempt, with a new Idempotency-Key.',
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; background: #fff; }
dt { margin-top: 1.25rem; } dd { margin: 0; } dt:target { background: #fff3bf; } code { font-size: 1rem; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #16181d; } dt:target { background: #4a3f00; } }`

/** The whole page as HTML. Each code is an anchor. */
export function errorsPage(problems: Record<string, ProblemKind>): string {
  const entries = Object.entries(problems).map(
    ([code, kind]) => `<dt id="${code}"><code>${code}</code> · ${kind.status} · ${escapeHtml(kind.title)}</dt>
<dd>${escapeHtml(kind.when)} Repeat? ${RETRY[kind.retry]}</dd>`,
  )
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Onetill: problems</title><style>${STYLE}</style></head>
<body><main><h1>Problems</h1>
<p>What the API answers when it refuses. The code is stable; the texts may improve.</p>
<dl>
${entries.join('\n')}
</dl></main></body>
</html>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
