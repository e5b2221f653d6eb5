/** The files of the repository as the house tests read them. Knows nothing of what is demanded of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export interface SourceFile {
  /** From the root of the repository: `src/auth/pin.ts`. */
  readonly path: string
  readonly text: string
}

const ROOT = resolve(import.meta.dirname, '../..')
const NOT_OURS = new Set([
  '.git',
  'node_modules',
  'data',
  'build',
  'coverage',
  'package-lock.json',
  'sallyport.toml',
])

/** Every file of text below `directory`, without what is installed or made by running. */
export function filesUnder(directory = '.'): SourceFile[] {
  return readdirSync(join(ROOT, directory), { withFileTypes: true }).flatMap((entry): SourceFile[] => {
    const path = join(directory, entry.name)
    if (NOT_OURS.has(entry.name) || /\.(log|png)$/.test(entry.name)) return []
    if (entry.isDirectory()) return filesUnder(path)
    return entry.isFile() ? [{ path, text: readFileSync(join(ROOT, path), 'utf8') }] : []
  })
}

/** A sentence for a failing check: `src/auth/pin.ts:7: …`. */
export function at({ path }: SourceFile, line: number, problem: string): string {
  return `${path}:${line}: ${problem}`
}
