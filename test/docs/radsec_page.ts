/** docs/radsec.md, and the parts of it that tests look at. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export const page = readFileSync(join(root, 'docs/radsec.md'), 'utf8')

/** Of one language, in their order. */
export function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text]) => text!)
}

/** The first cells of the table with that head. */
export function reasonsOf(head: string): string[] {
  const [, rows = ''] = new RegExp(`^\\| ${head} \\|.*\\n\\|[-|]+\\n((?:\\|.*\\n)+)`, 'm').exec(page) ?? []
  return rows
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, reason]) => reason!))
}

/** The words of a union type in `src`. */
export function unionOf(file: string, name: string): string[] {
  const source = readFileSync(join(root, 'src', file), 'utf8')
  const [, words = ''] = new RegExp(`type ${name} =\\n((?: +(?:\\|.*|//.*)\\n)+)`).exec(source) ?? []
  return [...words.matchAll(/^ +\| '([^']+)'/gm)].map(([, word]) => word!)
}
