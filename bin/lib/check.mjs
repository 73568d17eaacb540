// The three checks that need no database, a line each: types, format and lint, and the rules of the house.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { NODE_FLAGS, ROOT } from './runtime.mjs'

const CHECKS = [
  { name: 'types', args: typesOf('tsconfig.json') },
  { name: 'types of the web', args: typesOf('web/tsconfig.json') },
  { name: 'types of the till', args: typesOf('web/pos/tsconfig.json') },
  { name: 'format and lint', args: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'rules of the house', args: ['--test', '--test-reporter=spec', join('test', 'tidy.test.ts')] },
]

let failed = 0
for (const { name, args } of CHECKS) {
  const { code, said } = await run(args)
  if (code === 0) {
    console.log(`ok      ${name}`)
    continue
  }
  failed++
  console.log(`${said.trimEnd()}\nFAILED  ${name}`)
}
process.exitCode = failed === 0 ? 0 : 1

function run(args) {
  const child = spawn(process.execPath, [...NODE_FLAGS, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      said += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, said }))
  })
}

/** What was found last time is kept, so that only what changed is looked at again: a fifth of the work. */
function typesOf(project) {
  const kept = `node_modules/.cache/types/${project.replaceAll('/', '-')}`
  return ['node_modules/typescript/bin/tsc', '-p', project, '--incremental', '--tsBuildInfoFile', kept]
}
