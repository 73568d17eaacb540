// A Chromium for browser tests: the system's when there is one, else the one npm brings (@sparticuz/chromium, unpacked to
// the temporary folder, with the few libraries it needs), so that `npm test` needs no system package.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

/** No sandbox: tests also run as root in containers, and visit only our own pages on loopback. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/**
 * Starts a browser. Undefined when none runs on this machine, with the reason on stderr, so that a developer's tests can
 * be skipped; under CI that throws, because a test that never runs is worse than one that fails.
 */
export async function startChromium(): Promise<Browser | undefined> {
  try {
    const found = onPath()
    return found ? await launch(found) : await launchFromNpm()
  } catch (error) {
    if (process.env['CI']) throw error
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    process.stderr.write(`No Chromium for the browser tests: ${reason}\n`)
    return undefined
  }
}

/** A browser with a profile that outlives it, as a process that can be killed as a power cut does. */
export interface KillableBrowser {
  context: BrowserContext
  /** At once, without a word to it. Its profile is as the disk has it. */
  kill(): Promise<void>
}

/** Starts one on a profile's folder. Undefined where none runs on this machine, as above. */
export async function startKillable(profile: string): Promise<KillableBrowser | undefined> {
  const found = onPath()
  const folder = found ? undefined : await unpacked()
  const env = folder === undefined ? process.env : { ...process.env, FONTCONFIG_PATH: join(folder, 'fonts') }
  const path = found ?? join(folder as string, 'chromium')
  const flags = [...FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank']
  // A group of its own: the processes of its pages go with it.
  const child = spawn(path, flags, { env, stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  try {
    const browser = await chromium.connectOverCDP(await addressOf(child))
    const [context] = browser.contexts()
    if (!context) throw new Error('a browser without a profile')
    return {
      context,
      async kill() {
        const gone = new Promise((resolve) => child.once('exit', resolve))
        process.kill(-(child.pid as number), 'SIGKILL')
        await gone
        await browser.close()
      },
    }
  } catch (error) {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
    if (process.env['CI']) throw error
    process.stderr.write(`No Chromium that can be killed: ${error instanceof Error ? error.message : error}\n`)
    return undefined
  }
}

/** Where a browser that was just started listens, as it says itself. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`it ended: ${said.slice(-500)}`)))
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1]
      if (address) resolve(address)
    })
  })
}

function launch(executablePath: string, environment: Record<string, string> = {}): Promise<Browser> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return chromium.launch({ executablePath, args: FLAGS, env: { ...Object.fromEntries(inherited), ...environment } })
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => existsSync(file))
}

/** With npm's own fonts; with its libraries too where the system lacks some, and only there, since they are older. */
async function launchFromNpm(): Promise<Browser> {
  const folder = await unpacked()
  const path = join(folder, 'chromium')
  const fonts = { FONTCONFIG_PATH: join(folder, 'fonts') }
  try {
    return await launch(path, fonts)
  } catch {
    return await launch(path, { ...fonts, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') })
  }
}

/**
 * The folder with npm's browser in it, unpacked at the first use. Test files run side by side, so each unpacks for itself
 * and the first to finish gives the folder its name; a half-written browser is never seen.
 */
async function unpacked(): Promise<string> {
  const entry = fileURLToPath(import.meta.resolve('@sparticuz/chromium'))
  const { version } = JSON.parse(readFileSync(join(dirname(entry), '..', '..', 'package.json'), 'utf8')) as {
    version: string
  }
  const folder = join(tmpdir(), `onetill-chromium-${version}-${process.getuid?.() ?? 0}`)
  if (existsSync(folder)) return folder
  const own = mkdtempSync(`${folder}-`)
  // The package unpacks to the temporary folder, and its libraries only where it believes to run in a Lambda function.
  const changed = { TMPDIR: own, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' }
  const before = { ...process.env }
  try {
    Object.assign(process.env, changed)
    const { default: packed } = await import('@sparticuz/chromium')
    packed.setGraphicsMode = false
    await packed.executablePath()
  } finally {
    for (const name of [...Object.keys(changed), 'LD_LIBRARY_PATH', 'FONTCONFIG_PATH']) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
  writeFileSync(join(own, 'fonts', 'fonts.conf'), fontsConfig(folder))
  try {
    renameSync(own, folder)
  } catch {
    // Another test file was quicker; its copy is as good.
    rmSync(own, { recursive: true, force: true })
  }
  return folder
}

/** The package's own file names folders of a Lambda function; without this a machine without fonts shows pages without text. */
function fontsConfig(folder: string): string {
  const isOpenSans = ['system-ui', 'sans-serif'].map(
    (name) => `<alias><family>${name}</family><prefer><family>Open Sans</family></prefer></alias>`,
  )
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>${folder}/fonts</dir><dir>/usr/share/fonts</dir><cachedir>${folder}/fonts-cache</cachedir>${isOpenSans.join('')}</fontconfig>
`
}
