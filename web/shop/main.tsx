import './style.css'
import { hydrate } from 'preact'
import { App } from './app.tsx'
import type { ShopState } from './shop.ts'

const state = JSON.parse(document.getElementById('state')?.textContent ?? '{}') as ShopState
hydrate(<App state={state} />, document.getElementById('face') as HTMLElement)
