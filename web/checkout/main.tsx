import './style.css'
import { hydrate } from 'preact'
import { Checkout } from './checkout.tsx'
import type { PageState } from './state.ts'

const state = JSON.parse(document.getElementById('state')?.textContent ?? '{}') as PageState
hydrate(<Checkout state={state} />, document.getElementById('face') as HTMLElement)
