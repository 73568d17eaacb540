// Under a line of which there is not enough here, or that goes another way than the rest: the key to have it from elsewhere.

import { useState } from 'react'
import { ElsewhereDialog } from './elsewhere-dialog.tsx'
import { Icon } from './icon.tsx'
import type { ShownLine } from './ticket-view.ts'
import { useTill } from './till.tsx'

export function LineWay({ line }: { line: ShownLine }) {
  const { texts } = useTill()
  const words = texts.service.aisle
  const [isOpen, setOpen] = useState(false)
  if (line.lineId === null || (line.short === null && !line.isElsewhere)) return null
  return (
    <>
      <button type="button" className="line-way" onClick={() => setOpen(true)}>
        <Icon name={line.mode === 'ship' ? 'truck' : line.isElsewhere ? 'store' : 'search'} />
        {line.isElsewhere ? (words.modes[line.mode] ?? line.mode) : words.key}
      </button>
      {isOpen ? <ElsewhereDialog line={line} onClose={() => setOpen(false)} /> : null}
    </>
  )
}
