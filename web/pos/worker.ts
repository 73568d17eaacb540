// Keeps the page on the device, so that a till starts when its server is away. The worker's address is the one this page may make a
// script of.

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}
const WORKER = '/pos-worker.js'

/** Starts the worker, where the browser has them. A till without one needs its server to start. */
export function keepOnDevice(): void {
  if (!('serviceWorker' in navigator)) return
  const { trustedTypes } = globalThis as unknown as { trustedTypes?: Policies }
  const policy = trustedTypes?.createPolicy('onetill-pos', {
    createScriptURL(url) {
      if (url !== WORKER) throw new TypeError('not an address of ours')
      return url
    },
  })
  navigator.serviceWorker.register(policy?.createScriptURL(WORKER) ?? WORKER, { scope: '/pos' }).catch(() => {})
}
