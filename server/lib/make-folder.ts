// Makes a folder and those above it. Not mkdir's `recursive`: that tries for ever where a folder cannot be made inside one
// that exists, as in /proc.

import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Makes the folder at `path` with what is missing above it; one that exists is left as it is. Throws as mkdir does. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const above = dirname(resolve(path))
    if (code === 'ENOENT' && above !== resolve(path)) {
      await makeFolder(above, mode)
      await mkdir(path, { mode })
      return
    }
    if (!(await isFolder(path))) throw error
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}
