import './style/base.css'
import './style/sell.css'
import './style/screens.css'
import './style/counter.css'
import './style/offline.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { takeSlot } from './keep.ts'
import { openBoxes } from './offline/boxes.ts'
import type { OpenState } from './offline/open-sale.ts'
import type { PosState } from './page.tsx'
import { keepOnDevice } from './worker.ts'

const state = JSON.parse(document.getElementById('state')?.textContent ?? '{}') as PosState
const boxes = await openBoxes()
await takeSlot(async (no) => {
  const open = await boxes?.get<OpenState>('open', no)
  return open !== undefined && (open.lines.length > 0 || open.sale !== null)
})
createRoot(document.getElementById('face') as HTMLElement).render(<App state={state} boxes={boxes} />)
keepOnDevice()
