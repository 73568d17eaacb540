// Makes the working copy ready to run: installs the packages of the lock file when those in node_modules are others, or
// none, and builds the web pages when their sources are others than those they were built from. Says what it does on stderr, so that a command's own output stays clean, and nothing when there is nothing to do.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from './runtime.mjs'
import { buildWeb, isWebBuilt } from './web.mjs'

/** `needsDev`: whether packages that only developers use must be there as well. `needsWeb`: whether pages will be served. */
export async function prepare({ needsDev, needsWeb }) {
  const isReady = () => isInstalled(needsDev) && (!needsWeb || isWebBuilt())
  if (isReady()) return
  await alone(async () => {
    // Another process may have done it while this one waited.
    if (!isInstalled(needsDev)) await install(needsDev)
    if (needsWeb && !isWebBuilt()) await buildWeb()
  })
}

/** Compares what npm recorded as installed with the lock file, package by package. */
function isInstalled(needsDev) {
  const wanted = readPackages(join(ROOT, 'package-lock.json'))
  const present = readPackages(join(ROOT, 'node_modules', '.package-lock.json'))
  if (!wanted) throw new Error(`There is no package-lock.json in ${ROOT}: this is not a whole copy of Onetill.`)
  if (!present) return false
  return Object.entries(wanted).every(([path, { version, dev, devOptional, optional }]) => {
    if (path === '') return true
    if (present[path]) return present[path].version === version
    // Packages for other platforms are left out by npm, developers' packages by a production installation.
    return optional === true || devOptional === true || (dev === true && !needsDev)
  })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

async function install(needsDev) {
  const started = Date.now()
  process.stderr.write('Installing packages (once, and again when package-lock.json changes) …\n')
  // Install scripts stay off: no package we use needs one, and they are the usual way in for a poisoned package.
  const args = ['ci', '--ignore-scripts', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  if (needsDev) args.push('--include=dev')
  const { code, said } = await npm(args)
  if (code !== 0) throw new Error(`${said.trim()}\nnpm ci failed with code ${code}, so the packages are not installed.`)
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`)
}

function npm(args) {
  // Under `npm start` npm tells where it is; that one is certain to be there, whatever PATH says.
  const cli = process.env.npm_execpath
  const [file, before, shell] = cli?.endsWith('.js')
    ? [process.execPath, [cli], false]
    : ['npm', [], process.platform === 'win32']
  const child = spawn(file, [...before, ...args], { cwd: ROOT, shell, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      said += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`npm could not be started: ${error.message}`)))
    child.once('close', (code) => resolve({ code, said }))
  })
}

/** One installation at a time per copy: `npm start` and `npm test` may be given at once. */
async function alone(work) {
  const lock = join(tmpdir(), `onetill-install-${createHash('sha256').update(ROOT).digest('hex').slice(0, 16)}.lock`)
  while (!take(lock)) {
    if (isAbandoned(lock)) rmSync(lock, { force: true })
    else await sleep(200)
  }
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock) {
  try {
    const file = openSync(lock, 'wx')
    writeSync(file, String(process.pid))
    closeSync(file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isAbandoned(lock) {
  try {
    const holder = Number.parseInt(readFileSync(lock, 'utf8'), 10)
    // Empty for the instant between making and writing it.
    if (!(holder > 0)) return false
    process.kill(holder, 0)
    return holder === process.pid
  } catch (error) {
    return error.code === 'ESRCH'
  }
}
