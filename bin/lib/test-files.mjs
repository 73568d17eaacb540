// Runs the test files named in its arguments one after another in this process, each as a suite of its own: what they load and what
// the engine learns about it serves them all. A file's hooks stay its own, since `require` reads it inside its suite.

import { createRequire } from 'node:module'
import { describe } from 'node:test'
import { ROOT } from './runtime.mjs'

const require = createRequire(import.meta.url)

for (const file of process.argv.slice(2)) describe(file, () => void require(`${ROOT}/${file}`))
