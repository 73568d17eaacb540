// Runs every test file against one throw-away PostgreSQL, and ends with one plain line: `N passed, N failed, N skipped`.
// Before it come a line per file and every failure in full. Some twenty files share a process (test-files.mjs).

import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { inspect } from 'node:util'
import { startTestCluster } from '../../test/cluster.ts'
import { NODE_FLAGS, ROOT } from './runtime.mjs'

/** Files that share a process and take longer hang. */
const TIMEOUT_MS = 10 * 60_000

const CORES = Math.max(2, availableParallelism())
/** How many files share a process: enough to pay for its start, few enough that all cores are busy until the end. */
const FILES_TOGETHER = 20
/** Files that take half a minute, and wait for other processes anyway. They begin first. */
const SLOW = /^test\/(browser|chaos|properties)\/|^server\/replay\/|launcher|examples/
const SLOW_TOGETHER = 3

const picks = process.argv.slice(2)
const files = globSync(['server/**/*.test.ts', 'test/**/*.test.ts'], { cwd: ROOT })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => picks.length === 0 || picks.some((pick) => file.includes(pick)))
  .sort()

if (files.length === 0) {
  console.error(`No test file has ${picks.map((pick) => `"${pick}"`).join(' or ')} in its name.`)
  process.exitCode = 1
} else {
  process.exitCode = await test()
}

async function test() {
  const cluster = await startTestCluster()
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => cluster.remove().finally(() => process.exit(1)))
  }
  process.env.ONETILL_TEST_CLUSTER = cluster.url
  let counts = { passed: 0, failed: 1, skipped: 0 }
  try {
    counts = await runFiles()
  } finally {
    await cluster.remove()
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1
}

async function runFiles() {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const waiting = [
    ...inParts(
      files.filter((file) => SLOW.test(file)),
      SLOW_TOGETHER,
    ),
    ...inParts(
      files.filter((file) => !SLOW.test(file)),
      FILES_TOGETHER,
    ),
  ]
  const work = async () => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) await runTogether(part, counts)
  }
  await Promise.all(Array.from({ length: CORES }, work))
  return counts
}

async function runTogether(part, counts) {
  const events = run({
    cwd: ROOT,
    files: [join(import.meta.dirname, 'test-files.mjs')],
    argv: part,
    execArgv: NODE_FLAGS,
    timeout: TIMEOUT_MS,
  })
  // Of the file that is running; they take turns.
  let own = { passed: 0, failed: 0, skipped: 0 }
  const unheard = new Set(part)
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') process.stdout.write(data.message)
    if (type === 'test:summary' && data.file === undefined) {
      counts.passed += data.counts.passed
      counts.failed += data.counts.failed + data.counts.cancelled
      counts.skipped += data.counts.skipped + data.counts.todo
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') reportFailure(data)
    if (data.details.type === 'suite') {
      if (data.nesting > 0) continue
      // One that could not even be read has no test that failed.
      if (type === 'test:fail' && own.failed === 0) {
        own.failed++
        counts.failed++
      }
      reportFile(data, type === 'test:pass', own)
      unheard.delete(data.name)
      own = { passed: 0, failed: 0, skipped: 0 }
    } else if (data.skip !== undefined || data.todo !== undefined) own.skipped++
    else if (type === 'test:pass') own.passed++
    else own.failed++
  }
  counts.failed += unheard.size
  for (const file of unheard) console.log(`FAILED  ${file}: its process ended before it`)
}

function reportFailure({ file, line, name, details }) {
  console.log(
    `FAILED  ${relative(ROOT, file ?? '')}:${line ?? 0}\n        ${name}\n${indent(inspect(details.error?.cause ?? details.error))}`,
  )
}

function reportFile({ name, details }, isGood, { passed, failed, skipped }) {
  console.log(
    `${isGood ? 'ok     ' : 'FAILED '} ${name}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}, ${(details.duration_ms / 1000).toFixed(1)} s`,
  )
}

/** Never fewer parts than cores. */
function inParts(list, most) {
  const size = Math.max(1, Math.min(most, Math.ceil(list.length / CORES)))
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size))
}

function indent(text) {
  return text.replaceAll(/^/gm, '        ')
}
