// What the browser may load, as the build left it: read once, kept in memory, served under names that change with the content.
// Nothing else of the disk can be asked for.

import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** One file that a page loads. */
export interface Asset {
  bytes: Buffer
  gzipped: Buffer
  type: string
  /** For the `integrity` attribute: the browser runs exactly these bytes or nothing. */
  integrity: string
}

/** What one face loads at first sight, and how the server draws it. */
export interface Face {
  scripts: string[]
  styles: string[]
  /** Draws the first sight of `view`; the script takes it over with `state`. */
  draw?: (view: unknown, language: string) => Drawn
}

/** A first sight. `state` is what the browser needs to go on from it. */
export interface Drawn {
  title: string
  html: string
  state: unknown
}

export interface Pages {
  faces: ReadonlyMap<string, Face>
  assets: ReadonlyMap<string, Asset>
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
}

const BUILT = join(import.meta.dirname, '..', '..', 'web', 'dist')

interface Manifest {
  faces: Record<string, { scripts: string[]; styles: string[] }>
  files: Record<string, { integrity: string }>
}

/** Reads the built faces. Throws a sentence where they are not built. */
export async function loadPages(folder = BUILT): Promise<Pages> {
  const manifest = await readManifest(folder)
  const assets = new Map<string, Asset>()
  for (const [name, { integrity }] of Object.entries(manifest.files)) {
    const path = join(folder, 'assets', name)
    const [bytes, gzipped] = await Promise.all([readFile(path), readFile(`${path}.gz`)])
    assets.set(name, { bytes, gzipped, type: TYPES[extname(name)] ?? 'application/octet-stream', integrity })
  }
  const faces = new Map<string, Face>()
  for (const [name, face] of Object.entries(manifest.faces))
    faces.set(name, { ...face, ...(await drawnBy(folder, name)) })
  return { faces, assets }
}

async function readManifest(folder: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest
  } catch (cause) {
    throw new Error('The web pages are not built. Start with `npm start`, which builds them.', { cause })
  }
}

async function drawnBy(folder: string, face: string): Promise<Pick<Face, 'draw'>> {
  try {
    return (await import(join(folder, 'drawn', `${face}.mjs`))) as Pick<Face, 'draw'>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return {}
    throw error
  }
}
