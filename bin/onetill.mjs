#!/usr/bin/env node
// The one command. Plain JavaScript without dependencies, because it runs before anything is installed and on any
// Node from 20 on: it installs what is missing, then hands over to the Node 24 that npm brought along.

import { prepare } from './lib/prepare.mjs'
import { runProgram } from './lib/runtime.mjs'

/**
 * `needsDev`: uses packages that a production installation leaves out.
 * `needsWeb`: serves pages.
 * `flags`: for Node itself.
 * `words`: what the command takes; one without them takes nothing.
 */
const COMMANDS = {
  start: {
    program: 'server/main.ts',
    needsWeb: true,
    about: 'start the server (and its database, unless DATABASE_URL names one)',
  },
  dev: {
    program: 'server/main.ts',
    flags: ['--watch', '--watch-preserve-output'],
    needsWeb: true,
    about: 'start, and start again on every change',
  },
  test: {
    program: 'bin/lib/test.mjs',
    words: '[PART OF A FILE NAME …]',
    needsDev: true,
    needsWeb: true,
    about: 'run the tests; words after it pick files by name',
  },
  check: { program: 'bin/lib/check.mjs', needsDev: true, about: 'types, format and the rules of the house' },
  migrate: { program: 'server/cli/migrate.ts', about: 'bring the database to this version' },
  verify: { program: 'server/cli/verify.ts', about: 'check every invariant in the books' },
  merchant: {
    program: 'server/cli/merchant.ts',
    words: 'create --name NAME --currency EUR [--country NL] [--live]',
    about: 'merchant create --name NAME --currency EUR',
  },
  simulator: {
    program: 'server/cli/simulator.ts',
    words: '--port N [--data DIR] [--host 127.0.0.1] [--api-key KEY]',
    about: 'run the payment simulator as a server: --port N',
  },
  terminal: {
    program: 'server/cli/terminal.ts',
    needsWeb: true,
    words:
      '--port 8443 [--poi V400m-100000001] [--passphrase TEXT] [--plain] [--api-key KEY] [--notify URL] [--data DIR] [--auto]',
    about: 'run a virtual payment terminal as a server: --port 8443',
  },
  replay: {
    program: 'server/cli/replay.ts',
    needsWeb: true,
    words: 'FILE(.csv|.csv.gz) [--seed N] [--concurrency N]',
    about: "replay a retailer's transaction file: FILE(.csv|.csv.gz)",
  },
  bench: {
    program: 'bench/run.ts',
    words: '[--quick] [--sales | --orders | --search | --till]',
    needsDev: true,
    needsWeb: true,
    about: 'measure, with the baseline beside it',
  },
  'new-connector': {
    program: 'server/cli/new-connector.ts',
    words: 'NAME',
    needsDev: true,
    about: 'begin a connector: NAME',
  },
}

const isHelp = (word) => word === '--help' || word === '-h'

const HELP = `Usage: onetill COMMAND [options]

${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(14)} ${about}`)
  .join('\n')}

Settings come from the environment: PORT (4000), HOST (127.0.0.1), ONETILL_DATA (./data), DATABASE_URL (else embedded).`

async function main([name, ...args]) {
  if (name === undefined || name === 'help' || isHelp(name)) {
    console.log(HELP)
    return 0
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!command) {
    console.error(`onetill has no command "${name}". It has: ${Object.keys(COMMANDS).join(', ')}. See onetill --help.`)
    return 2
  }
  const usage = `Usage: onetill ${[name, command.words].filter(Boolean).join(' ')}`
  if (args.some(isHelp)) {
    console.log(`${usage}\n${command.about}`)
    return 0
  }
  if (command.words === undefined && args.length > 0) {
    console.error(`onetill ${name} takes no further words, such as "${args[0]}".\n${usage}`)
    return 2
  }
  await prepare({ needsDev: command.needsDev === true, needsWeb: command.needsWeb === true })
  return runProgram(command.program, args, command.flags)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
