// The screen and whoever stands in front of it. What an operation asks of the customer it awaits here, in a straight line; an
// abort, the red key, a pulled plug and a customer who does nothing all end that line at the place where it waits.

import type { Clock } from '../lib/clock.ts'
import { actsOf, type Customer, type Screen, type Touch } from './screen.ts'

/** Why an operation could not go on. */
export type Stop = 'aborted' | 'cancel' | 'timeout' | 'unplugged'

/** Ends what an operation was waiting for. */
export class Stopped extends Error {
  override name = 'Stopped'
  readonly why: Stop
  constructor(why: Stop) {
    super(`the operation was stopped: ${why}`)
    this.why = why
  }
}

export interface Stage {
  readonly screen: Screen
  /** Shows a screen and goes on. */
  show(screen: Screen): void
  /** Waits for what the customer does next. Throws Stopped. The red key stops, whatever was asked. */
  next(limitMs: number): Promise<Touch>
  /** What the customer does. False when nobody waits for it. */
  touch(touch: Touch): boolean
  /** Stops whoever waits. False when nobody does. */
  stop(why: Stop): boolean
  /** A moment that a machine needs; none at all in a hurry. */
  pause(ms: number): Promise<void>
}

export interface StageOptions {
  clock: Clock
  /** Told after every change. */
  onChange(): void
  /** Who acts by themselves, if anybody does. */
  customer(): Customer | null
  isInstant(): boolean
}

/** How long a customer who acts by themselves takes for each step, for people who watch. */
const CUSTOMER_MS = 700

export function createStage({ clock, onChange, customer, isInstant }: StageOptions): Stage {
  let screen: Screen = { kind: 'idle' }
  let waiting: { resolve(touch: Touch): void; reject(error: Stopped): void } | undefined
  /** What the customer will do next at the screen they look at. */
  let planned: Touch[] = []

  function end(): typeof waiting {
    const ended = waiting
    waiting = undefined
    return ended
  }

  const stage: Stage = {
    get screen() {
      return screen
    },
    show(next) {
      // A screen that only shows what was typed so far is not asked of the customer again.
      const isSame = screen.kind === next.kind && !(next.kind === 'pin' && next.is_wrong && next.typed === 0)
      screen = next
      const actor = customer()
      if (!isSame || actor === null) planned = actor === null ? [] : actsOf(actor, next)
      onChange()
    },
    async next(limitMs) {
      const touch = planned.shift() ?? (await wait(limitMs))
      if (touch.type === 'key' && touch.key === 'cancel') throw new Stopped('cancel')
      if (customer() !== null) await stage.pause(CUSTOMER_MS)
      return touch
    },
    touch(touch) {
      const listener = end()
      listener?.resolve(touch)
      return listener !== undefined
    },
    stop(why) {
      const listener = end()
      listener?.reject(new Stopped(why))
      return listener !== undefined
    },
    async pause(ms) {
      if (!isInstant()) await clock.sleep(ms)
    },
  }

  async function wait(limitMs: number): Promise<Touch> {
    const over = new AbortController()
    const touched = new Promise<Touch>((resolve, reject) => {
      waiting = { resolve, reject }
    })
    const mine = waiting
    void clock.sleep(limitMs, over.signal).then(() => {
      if (!over.signal.aborted && waiting === mine) stage.stop('timeout')
    })
    try {
      return await touched
    } finally {
      over.abort()
    }
  }

  return stage
}
