// Runs every test file against one throw-away PostgreSQL, and ends with one plain line: `N passed, N failed, N skipped`.
// On a terminal it shows each test; elsewhere a line per file and every failure in full.

import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { inspect } from 'node:util'
import { startTestCluster } from '../../test/cluster.ts'
import { NODE_FLAGS, ROOT } from './runtime.mjs'

/** A test that takes longer hangs. */
const TIMEOUT_MS = 10 * 60_000

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
  const events = run({
    cwd: ROOT,
    files: files.map((file) => join(ROOT, file)),
    concurrency: Math.max(2, availableParallelism()),
    execArgv: NODE_FLAGS,
    timeout: TIMEOUT_MS,
  })
  const counts = { passed: 0, failed: 0, skipped: 0 }
  events.on('test:summary', ({ file, counts: of }) => {
    if (file === undefined)
      Object.assign(counts, { passed: of.passed, failed: of.failed + of.cancelled, skipped: of.skipped + of.todo })
  })
  if (process.stdout.isTTY) {
    for await (const text of events.compose(spec)) process.stdout.write(text)
  } else {
    for await (const event of events) report(event)
  }
  return counts
}

function report({ type, data }) {
  if (type === 'test:stderr' || type === 'test:stdout') process.stdout.write(data.message)
  if (type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed') {
    const place = `${relative(ROOT, data.file ?? '')}:${data.line ?? 0}`
    console.log(
      `FAILED  ${place}\n        ${data.name}\n${indent(inspect(data.details.error?.cause ?? data.details.error))}`,
    )
  }
  if (type === 'test:summary' && data.file !== undefined) {
    const { passed, failed, cancelled, skipped } = data.counts
    const wrong = failed + cancelled
    console.log(
      `${wrong > 0 ? 'FAILED ' : 'ok     '} ${relative(ROOT, data.file)}: ${passed} passed${wrong > 0 ? `, ${wrong} failed` : ''}${skipped > 0 ? `, ${skipped} skipped` : ''}, ${(data.duration_ms / 1000).toFixed(1)} s`,
    )
  }
}

function indent(text) {
  return text.replaceAll(/^/gm, '        ')
}
