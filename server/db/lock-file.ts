// A lock between processes that needs nothing but a folder: used around making or starting a database cluster, where
// there is no database yet to hold the lock. A holder that dies leaves a file behind; the next one takes it over, so a
// SIGKILL never needs a person with `rm`. It keeps order, not safety: two takers of one abandoned file could both get in,
// and then PostgreSQL's own postmaster.pid lets only one cluster run.

import { open, readFile, rm, stat, utimes } from 'node:fs/promises'
import type { Clock } from '../lib/clock.ts'
import { systemClock } from '../lib/clock.ts'

/** The holder touches the file this often. */
const TOUCH_MS = 1_000
/** A file untouched for this long has lost its holder, even when its process id lives on (containers reuse ids). */
const ABANDONED_MS = 20_000
const RETRY_MS = 25

/**
 * Runs `work` while this process alone holds the lock at `path`; waits for the present holder for as long as it lives.
 * Not re-entrant: asking for a lock that the same call chain holds waits for ever.
 */
export async function withLockFile<T>(path: string, work: () => Promise<T>, clock: Clock = systemClock): Promise<T> {
  while (!(await take(path))) {
    if (await isAbandoned(path, clock)) await rm(path, { force: true })
    else await clock.sleep(RETRY_MS)
  }
  const done = new AbortController()
  const touching = keepTouching(path, clock, done.signal)
  try {
    return await work()
  } finally {
    done.abort()
    await touching
    await rm(path, { force: true })
  }
}

async function take(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.write(`${process.pid}\n`)
    await file.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function isAbandoned(path: string, clock: Clock): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)])
    const holder = Number.parseInt(text, 10)
    if (holder > 0 && !isAlive(holder)) return true
    return clock.now().getTime() - mtimeMs > ABANDONED_MS
  } catch (error) {
    // Released between our two looks: simply try to take it again.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

async function keepTouching(path: string, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(TOUCH_MS, signal)
    if (signal.aborted) return
    const now = clock.now()
    await utimes(path, now, now).catch(() => {})
  }
}

/** True when a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
