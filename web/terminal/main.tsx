import './style.css'
import { hydrate } from 'preact'
import { Bench } from './bench.tsx'
import type { TerminalState } from './page.tsx'

const state = JSON.parse(document.getElementById('state')?.textContent ?? '{}') as TerminalState
hydrate(<Bench state={state} />, document.getElementById('face') as HTMLElement)
