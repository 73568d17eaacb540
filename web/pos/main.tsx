import './style/base.css'
import './style/sell.css'
import './style/screens.css'
import './style/counter.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import type { PosState } from './page.tsx'
import { keepOnDevice } from './worker.ts'

const state = JSON.parse(document.getElementById('state')?.textContent ?? '{}') as PosState
createRoot(document.getElementById('face') as HTMLElement).render(<App state={state} />)
keepOnDevice()
