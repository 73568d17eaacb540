// `npm run new:connector NAME`: begins a connector. What it writes compiles, passes `npm test`, and is honest: until its
// client is written and an account is configured, every instruction ends as NotSent, which is `no_effect`, and nothing is
// ever claimed to have succeeded.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectorFiles } from './new-connector-files.ts'

const USAGE = 'Usage: npm run new:connector NAME     (lower case, digits and hyphens; for example acme-pay)\n'
/** A folder, a code in account rows, and a part of environment variable names. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/
const MAX_NAME = 40

/** Writes the folder under `connectors`. Returns the exit code: 0 done, 2 misused, 1 there is such a folder already. */
export function newConnector(name: string | undefined, connectors: string, print: (text: string) => void): number {
  if (!name || !NAME.test(name) || name.length > MAX_NAME) {
    print(USAGE)
    return 2
  }
  const folder = join(connectors, name)
  if (existsSync(folder)) {
    print(`There is a connector ${name} already: ${folder}\n`)
    return 1
  }
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of Object.entries(connectorFiles(name))) writeFileSync(join(folder, file), text)
  print(nextSteps(name))
  return 0
}

function nextSteps(name: string): string {
  return `Made server/connectors/${name}. Next:
  1. facts.ts      declare what the provider can do, from its documentation, with the page and the date read.
  2. exponents.ts  its decimal places wherever they differ from ISO 4217.
  3. client.ts     send one request; throw NotSent only when it certainly never left.
  4. index.ts      translate each verb; delete the verbs the provider lacks, for presence is the capability.
  5. registry.ts   add the connector to server/connectors/registry.ts.
  6. npm test ${name}, with ${name.replaceAll('-', '_').toUpperCase()}_SANDBOX_KEY set: the contract suite against the sandbox.
docs/connectors.md explains each rule.
`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const connectors = join(dirname(fileURLToPath(import.meta.url)), '..', 'connectors')
  process.exitCode = newConnector(process.argv[2], connectors, (text) => void process.stdout.write(text))
}
