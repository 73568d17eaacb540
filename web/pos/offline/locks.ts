// One at a time among all tabs of this device: who writes the chain, who sends, who reads the catalogue. And tabs told of each other's
// work. A lock ends with the tab that holds it, however that ends.

/** Does the work once it is this tab's turn. */
export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(`onetill.${name}`, work) as Promise<T>
}

/** Does the work unless another tab is at it. Null where it is. */
export function unlessTaken<T>(name: string, work: () => Promise<T>): Promise<T | null> {
  return navigator.locks.request(`onetill.${name}`, { ifAvailable: true }, (lock) =>
    lock === null ? null : work(),
  ) as Promise<T | null>
}

/** Whether this browser can keep secrets and take turns: it does so only for pages over HTTPS or of the device itself. */
export const canBeAlone = (): boolean => 'locks' in navigator && globalThis.crypto?.subtle !== undefined

export interface Shout {
  /** Tells the other tabs. */
  tell(): void
  stop(): void
}

/** Hears what other tabs tell under a name. */
export function shouting(name: string, heard: () => void): Shout {
  if (typeof BroadcastChannel === 'undefined') return { tell: () => {}, stop: () => {} }
  const channel = new BroadcastChannel(`onetill.${name}`)
  channel.onmessage = heard
  return { tell: () => channel.postMessage(null), stop: () => channel.close() }
}
