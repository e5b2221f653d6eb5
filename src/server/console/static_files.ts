/**
 * The built front end, read into memory once: names with hashes, compressed when it was built. Nothing outside of the
 * directory can be asked for, since a request is looked up and opens no file.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface StaticFile {
  readonly type: string
  readonly content: Buffer
  readonly brotli: Buffer | null
  readonly gzip: Buffer | null
  /** Its name changes with what it holds. */
  readonly isImmutable: boolean
}

export interface StaticFiles {
  /** By path: `/assets/app-1234.js`. */
  find(path: string): StaticFile | null
  /** The page for every path of the console. */
  readonly index: StaticFile | null
}

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json; charset=utf-8',
  woff2: 'font/woff2',
}
const MAX_FILES = 1000

/** A directory that is not there is an empty one. */
export function readStaticFiles(directory: string): StaticFiles {
  const names = listed(directory)
  const files = new Map<string, StaticFile>()
  for (const name of names) {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)]
    if (type === undefined) continue
    const read = (ending: string) =>
      names.has(name + ending) ? readFileSync(join(directory, name + ending)) : null
    files.set(`/${name}`, {
      type,
      content: readFileSync(join(directory, name)),
      brotli: read('.br'),
      gzip: read('.gz'),
      isImmutable: name.startsWith('assets/'),
    })
  }
  return { find: (path) => files.get(path) ?? null, index: files.get('/index.html') ?? null }
}

function listed(directory: string): Set<string> {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
    const names = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(directory.replace(/\/$/, '').length + 1))
    return new Set(names.slice(0, MAX_FILES))
  } catch {
    return new Set()
  }
}

/** Shown where the front end was not built. */
export const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sallyport</title></head>
<body><h1>The console is not built</h1>
<p>The server is running, and so are logins and commands. On the server, in the directory of Sallyport:
<code>npm run build</code>, and then a restart.</p></body></html>
`
