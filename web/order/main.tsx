// What the order page does beyond its forms: it looks for news while somebody looks at it, sends a form once, and prints.

import './style.css'
import type { OrderState } from './page.tsx'

const state = JSON.parse(document.getElementById('state')?.textContent ?? '{}') as OrderState
const LOOK_EVERY_MS = 4_000

for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', (event) => {
    if (form.dataset['sent'] === 'yes') event.preventDefault()
    form.dataset['sent'] = 'yes'
  })
}
for (const button of document.querySelectorAll<HTMLButtonElement>('button.print')) {
  button.hidden = false
  button.addEventListener('click', () => print())
}

/** Somebody is filling something in: the page is not taken away from them. */
function isBusy(): boolean {
  return document.querySelector('details[open], form[data-sent="yes"]') !== null
}

async function look(): Promise<void> {
  if (state.path === null || document.visibilityState === 'hidden' || isBusy()) return
  try {
    const answer = await fetch(`${state.path}/state${location.search}`, { cache: 'no-store', credentials: 'omit' })
    if (!answer.ok) return
    const { stamp } = (await answer.json()) as { stamp: string }
    if (stamp !== state.stamp && !isBusy()) location.reload()
  } catch {
    // No answer: the next look tells.
  }
}
if (state.path !== null) {
  setInterval(look, LOOK_EVERY_MS)
  document.addEventListener('visibilitychange', look)
}
// A page brought back by the browser's history shows what was, not what is.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})
