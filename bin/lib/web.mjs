// Builds the web faces when their sources, or the packages they use, are others than those they were built from. A face is a
// folder under web/ with a main.tsx for the browser, and a page.tsx where the server draws its first sight. Everything goes to
// web/dist with a manifest: names, sizes and hashes of what a browser may load, which is what the pages promise to serve.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ROOT } from './runtime.mjs'

const WEB = join(ROOT, 'web')
const DIST = join(WEB, 'dist')
/** Browsers of the last four years or so. */
const TARGET = ['chrome100', 'firefox100', 'safari15.4']

/** Whether web/dist is made of the sources as they are. */
export function isWebBuilt() {
  const others = read(join(DIST, 'others'))
  return others !== undefined && read(join(DIST, 'stamp')) === stampOf(others)
}

/** Builds all faces; says so on stderr. Throws with esbuild's own words when a source does not build. */
export async function buildWeb() {
  const started = Date.now()
  const { build } = await import('esbuild')
  // Made beside and moved into place, so that a server that starts meanwhile never sees half of it.
  const fresh = `${DIST}.${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  try {
    const faces = facesWith('main.tsx')
    const inputs = []
    const outputs = {}
    for (const group of groupsOf(faces)) {
      const { metafile } = await build({
        ...SHARED,
        entryPoints: Object.fromEntries(group.map((face) => [face, join(WEB, face, 'main.tsx')])),
        outdir: join(fresh, 'assets'),
        entryNames: '[name]-[hash]',
        chunkNames: 'chunk-[hash]',
        assetNames: '[name]-[hash]',
        splitting: true,
        minify: true,
        metafile: true,
        target: TARGET,
        platform: 'browser',
        define: { 'process.env.NODE_ENV': '"production"' },
      })
      Object.assign(outputs, metafile.outputs)
      inputs.push(...Object.keys(metafile.inputs))
    }
    const { metafile: drawn } = await build({
      ...SHARED,
      entryPoints: Object.fromEntries(facesWith('page.tsx').map((face) => [face, join(WEB, face, 'page.tsx')])),
      outdir: join(fresh, 'drawn'),
      outExtension: { '.js': '.mjs' },
      metafile: true,
      platform: 'node',
      target: 'node22',
      loader: { ...SHARED.loader, '.css': 'empty' },
    })
    writeFileSync(join(fresh, 'manifest.json'), JSON.stringify(manifestOf(outputs, fresh, faces), null, 1))
    const others = [...new Set([...inputs, ...Object.keys(drawn.inputs)])].filter((path) => path.startsWith('server/'))
    writeFileSync(join(fresh, 'others'), others.sort().join('\n'))
    writeFileSync(join(fresh, 'stamp'), stampOf(others.join('\n')))
    rmSync(DIST, { recursive: true, force: true })
    renameSync(fresh, DIST)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  process.stderr.write(`Built the web pages in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`)
}

/**
 * Faces that may share files. What is loaded on its own shares none: the SDK is one file in other people's pages, and the till's library
 * would lend its helpers to every page a shopper loads.
 */
function groupsOf(faces) {
  const alone = faces.filter((face) => face === 'sdk' || face.startsWith('pos'))
  return [...alone.map((face) => [face]), faces.filter((face) => !alone.includes(face))]
}

const SHARED = {
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.svg': 'text' },
  logLevel: 'silent',
  legalComments: 'none',
  absWorkingDir: ROOT,
}

/** Packs each file beside it, and answers what each face loads: `{faces: {name: {scripts, styles}}, files: {name: {bytes, gzip, integrity, type}}}`. */
function manifestOf(outputs, folder, faces) {
  const files = {}
  const known = {}
  for (const [path, output] of Object.entries(outputs)) {
    const name = basename(path)
    const bytes = readFileSync(join(folder, 'assets', name))
    const gzipped = gzipSync(bytes, { level: 9 })
    writeFileSync(join(folder, 'assets', `${name}.gz`), gzipped)
    files[name] = {
      bytes: bytes.length,
      gzip: gzipped.length,
      integrity: `sha384-${createHash('sha384').update(bytes).digest('base64')}`,
    }
    known[path] = { name, output }
  }
  const facesOf = {}
  for (const face of faces) {
    const entry = Object.values(known).find(({ output }) => output.entryPoint === `web/${face}/main.tsx`)
    const scripts = [entry.name]
    // What the script imports at once; what it loads later is not part of the first sight.
    for (let i = 0; i < scripts.length; i++) {
      const { output } = Object.values(known).find(({ name }) => name === scripts[i])
      for (const { path, kind } of output.imports) {
        const imported = known[path]?.name
        if (kind === 'import-statement' && imported && !scripts.includes(imported)) scripts.push(imported)
      }
    }
    facesOf[face] = { scripts, styles: entry.output.cssBundle ? [basename(entry.output.cssBundle)] : [] }
  }
  return { faces: facesOf, files }
}

function facesWith(file) {
  return readdirSync(WEB)
    .filter((face) => existsSync(join(WEB, face, file)))
    .sort()
}

/** Changes with any source of the web faces, the files of the server that they use (`others`, a line each), this file and the lock file. */
function stampOf(others) {
  const hash = createHash('sha256')
  const sources = readdirSync(WEB, { recursive: true })
    .filter((path) => !/^dist\b/.test(path))
    .sort()
  const used = others.split('\n').filter(Boolean)
  for (const path of [...sources.map((path) => join('web', path)), ...used, 'package-lock.json', 'bin/lib/web.mjs']) {
    const text = read(join(ROOT, path))
    if (text !== undefined) hash.update(`${path}\0${text}\0`)
  }
  return hash.digest('hex')
}

function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return undefined
    throw error
  }
}
