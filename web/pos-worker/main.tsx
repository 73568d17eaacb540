// Keeps the till's page and its files on the device. The page is asked of the server first, so that a new version comes at the next
// start; files carry their content in their names and are taken from here. Answers of the API are never kept.

interface Ask extends Event {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
interface Life extends Event {
  waitUntil(work: Promise<unknown>): void
}
interface Worker {
  addEventListener(type: 'fetch', listen: (event: Ask) => void): void
  addEventListener(type: 'install' | 'activate', listen: (event: Life) => void): void
  skipWaiting(): Promise<void>
  readonly clients: { claim(): Promise<void> }
}
const worker = globalThis as unknown as Worker
const BOX = 'onetill-pos-1'
/** Files of versions that are gone are dropped when there are more than this; a version has some ten. */
const MOST = 60

/** A server that is away may also be silent: a till that has its page does not wait for it longer. */
const SILENT_MS = 4_000

// The page that starts this worker was loaded without it: it and its files are fetched once more, so that the very next start needs no
// server. Where that fails the worker is not installed, and is tried again at the next start.
worker.addEventListener('install', (event) => event.waitUntil(keepPage().then(() => worker.skipWaiting())))
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
worker.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate' && url.pathname === '/pos') event.respondWith(fresh(request))
  else if (url.pathname.startsWith('/assets/') && !url.pathname.endsWith('.json')) event.respondWith(known(request))
})

async function keepPage(): Promise<void> {
  const box = await caches.open(BOX)
  const page = await fetch('/pos')
  if (!page.ok) throw new Error('no page to keep')
  const files = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(
    ([, file]) => file as string,
  )
  await Promise.all(files.map((file) => known(new Request(file))))
  await box.put('/pos', page)
}

async function fresh(request: Request): Promise<Response> {
  const box = await caches.open(BOX)
  const kept = await box.match('/pos')
  try {
    const answer = await fetch(request, kept ? { signal: AbortSignal.timeout(SILENT_MS) } : {})
    if (answer.ok) await box.put('/pos', answer.clone())
    // What stands before a server that is away answers for it.
    return answer.status >= 500 && kept ? kept : answer
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

async function known(request: Request): Promise<Response> {
  const box = await caches.open(BOX)
  const kept = await box.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) {
    await box.put(request, answer.clone())
    const all = await box.keys()
    await Promise.all(all.slice(0, Math.max(0, all.length - MOST)).map((old) => box.delete(old)))
  }
  return answer
}
