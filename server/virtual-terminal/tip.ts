// The tip screen: a share by touch, an amount by keys, or the green key for none.

import { divideHalfUp } from '../lib/money.ts'
import { CUSTOMER_MS, type Machine, money } from './operation.ts'

const PERCENTS = [5, 10, 15]
/** Nobody gives a hundred thousand by mistake. */
const MAX_DIGITS = 6

/** Asks for a tip on `due`. Minor units, 0 for none. Throws Stopped. */
export async function askTip(machine: Machine, due: bigint, currency: string): Promise<bigint> {
  const choices = PERCENTS.map((percent) => ({
    percent,
    amount: Number(divideHalfUp(due * BigInt(percent), 100n)),
  }))
  let typed = ''
  for (;;) {
    machine.stage.show({ kind: 'tip', due: money(due, currency), choices, typed })
    const touch = await machine.stage.next(CUSTOMER_MS)
    if (touch.type === 'choice') return BigInt(choices[touch.index]?.amount ?? 0)
    if (touch.type !== 'key') continue
    if (touch.key === 'confirm') return BigInt(typed === '' ? '0' : typed)
    typed = touch.key === 'clear' ? '' : `${typed}${touch.key}`.replace(/^0+/, '').slice(0, MAX_DIGITS)
  }
}
